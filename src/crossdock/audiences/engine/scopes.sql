-- begin_results: nobody is in anything yet
CREATE OR REPLACE TEMP TABLE results (
  definition_id VARCHAR, subject_id BIGINT, value VARCHAR, next_at TIMESTAMP
);

-- user_raws: all numbers under which those who are looked at did something
CREATE OR REPLACE TEMP TABLE raws AS
SELECT DISTINCT target_id, target_id AS raw_id FROM subjects WHERE target_id IS NOT NULL
UNION SELECT winner_id, loser_id FROM merged WHERE winner_id IN (SELECT target_id FROM subjects);

-- account_raws: the same for all members of the accounts that are looked at
CREATE OR REPLACE TEMP TABLE raws AS
WITH of AS (
  SELECT DISTINCT profile_id FROM members WHERE account_id IN (SELECT target_id FROM subjects)
)
SELECT profile_id AS target_id, profile_id AS raw_id FROM of
UNION SELECT winner_id, loser_id FROM merged WHERE winner_id IN (SELECT profile_id FROM of);

-- scope_profiles: what is known of them
CREATE OR REPLACE TEMP TABLE scope_profiles AS
SELECT profile_id, traits, is_anonymous FROM profile_rows
WHERE profile_id IN (SELECT target_id FROM raws);

-- scope_accounts: the accounts that are looked at
CREATE OR REPLACE TEMP TABLE scope_accounts AS
SELECT account_id, traits FROM account_rows WHERE account_id IN (SELECT target_id FROM subjects);

-- scope_members: their members
CREATE OR REPLACE TEMP TABLE scope_members AS
SELECT account_id, profile_id FROM members WHERE account_id IN (SELECT target_id FROM subjects);

-- engage_keys: what definitions are called in traits
CREATE OR REPLACE TEMP TABLE engage_keys AS
SELECT unnest($ids) AS definition_id, unnest($keys) AS key;

-- values_now: what is known in this round already, and for the others what was known before it
CREATE OR REPLACE TEMP TABLE values_now AS
SELECT definition_id, subject_id, value FROM results
UNION ALL SELECT definition_id, subject_id, value FROM memberships
WHERE list_contains($others, definition_id);

-- overlay_profiles: traits, with what is computed among them; who is not in an audience has false
CREATE OR REPLACE TEMP TABLE overlaid_profiles AS
SELECT base.profile_id, base.is_anonymous,
  CASE WHEN known.patch IS NULL AND $outside = '{}' THEN base.traits
    ELSE json_merge_patch(base.traits, CAST($outside AS JSON), coalesce(known.patch, '{}'))
    END AS traits
FROM {base} AS base LEFT JOIN (
  SELECT values_now.subject_id, json_group_object(engage_keys.key, CAST(values_now.value AS JSON)) AS patch
  FROM values_now JOIN engage_keys ON engage_keys.definition_id = values_now.definition_id
  WHERE values_now.value IS NOT NULL AND list_contains($ids, values_now.definition_id)
  GROUP BY values_now.subject_id
) AS known ON known.subject_id = base.profile_id;

-- overlay_accounts: the same for accounts
CREATE OR REPLACE TEMP TABLE overlaid_accounts AS
SELECT base.account_id,
  CASE WHEN known.patch IS NULL AND $outside = '{}' THEN base.traits
    ELSE json_merge_patch(base.traits, CAST($outside AS JSON), coalesce(known.patch, '{}'))
    END AS traits
FROM {base} AS base LEFT JOIN (
  SELECT values_now.subject_id, json_group_object(engage_keys.key, CAST(values_now.value AS JSON)) AS patch
  FROM values_now JOIN engage_keys ON engage_keys.definition_id = values_now.definition_id
  WHERE values_now.value IS NOT NULL AND list_contains($ids, values_now.definition_id)
  GROUP BY values_now.subject_id
) AS known ON known.subject_id = base.account_id;
