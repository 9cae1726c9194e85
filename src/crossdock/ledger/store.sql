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

-- create_people: in which messages of the journal a userId or an anonymousId may be
CREATE TABLE IF NOT EXISTS people (
  person_hash UINTEGER NOT NULL,
  event_sequence UBIGINT NOT NULL
);

-- create_open_subjects: deliveries that wait, until they are delivered or dead
CREATE TABLE IF NOT EXISTS open_subjects (
  subject_hash UINTEGER NOT NULL,
  subject_id VARCHAR NOT NULL,
  attempts UINTEGER NOT NULL,
  outcome_id VARCHAR NOT NULL
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
  written_off UBIGINT NOT NULL,
  newest_sequence UBIGINT NOT NULL,
  newest_index UINTEGER NOT NULL
);

-- upgrade_open_subjects: for files of earlier versions
ALTER TABLE open_subjects ADD COLUMN IF NOT EXISTS attempts UINTEGER DEFAULT 0;
ALTER TABLE open_subjects ADD COLUMN IF NOT EXISTS outcome_id VARCHAR DEFAULT '';

-- upgrade_places: the same
ALTER TABLE places ADD COLUMN IF NOT EXISTS written_off UBIGINT DEFAULT 0;

-- places: how far each stream was read
SELECT stream, sequence, missed, written_off, newest_sequence, newest_index FROM places;

-- counts: all accounts
SELECT source_id, connection_id, state, number FROM counts;

-- put_place: say how far a stream was read
INSERT OR REPLACE INTO places
  (stream, sequence, missed, written_off, newest_sequence, newest_index)
VALUES ($stream, $sequence, $missed, $written_off, $newest_sequence, $newest_index);

-- put_counts: set accounts
INSERT OR REPLACE INTO counts
SELECT unnest(from_json($rows, '[{
  "source_id": "VARCHAR", "connection_id": "VARCHAR", "state": "VARCHAR", "number": "BIGINT"
}]'), recursive := true);

-- add_events: rows of accepted events, from lines of JSON: the quickest way in without Arrow
INSERT INTO entries BY NAME
SELECT
  *, 0 AS stream, event_sequence AS sequence, event_index AS position, '' AS outcome_id,
  0 AS subject_hash, '' AS subject_id, '' AS reason, 0 AS attempt
FROM read_json($file, format = 'newline_delimited', maximum_object_size = 16777216, columns = {
  happened_us: 'BIGINT', step: 'VARCHAR', source_id: 'VARCHAR', message_hash: 'UINTEGER',
  message_id: 'VARCHAR', event_type: 'VARCHAR', event_name: 'VARCHAR', user_id: 'VARCHAR',
  anonymous_id: 'VARCHAR', event_sequence: 'UBIGINT', event_index: 'UINTEGER'
});

-- add_outcomes: rows of outcomes, in the same way
INSERT INTO entries BY NAME
SELECT *, 1 AS stream
FROM read_json($file, format = 'newline_delimited', maximum_object_size = 16777216, columns = {
  sequence: 'UBIGINT', position: 'UINTEGER', happened_us: 'BIGINT', step: 'VARCHAR',
  source_id: 'VARCHAR', connection_id: 'VARCHAR', mapping_id: 'VARCHAR', message_hash: 'UINTEGER',
  message_id: 'VARCHAR', event_type: 'VARCHAR', event_name: 'VARCHAR', event_sequence: 'UBIGINT',
  event_index: 'UINTEGER', outcome_id: 'VARCHAR', subject_hash: 'UINTEGER', subject_id: 'VARCHAR',
  reason: 'VARCHAR', attempt: 'UINTEGER', status: 'SMALLINT', duration_seconds: 'DOUBLE',
  more: 'VARCHAR'
});

-- add_messages: note where messageIds are
INSERT INTO messages SELECT unnest($hashes), unnest($sequences);

-- add_people: note where users are
INSERT INTO people SELECT unnest($hashes), unnest($sequences);

-- find_open: those of some deliveries that wait, with what is known of them
SELECT subject_id, attempts, outcome_id FROM open_subjects
WHERE subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids));

-- open: note deliveries that wait
INSERT INTO open_subjects (subject_hash, subject_id, attempts, outcome_id)
SELECT unnest($hashes), unnest($ids), unnest($attempts), unnest($outcome_ids);

-- close: forget deliveries that wait no longer
DELETE FROM open_subjects
WHERE subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids));

-- find_outcomes: what is known of some subjects, oldest first
SELECT outcome_id, subject_id, step, happened_us, attempt FROM entries
WHERE stream = 1 AND event_sequence BETWEEN $first AND $last
  AND subject_hash IN (SELECT unnest($hashes)) AND subject_id IN (SELECT unnest($ids))
ORDER BY sequence, position;

-- find_routed: those of some events that route has recorded something of; a replay has not
SELECT DISTINCT event_sequence, event_index FROM entries
WHERE stream = 1 AND outcome_id = subject_id AND NOT starts_with(outcome_id, 'replay-')
  AND event_sequence BETWEEN $first AND $last
  AND event_sequence IN (SELECT unnest($sequences));

-- forget: remove what is older than this
DELETE FROM entries WHERE happened_us < $before_us;

-- forget_messages: remove those whose events are no longer there
DELETE FROM messages
WHERE event_sequence < (SELECT min(event_sequence) FROM entries WHERE event_sequence > 0);

-- forget_places: the same
DELETE FROM people
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
