-- syncs: who is told about what
SELECT definition_id, connection_id FROM syncs;

-- remove_sync: somebody is no longer told
DELETE FROM syncs WHERE definition_id = $definition_id AND connection_id = $connection_id;

-- remove_told: what was to be told to them is not
DELETE FROM outbox WHERE definition_id = $definition_id AND connection_id = $connection_id;

-- begin_sync: everybody who is in is to be told, once
INSERT INTO outbox
SELECT nextval('outbox_places'), $connection_id, definition_id, subject_id, value, $now,
  'engage-' || md5(concat_ws('-', (SELECT born_us FROM engine_births), definition_id,
    subject_id, number, $connection_id, epoch_us($now::TIMESTAMP), 'first')),
  TRUE
FROM memberships WHERE definition_id = $definition_id AND value IS NOT NULL
ORDER BY subject_id;

-- add_sync: they are told from now on
INSERT INTO syncs
SELECT $definition_id, $connection_id, count(*), $now, CASE WHEN count(*) = 0 THEN $now END
FROM memberships WHERE definition_id = $definition_id AND value IS NOT NULL;

-- waiting: how much waits for each
SELECT connection_id, definition_id, count(*) FROM outbox GROUP BY ALL;

-- next: what is to be told next
SELECT place, definition_id, subject_id, value, epoch_us(changed_at), message_id FROM outbox
WHERE connection_id = $connection_id AND definition_id = $definition_id
ORDER BY place LIMIT $limit;

-- remove: it is in the journal
DELETE FROM outbox
WHERE connection_id = $connection_id AND definition_id = $definition_id AND place <= $place;

-- finish_syncs: everybody was told once
UPDATE syncs SET finished_at = $now WHERE finished_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM outbox WHERE outbox.is_first AND outbox.definition_id = syncs.definition_id
    AND outbox.connection_id = syncs.connection_id
);

-- users: how some are known
SELECT ids.subject_id, found.type, last(found.value ORDER BY found.first_seen_at, found.value)
FROM (SELECT unnest($ids) AS subject_id) AS ids
LEFT JOIN merged ON merged.loser_id = ids.subject_id
JOIN identifiers AS found ON found.profile_id = coalesce(merged.winner_id, ids.subject_id)
WHERE found.type IN ('user_id', 'anonymous_id', 'email')
GROUP BY ALL;

-- accounts: some accounts and their members, and how these are known
SELECT account_rows.account_id, account_rows.group_id, members.profile_id, found.type,
  last(found.value ORDER BY found.first_seen_at, found.value)
FROM account_rows
LEFT JOIN members ON members.account_id = account_rows.account_id
LEFT JOIN identifiers AS found ON found.profile_id = members.profile_id
  AND found.type IN ('user_id', 'anonymous_id', 'email')
WHERE account_rows.account_id IN (SELECT unnest($ids))
GROUP BY ALL ORDER BY members.profile_id;
