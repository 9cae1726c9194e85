-- create_entries: one row for each thing that happened to an event, in the order it was read
CREATE TABLE IF NOT EXISTS entries (
  stream UTINYINT NOT NULL,
  sequence UBIGINT NOT NULL,
  position UINTEGER NOT NULL,
  happened_us BIGINT NOT NULL,
  step VARCHAR NOT NULL,
  source_id VARCHAR NOT NULL,
  connection_id VARCHAR,
  mapping_id VARCHAR,
  message_hash UINTEGER NOT NULL,
  message_id VARCHAR NOT NULL,
  event_type VARCHAR NOT NULL,
  event_name VARCHAR,
  user_id VARCHAR,
  anonymous_id VARCHAR,
  event_sequence UBIGINT NOT NULL,
  event_index UINTEGER NOT NULL,
  outcome_id VARCHAR NOT NULL,
  subject_hash UINTEGER NOT NULL,
  subject_id VARCHAR NOT NULL,
  reason VARCHAR NOT NULL,
  attempt UINTEGER NOT NULL,
  status SMALLINT,
  duration_seconds DOUBLE,
  more VARCHAR
);

-- create_messages: in which messages of the journal a messageId may be; small, to look through
CREATE TABLE IF NOT EXISTS messages (
  message_hash UINTEGER NOT NULL,
  event_sequence UBIGINT NOT NULL
);

-- create_open_subjects: deliveries that wait, until they are delivered or dead
CREATE TABLE IF NOT EXISTS open_subjects (
  subject_hash UINTEGER NOT NULL,
  subject_id VARCHAR NOT NULL
);

-- create_counts: the accounts of the balance, since the beginning of the ledger
CREATE TABLE IF NOT EXISTS counts (
  source_id VARCHAR NOT NULL,
  connection_id VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (source_id, connection_id, state)
);

-- create_places: how far each stream was read, changed in the transaction that adds the rows
CREATE TABLE IF NOT EXISTS places (
  stream UTINYINT PRIMARY KEY,
  sequence UBIGINT NOT NULL,
  missed UBIGINT NOT NULL,
  newest_sequence UBIGINT NOT NULL,
  newest_index UINTEGER NOT NULL
);

-- places: how far each stream was read
SELECT stream, sequence, missed, newest_sequence, newest_index FROM places;

-- counts: all accounts
SELECT source_id, connection_id, state, number FROM counts;

-- put_place: say how far a stream was read
INSERT OR REPLACE INTO places VALUES ($stream, $sequence, $missed, $newest_sequence, $newest_index);

-- put_counts: set accounts
INSERT OR REPLACE INTO counts
SELECT unnest(from_json($rows, '[{
  "source_id": "VARCHAR", "connection_id": "VARCHAR", "state": "VARCHAR", "number": "BIGINT"
}]'), recursive := true);

-- add_entries: many rows at once; as JSON, which is the quickest way in without Arrow
INSERT INTO entries BY NAME
SELECT unnest(from_json($rows, '[{
  "stream": "UTINYINT", "sequence": "UBIGINT", "position": "UINTEGER", "happened_us": "BIGINT",
  "step": "VARCHAR", "source_id": "VARCHAR", "connection_id": "VARCHAR", "mapping_id": "VARCHAR",
  "message_hash": "UINTEGER", "message_id": "VARCHAR", "event_type": "VARCHAR",
  "event_name": "VARCHAR", "user_id": "VARCHAR", "anonymous_id": "VARCHAR",
  "event_sequence": "UBIGINT", "event_index": "UINTEGER", "outcome_id": "VARCHAR",
  "subject_hash": "UINTEGER", "subject_id": "VARCHAR", "reason": "VARCHAR", "attempt": "UINTEGER",
  "status": "SMALLINT", "duration_seconds": "DOUBLE", "more": "VARCHAR"
}]'), recursive := true);

-- add_messages: note where messageIds are
INSERT INTO messages SELECT DISTINCT unnest($hashes), unnest($sequences);

-- find_open: those of some deliveries that wait
SELECT subject_id FROM open_subjects
WHERE subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids));

-- open: note deliveries that wait
INSERT INTO open_subjects SELECT unnest($hashes), unnest($ids);

-- close: forget deliveries that wait no longer
DELETE FROM open_subjects
WHERE subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids));

-- find_outcomes: what is known of some subjects, oldest first
SELECT outcome_id, subject_id, step, happened_us FROM entries
WHERE stream = 1 AND event_sequence BETWEEN $first AND $last
  AND subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids))
ORDER BY sequence, position;

-- find_routed: those of some events that route has recorded something of
SELECT DISTINCT event_sequence, event_index FROM entries
WHERE stream = 1 AND outcome_id = subject_id AND event_sequence BETWEEN $first AND $last
  AND event_sequence IN (SELECT unnest($sequences));

-- forget: remove what is older than this
DELETE FROM entries WHERE happened_us < $before_us;

-- forget_messages: remove those whose events are no longer there
DELETE FROM messages
WHERE event_sequence < (SELECT min(event_sequence) FROM entries WHERE event_sequence > 0);

-- forget_payloads: forget what lies in the events of some people and in what became of them
UPDATE entries SET more = NULL
WHERE event_sequence * 1048576 + event_index IN (
  SELECT event_sequence * 1048576 + event_index FROM entries
  WHERE happened_us <= $before_us AND event_sequence > 0
    AND (user_id IN (SELECT unnest($user_ids)) OR anonymous_id IN (SELECT unnest($anonymous_ids)))
);

-- forget_people: forget who they were
UPDATE entries SET user_id = NULL, anonymous_id = NULL
WHERE happened_us <= $before_us
  AND (user_id IN (SELECT unnest($user_ids)) OR anonymous_id IN (SELECT unnest($anonymous_ids)));

-- oldest_part: the moment before which a tenth of all rows lies
SELECT approx_quantile(happened_us, 0.1)::BIGINT FROM entries;

-- size: what the rows take, in bytes; space that was freed and is kept for later not counted
SELECT block_size * used_blocks AS bytes FROM pragma_database_size() LIMIT 1;
