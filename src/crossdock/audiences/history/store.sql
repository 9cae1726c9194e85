-- create_event_rows: one row for each event, in the order it was accepted
CREATE TABLE IF NOT EXISTS event_rows (
  sequence UBIGINT NOT NULL,
  index UINTEGER NOT NULL,
  profile_id BIGINT,
  source_id VARCHAR NOT NULL,
  message_id VARCHAR NOT NULL,
  type VARCHAR NOT NULL,
  event VARCHAR,
  timestamp TIMESTAMP NOT NULL,
  received_at TIMESTAMP NOT NULL,
  sent_at TIMESTAMP,
  original_timestamp TIMESTAMP,
  user_id VARCHAR,
  anonymous_id VARCHAR,
  group_id VARCHAR,
  previous_id VARCHAR,
  category VARCHAR,
  properties JSON,
  traits JSON,
  context JSON
);

-- create_identifiers: by what somebody is known; of nobody who was merged into another
CREATE TABLE IF NOT EXISTS identifiers (
  hash UBIGINT NOT NULL,
  profile_id BIGINT NOT NULL,
  type VARCHAR NOT NULL,
  value VARCHAR NOT NULL,
  first_seen_at TIMESTAMP NOT NULL,
  source_id VARCHAR NOT NULL,
  message_id VARCHAR NOT NULL
);

-- create_profile_rows: everybody who was not merged into another
CREATE TABLE IF NOT EXISTS profile_rows (
  profile_id BIGINT NOT NULL,
  is_anonymous BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  merges UINTEGER NOT NULL,
  traits JSON NOT NULL,
  marks VARCHAR NOT NULL
);

-- create_account_rows: the groups
CREATE TABLE IF NOT EXISTS account_rows (
  account_id BIGINT NOT NULL,
  group_id VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  traits JSON NOT NULL,
  marks VARCHAR NOT NULL
);

-- create_member_rows: who said to belong to which group
CREATE TABLE IF NOT EXISTS member_rows (
  account_id BIGINT NOT NULL,
  profile_id BIGINT NOT NULL,
  since TIMESTAMP NOT NULL
);

-- create_merged: who became whom in the end; a merge costs a row here, and not one for each event
CREATE TABLE IF NOT EXISTS merged (loser_id BIGINT NOT NULL, winner_id BIGINT NOT NULL);

-- create_merges: why two profiles became one, for people
CREATE TABLE IF NOT EXISTS merges (
  merged_at TIMESTAMP NOT NULL,
  winner_id BIGINT NOT NULL,
  loser_id BIGINT NOT NULL,
  source_id VARCHAR NOT NULL,
  message_id VARCHAR NOT NULL,
  identifiers JSON NOT NULL
);

-- create_columns: what properties, traits and contexts hold, for the tables of the warehouse
CREATE TABLE IF NOT EXISTS columns (
  table_name VARCHAR NOT NULL,
  event VARCHAR,
  column_name VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  type VARCHAR NOT NULL
);

-- create_places: how far the journal was read, changed in the transaction that adds the rows
CREATE TABLE IF NOT EXISTS places (
  stream UTINYINT NOT NULL,
  sequence UBIGINT NOT NULL,
  missed UBIGINT NOT NULL,
  next_profile_id BIGINT NOT NULL,
  next_account_id BIGINT NOT NULL
);

-- create_touched: who did something, or is somebody else now, since audiences last looked. Without a profile and an account it is everybody who did it
CREATE TABLE IF NOT EXISTS touched (profile_id BIGINT, account_id BIGINT, event VARCHAR);

-- create_touched_again: who was looked at while an audience was computed over everybody
CREATE TABLE IF NOT EXISTS touched_again (profile_id BIGINT, account_id BIGINT, event VARCHAR);

-- create_looks: the last moment for which an audience was computed
CREATE TABLE IF NOT EXISTS looks (looked_at TIMESTAMP NOT NULL);

-- create_memberships: who is in which audience, and who has which computed trait. Somebody who left has a row without a value
CREATE TABLE IF NOT EXISTS memberships (
  definition_id VARCHAR NOT NULL,
  subject_id BIGINT NOT NULL,
  value VARCHAR,
  next_at TIMESTAMP,
  since TIMESTAMP NOT NULL,
  number UINTEGER NOT NULL
);

-- create_computed: which meaning of a definition the memberships are of
CREATE TABLE IF NOT EXISTS computed (
  definition_id VARCHAR NOT NULL,
  revision VARCHAR NOT NULL,
  computed_at TIMESTAMP NOT NULL
);

-- create_syncs: who is told about what, and how many were to be told at first
CREATE TABLE IF NOT EXISTS syncs (
  definition_id VARCHAR NOT NULL,
  connection_id VARCHAR NOT NULL,
  total UBIGINT NOT NULL,
  started_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP
);

-- create_outbox_places: the order in which things are told
CREATE SEQUENCE IF NOT EXISTS outbox_places;

-- create_outbox: what is to be told and is not in the journal yet
CREATE TABLE IF NOT EXISTS outbox (
  place UBIGINT NOT NULL,
  connection_id VARCHAR NOT NULL,
  definition_id VARCHAR NOT NULL,
  subject_id BIGINT NOT NULL,
  value VARCHAR,
  changed_at TIMESTAMP NOT NULL,
  message_id VARCHAR NOT NULL,
  is_first BOOLEAN NOT NULL
);

-- create_engine_births: when this file was begun; another file must not use the same messageIds
CREATE TABLE IF NOT EXISTS engine_births AS SELECT epoch_us(now()) AS born_us;

-- create_schema: where the tables of the warehouse are
CREATE SCHEMA IF NOT EXISTS warehouse;

-- create_events: every event, under whom it is about now
CREATE OR REPLACE VIEW events AS
SELECT
  coalesce(merged.winner_id, rows.profile_id) AS profile_id,
  rows.message_id, rows.type, rows.event, rows.timestamp, rows.received_at, rows.sent_at,
  rows.original_timestamp, rows.properties, rows.traits, rows.context, rows.source_id AS source,
  rows.user_id, rows.anonymous_id, rows.group_id, rows.previous_id, rows.category,
  rows.user_id IS NULL AS is_anonymous, rows.sequence, rows.index
FROM event_rows AS rows LEFT JOIN merged ON merged.loser_id = rows.profile_id;

-- create_profiles: everybody
CREATE OR REPLACE VIEW profiles AS
SELECT profile_id, traits, is_anonymous, created_at, updated_at FROM profile_rows;

-- create_accounts: every group
CREATE OR REPLACE VIEW accounts AS
SELECT account_id, group_id, traits, created_at, updated_at FROM account_rows;

-- create_members: who belongs to which group
CREATE OR REPLACE VIEW members AS
SELECT rows.account_id, coalesce(merged.winner_id, rows.profile_id) AS profile_id,
  min(rows.since) AS since
FROM member_rows AS rows LEFT JOIN merged ON merged.loser_id = rows.profile_id
GROUP BY ALL;

-- place: how far the journal was read
SELECT sequence, missed, next_profile_id, next_account_id FROM places WHERE stream = 0;

-- first_place: nothing is read yet
INSERT INTO places VALUES (0, 0, 0, 1, 1);

-- put_place: say how far the journal was read
UPDATE places SET sequence = $sequence, missed = $missed, next_profile_id = $next_profile_id,
  next_account_id = $next_account_id WHERE stream = 0;

-- find_identifiers: who may be known by some identifiers, whose hashes these are
SELECT profile_id, type, value FROM identifiers WHERE hash IN (SELECT unnest($hashes));

-- identifiers_of: everything that some are known by
SELECT profile_id, type, value FROM identifiers WHERE profile_id IN (SELECT unnest($ids));

-- merges_of: how many profiles became each of these
SELECT profile_id, merges FROM profile_rows WHERE profile_id IN (SELECT unnest($ids)) AND merges > 0;

-- traits_of: what is known of some
SELECT profile_id, is_anonymous, epoch_us(created_at), merges, traits, marks FROM profile_rows
WHERE profile_id IN (SELECT unnest($ids));

-- accounts_of: what is known of some groups
SELECT group_id, account_id, epoch_us(created_at), traits, marks FROM account_rows
WHERE group_id IN (SELECT unnest($ids));

-- members_of: who is known to belong to some groups
SELECT account_id, profile_id FROM member_rows WHERE account_id IN (SELECT unnest($ids));

-- add_events: many rows at once; as JSON, which is the quickest way in without Arrow
INSERT INTO event_rows
SELECT sequence, index, profile_id, source_id, message_id, type, event, make_timestamp(us),
  make_timestamp(received_us), make_timestamp(sent_us), make_timestamp(original_us), user_id,
  anonymous_id, group_id, previous_id, category, properties, traits, context
FROM (SELECT unnest(from_json($rows, '[{
  "sequence": "UBIGINT", "index": "UINTEGER", "profile_id": "BIGINT", "source_id": "VARCHAR",
  "message_id": "VARCHAR", "type": "VARCHAR", "event": "VARCHAR", "us": "BIGINT",
  "received_us": "BIGINT", "sent_us": "BIGINT", "original_us": "BIGINT", "user_id": "VARCHAR",
  "anonymous_id": "VARCHAR", "group_id": "VARCHAR", "previous_id": "VARCHAR",
  "category": "VARCHAR", "properties": "JSON", "traits": "JSON", "context": "JSON"
}]'), recursive := true));

-- add_identifiers: by what somebody is known from now on
INSERT INTO identifiers
SELECT hash, profile_id, type, value, make_timestamp(us), source_id, message_id
FROM (SELECT unnest(from_json($rows, '[{
  "hash": "UBIGINT", "profile_id": "BIGINT", "type": "VARCHAR", "value": "VARCHAR", "us": "BIGINT",
  "source_id": "VARCHAR", "message_id": "VARCHAR"
}]'), recursive := true));

-- add_profiles: people who are new
INSERT INTO profile_rows
SELECT profile_id, is_anonymous, make_timestamp(created_us), make_timestamp(updated_us), merges,
  traits, marks
FROM (SELECT unnest(from_json($rows, '[{
  "profile_id": "BIGINT", "is_anonymous": "BOOLEAN", "created_us": "BIGINT",
  "updated_us": "BIGINT", "merges": "UINTEGER", "traits": "VARCHAR", "marks": "VARCHAR"
}]'), recursive := true));

-- put_profiles: what is known of people now
UPDATE profile_rows SET is_anonymous = new.is_anonymous,
  created_at = make_timestamp(new.created_us), updated_at = make_timestamp(new.updated_us),
  merges = new.merges, traits = new.traits, marks = new.marks
FROM (SELECT unnest(from_json($rows, '[{
  "profile_id": "BIGINT", "is_anonymous": "BOOLEAN", "created_us": "BIGINT",
  "updated_us": "BIGINT", "merges": "UINTEGER", "traits": "VARCHAR", "marks": "VARCHAR"
}]'), recursive := true)) AS new
WHERE profile_rows.profile_id = new.profile_id;

-- add_accounts: groups that are new
INSERT INTO account_rows
SELECT account_id, group_id, make_timestamp(created_us), make_timestamp(updated_us), traits, marks
FROM (SELECT unnest(from_json($rows, '[{
  "account_id": "BIGINT", "group_id": "VARCHAR", "created_us": "BIGINT", "updated_us": "BIGINT",
  "traits": "VARCHAR", "marks": "VARCHAR"
}]'), recursive := true));

-- put_accounts: what is known of groups now
UPDATE account_rows SET updated_at = make_timestamp(new.updated_us), traits = new.traits,
  marks = new.marks
FROM (SELECT unnest(from_json($rows, '[{
  "account_id": "BIGINT", "updated_us": "BIGINT", "traits": "VARCHAR", "marks": "VARCHAR"
}]'), recursive := true)) AS new
WHERE account_rows.account_id = new.account_id;

-- add_members: who belongs to which group from now on
INSERT INTO member_rows
SELECT account_id, profile_id, make_timestamp(us)
FROM (SELECT unnest(from_json($rows, '[{
  "account_id": "BIGINT", "profile_id": "BIGINT", "us": "BIGINT"
}]'), recursive := true));

-- touch: audiences are to look at these; without an event, at everything about them
INSERT INTO touched SELECT unnest($profiles), unnest($accounts), unnest($events);

-- move_identifiers: a loser's identifiers are the winner's
UPDATE identifiers SET profile_id = new.winner_id
FROM (SELECT unnest($losers) AS loser_id, unnest($winners) AS winner_id) AS new
WHERE identifiers.profile_id = new.loser_id;

-- move_merged: who became a loser before becomes the winner now
UPDATE merged SET winner_id = new.winner_id
FROM (SELECT unnest($losers) AS loser_id, unnest($winners) AS winner_id) AS new
WHERE merged.winner_id = new.loser_id;

-- add_merged: losers
INSERT INTO merged SELECT unnest($losers), unnest($winners);

-- remove_profiles: losers are no profiles of their own
DELETE FROM profile_rows WHERE profile_id IN (SELECT unnest($losers));

-- add_merges: why they were merged
INSERT INTO merges
SELECT make_timestamp(us), winner_id, loser_id, source_id, message_id, identifiers
FROM (SELECT unnest(from_json($rows, '[{
  "us": "BIGINT", "winner_id": "BIGINT", "loser_id": "BIGINT", "source_id": "VARCHAR",
  "message_id": "VARCHAR", "identifiers": "VARCHAR"
}]'), recursive := true));

-- columns: all columns of the warehouse
SELECT table_name, event, column_name, path, type FROM columns ORDER BY rowid;

-- add_columns: columns that are new
INSERT INTO columns SELECT unnest(from_json($rows, '[{
  "table_name": "VARCHAR", "event": "VARCHAR", "column_name": "VARCHAR", "path": "VARCHAR",
  "type": "VARCHAR"
}]'), recursive := true);

-- widen_columns: columns that hold more than their type
UPDATE columns SET type = new.type
FROM (
  SELECT unnest($tables) AS table_name, unnest($names) AS column_name, unnest($types) AS type
) AS new
WHERE columns.table_name = new.table_name AND columns.column_name = new.column_name;

-- names_of: whom some became, and who they were before
SELECT loser_id FROM merged WHERE winner_id IN (SELECT unnest($ids));

-- old_profiles: those of some that were there at that moment
SELECT profile_id FROM profile_rows
WHERE profile_id IN (SELECT unnest($ids)) AND created_at <= make_timestamp($before_us);

-- touch_named: audiences are to look at whose events name a user who is forgotten
INSERT INTO touched
SELECT DISTINCT profile_id, NULL::BIGINT, NULL::VARCHAR FROM event_rows
WHERE received_at <= make_timestamp($before_us) AND user_id = $user_id AND profile_id IS NOT NULL;

-- touch_groups: audiences are to look at groups that lose a member
INSERT INTO touched
SELECT DISTINCT NULL::BIGINT, account_id, NULL::VARCHAR FROM member_rows
WHERE profile_id IN (SELECT unnest($ids));

-- forget_events: remove what somebody did up to that moment
DELETE FROM event_rows
WHERE received_at <= make_timestamp($before_us)
  AND (profile_id IN (SELECT unnest($ids)) OR user_id = $user_id);

-- forget_identifiers: remove by what somebody was known
DELETE FROM identifiers WHERE profile_id IN (SELECT unnest($ids));

-- forget_members: remove somebody from all groups
DELETE FROM member_rows WHERE profile_id IN (SELECT unnest($ids));

-- forget_merged: remove who became somebody
DELETE FROM merged WHERE winner_id IN (SELECT unnest($ids));

-- forget_merges: remove why they did
DELETE FROM merges
WHERE winner_id IN (SELECT unnest($ids)) OR loser_id IN (SELECT unnest($ids));

-- touch_old: audiences are to look at whose events are about to be removed
INSERT INTO touched
WITH gone AS (
  SELECT DISTINCT profile_id, event FROM event_rows
  WHERE received_at < make_timestamp($before_us) AND profile_id IS NOT NULL AND event IS NOT NULL
), crowded AS (SELECT event FROM gone GROUP BY event HAVING count(*) > $crowd)
SELECT profile_id, NULL, event FROM gone WHERE event NOT IN (FROM crowded)
UNION ALL SELECT NULL, NULL, event FROM crowded;

-- forget: remove events that were accepted before this
DELETE FROM event_rows WHERE received_at < make_timestamp($before_us);

-- oldest_part: the moment before which a tenth of all events was accepted
SELECT epoch_us(quantile_disc(received_at, 0.1)) FROM event_rows;

-- size: what the rows take, in bytes; space that was freed and is kept for later not counted
SELECT block_size * used_blocks AS bytes FROM pragma_database_size() LIMIT 1;
