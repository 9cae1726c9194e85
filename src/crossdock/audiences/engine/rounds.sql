-- computed: which meanings there are
SELECT definition_id, revision FROM computed;

-- remove_computed: meanings that are no longer in force
DELETE FROM computed WHERE list_contains($ids, definition_id);

-- add_computed: a meaning is in force
INSERT INTO computed VALUES ($id, $revision, $now);

-- remove_memberships: a definition is gone
DELETE FROM memberships WHERE definition_id = $id;

-- known_definitions: whatever has memberships, or a meaning
SELECT DISTINCT definition_id FROM computed UNION SELECT DISTINCT definition_id FROM memberships;

-- looked_at: the last moment for which something was computed
SELECT epoch_us(max(looked_at)) FROM looks;

-- forget_looks: the clock was set back
DELETE FROM looks;

-- put_looked: something is computed for this moment
MERGE INTO looks USING (SELECT $now AS moment) AS new ON TRUE
WHEN MATCHED AND looks.looked_at < new.moment THEN UPDATE SET looked_at = new.moment
WHEN NOT MATCHED THEN INSERT VALUES (new.moment);

-- take_touched: who did something, or is somebody else now; in that order, as many as one round takes
CREATE OR REPLACE TEMP TABLE touched_now AS
SELECT rowid AS place, profile_id, account_id, event FROM touched ORDER BY place LIMIT $limit;

-- count_taken: how many rows that are
SELECT count(*) FROM touched_now;

-- remove_touched: they are looked at now
DELETE FROM touched WHERE rowid IN (SELECT place FROM touched_now);

-- touched_names: what happened; null says that what is known of somebody changed
SELECT DISTINCT event FROM touched_now WHERE profile_id IS NOT NULL OR account_id IS NOT NULL;

-- names_of_everybody: which events are to be looked at of everybody who did them
SELECT DISTINCT event FROM touched_now WHERE profile_id IS NULL AND account_id IS NULL;

-- note: who is looked at while something is computed over everybody
INSERT INTO touched_again
SELECT profile_id, account_id, event FROM touched_now
UNION ALL SELECT
  CASE WHEN list_contains($users, definition_id) THEN subject_id END,
  CASE WHEN NOT list_contains($users, definition_id) THEN subject_id END, NULL
FROM due_now;

-- touch_noted: they are looked at once more, if what they did or became can matter to a definition
INSERT INTO touched SELECT DISTINCT profile_id, account_id, event FROM touched_again
WHERE event IS NULL OR list_contains($names, event);

-- forget_noted: nothing is computed over everybody any more
DELETE FROM touched_again;

-- take_due: whose time has come
CREATE OR REPLACE TEMP TABLE due_now AS
SELECT DISTINCT definition_id, subject_id FROM memberships
WHERE next_at <= $now AND list_contains($ids, definition_id);

-- crowded: of which definitions it is the time of so many that everybody is looked at
SELECT definition_id FROM due_now GROUP BY definition_id HAVING count(*) > $crowd;

-- remove_due: everybody is looked at
DELETE FROM due_now WHERE list_contains($ids, definition_id);

-- due_definitions: of which definitions
SELECT DISTINCT definition_id FROM due_now;

-- next_due: when the next one's time comes
SELECT epoch_us(min(next_at)) FROM memberships;

-- next_due_but: the same, without definitions that are not computed as they are now
SELECT epoch_us(min(next_at)) FROM memberships WHERE NOT list_contains($ids, definition_id);

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

-- take_before: what was known of those who are looked at, and where that stands; of who became somebody else, under whom they became
CREATE OR REPLACE TEMP TABLE before AS
SELECT
  found.definition_id,
  subjects.target_id AS subject_id,
  max(found.value) FILTER (subjects.raw_id = subjects.target_id) AS own_value,
  max(found.value) FILTER (subjects.raw_id <> subjects.target_id) AS lost_value,
  max(found.next_at) FILTER (subjects.raw_id = subjects.target_id) AS next_at,
  max(found.number) FILTER (subjects.raw_id = subjects.target_id) AS number,
  max(found.rowid) FILTER (subjects.raw_id = subjects.target_id) AS place
FROM memberships AS found JOIN subjects ON subjects.raw_id = found.subject_id
WHERE subjects.target_id IS NOT NULL AND list_contains($ids, found.definition_id)
GROUP BY ALL;

-- drop_lost_users: those who became somebody else, or were forgotten, after it was computed
DELETE FROM results WHERE subject_id NOT IN (SELECT profile_id FROM profile_rows);

-- drop_lost_accounts: the same for accounts
DELETE FROM results WHERE subject_id NOT IN (SELECT account_id FROM account_rows);

-- take_all_before: what was known of everybody; of who became somebody else, under whom they became
CREATE OR REPLACE TEMP TABLE before AS
SELECT found.definition_id, coalesce(merged.winner_id, found.subject_id) AS subject_id,
  max(found.value) FILTER (merged.loser_id IS NULL) AS own_value,
  max(found.value) FILTER (merged.loser_id IS NOT NULL) AS lost_value,
  max(found.next_at) FILTER (merged.loser_id IS NULL) AS next_at,
  max(found.number) FILTER (merged.loser_id IS NULL) AS number,
  max(found.rowid) FILTER (merged.loser_id IS NULL) AS place
FROM memberships AS found
LEFT JOIN merged ON $is_of_users AND merged.loser_id = found.subject_id
WHERE list_contains($ids, found.definition_id)
GROUP BY ALL;

-- remove_others: of those who are not there any more
DELETE FROM memberships
WHERE definition_id = $id AND subject_id NOT IN (SELECT subject_id FROM results);

-- take_changed: what is different now. Who was somebody else's membership is told under the own name
CREATE OR REPLACE TEMP TABLE changed AS
SELECT * FROM (
  SELECT
    results.definition_id, results.subject_id, results.value, results.next_at,
    before.place,
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
FROM changed WHERE memberships.rowid = changed.place;

-- add_memberships: of those who have none
INSERT INTO memberships
SELECT definition_id, subject_id, value, next_at, $now, number + CAST(is_change AS UINTEGER)
FROM changed WHERE place IS NULL;

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
