-- computed: which meanings there are
SELECT definition_id, revision FROM computed;

-- remove_computed: a meaning is no longer in force
DELETE FROM computed WHERE definition_id = $id;

-- add_computed: a meaning is in force
INSERT INTO computed VALUES ($id, $revision, $now);

-- remove_memberships: a definition is gone
DELETE FROM memberships WHERE definition_id = $id;

-- known_definitions: whatever has memberships, or a meaning
SELECT DISTINCT definition_id FROM computed UNION SELECT DISTINCT definition_id FROM memberships;

-- take_touched: who did something, or is somebody else now
CREATE OR REPLACE TEMP TABLE touched_now AS SELECT DISTINCT profile_id, account_id, event FROM touched;

-- remove_touched: they are looked at now
DELETE FROM touched;

-- touched_names: what happened; null says that what is known of somebody changed
SELECT DISTINCT event FROM touched_now;

-- take_due: whose time has come
CREATE OR REPLACE TEMP TABLE due_now AS
SELECT DISTINCT definition_id, subject_id FROM memberships
WHERE next_at <= $now AND list_contains($ids, definition_id);

-- due_definitions: of which definitions
SELECT DISTINCT definition_id FROM due_now;

-- next_due: when the next one's time comes
SELECT epoch_us(min(next_at)) FROM memberships WHERE list_contains($ids, definition_id);

-- take_user_subjects: who is looked at: by which number they were known, and by which they are now. Nobody is somebody who was forgotten
CREATE OR REPLACE TEMP TABLE subjects AS
WITH named AS (
  SELECT DISTINCT profile_id AS raw_id FROM touched_now WHERE profile_id IS NOT NULL
  UNION SELECT subject_id FROM due_now WHERE list_contains($ids, definition_id)
  UNION SELECT members.profile_id FROM members
    WHERE $with_members
      AND members.account_id IN (SELECT account_id FROM touched_now WHERE account_id IS NOT NULL)
), met AS (
  SELECT named.raw_id, coalesce(merged.winner_id, named.raw_id) AS target_id
  FROM named LEFT JOIN merged ON merged.loser_id = named.raw_id
)
SELECT met.raw_id, there.profile_id AS target_id
FROM met LEFT JOIN profile_rows AS there ON there.profile_id = met.target_id
UNION SELECT met.target_id, there.profile_id
FROM met LEFT JOIN profile_rows AS there ON there.profile_id = met.target_id;

-- take_account_subjects: the accounts that are looked at: those that were touched, and those of the users who were
CREATE OR REPLACE TEMP TABLE subjects AS
WITH named AS (
  SELECT DISTINCT account_id AS raw_id FROM touched_now WHERE account_id IS NOT NULL
  UNION SELECT subject_id FROM due_now WHERE list_contains($ids, definition_id)
  UNION SELECT members.account_id FROM members
    WHERE members.profile_id IN (SELECT target_id FROM user_subjects)
)
SELECT named.raw_id, there.account_id AS target_id
FROM named LEFT JOIN account_rows AS there ON there.account_id = named.raw_id;

-- keep_user_subjects: who was looked at, for the accounts
CREATE OR REPLACE TEMP TABLE user_subjects AS SELECT target_id FROM subjects;

-- take_before: what was known of those who are looked at; of who became somebody else, under whom they became
CREATE OR REPLACE TEMP TABLE before AS
SELECT
  found.definition_id,
  subjects.target_id AS subject_id,
  max(found.value) FILTER (subjects.raw_id = subjects.target_id) AS own_value,
  max(found.value) FILTER (subjects.raw_id <> subjects.target_id) AS lost_value,
  max(found.next_at) FILTER (subjects.raw_id = subjects.target_id) AS next_at,
  max(found.number) FILTER (subjects.raw_id = subjects.target_id) AS number
FROM memberships AS found JOIN subjects ON subjects.raw_id = found.subject_id
WHERE subjects.target_id IS NOT NULL AND list_contains($ids, found.definition_id)
GROUP BY ALL;

-- take_all_before: what was known of everybody
CREATE OR REPLACE TEMP TABLE before AS
SELECT definition_id, subject_id, value AS own_value, CAST(NULL AS VARCHAR) AS lost_value, next_at,
  number
FROM memberships WHERE list_contains($ids, definition_id);

-- take_changed: what is different now. Who was somebody else's membership is told under the own name
CREATE OR REPLACE TEMP TABLE changed AS
SELECT * FROM (
  SELECT
    results.definition_id, results.subject_id, results.value, results.next_at,
    before.number IS NOT NULL AS is_there,
    coalesce(before.number, 0) AS number,
    (results.value IS DISTINCT FROM coalesce(before.own_value, before.lost_value)
      OR (before.own_value IS NULL AND before.lost_value IS NOT NULL AND results.value IS NOT NULL)
    ) AS is_change,
    results.value IS DISTINCT FROM before.own_value
      OR results.next_at IS DISTINCT FROM before.next_at AS is_other
  FROM results LEFT JOIN before
    ON before.definition_id = results.definition_id AND before.subject_id = results.subject_id
) WHERE is_change OR is_other;

-- update_memberships: of those who have a row
UPDATE memberships SET value = changed.value, next_at = changed.next_at,
  since = CASE WHEN changed.is_change THEN $now ELSE since END,
  number = changed.number + CAST(changed.is_change AS UINTEGER)
FROM changed
WHERE changed.is_there AND memberships.definition_id = changed.definition_id
  AND memberships.subject_id = changed.subject_id;

-- add_memberships: of those who have none
INSERT INTO memberships
SELECT definition_id, subject_id, value, next_at, $now, number + CAST(is_change AS UINTEGER)
FROM changed WHERE NOT is_there;

-- remove_lost: of those who became somebody else, or were forgotten
DELETE FROM memberships
WHERE list_contains($ids, definition_id) AND subject_id IN (
  SELECT raw_id FROM subjects WHERE target_id IS NULL OR target_id <> raw_id
);

-- count_changes: how many there are to tell
SELECT definition_id, count(*) FROM changed WHERE is_change GROUP BY definition_id;

-- tell: every change to whoever is to be told
INSERT INTO outbox
SELECT nextval('outbox_places'), syncs.connection_id, changed.definition_id, changed.subject_id,
  changed.value, $now,
  'engage-' || md5(concat_ws('-', (SELECT born_us FROM engine_births), changed.definition_id,
    changed.subject_id, changed.number + 1, syncs.connection_id, epoch_us(syncs.started_at))),
  FALSE
FROM changed JOIN syncs ON syncs.definition_id = changed.definition_id
WHERE changed.is_change;
