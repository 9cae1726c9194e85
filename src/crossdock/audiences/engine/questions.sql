-- members: who is in, in the order of their numbers
SELECT subject_id, value, epoch_us(since) FROM memberships
WHERE definition_id = $id AND value IS NOT NULL AND subject_id > $after
  AND ($text IS NULL
    OR ($is_of_users AND subject_id IN (
      SELECT profile_id FROM identifiers WHERE starts_with(lower(value), lower($text))))
    OR (NOT $is_of_users AND subject_id IN (
      SELECT account_id FROM account_rows WHERE starts_with(lower(group_id), lower($text)))))
ORDER BY subject_id LIMIT $limit;

-- sizes: how many are in
SELECT definition_id, count(*) FROM memberships WHERE value IS NOT NULL GROUP BY definition_id;

-- computed: when each was computed over everybody, as it was then
SELECT definition_id, revision, epoch_us(computed_at) FROM computed;

-- syncs: who is told about what
SELECT syncs.definition_id, syncs.connection_id, syncs.total, epoch_us(syncs.started_at),
  epoch_us(syncs.finished_at), count(outbox.place), count(outbox.place) FILTER (outbox.is_first)
FROM syncs LEFT JOIN outbox ON outbox.definition_id = syncs.definition_id
  AND outbox.connection_id = syncs.connection_id
GROUP BY ALL;

-- of_subject: in what somebody is
SELECT definition_id, value, epoch_us(since) FROM memberships
WHERE subject_id = $id AND value IS NOT NULL;

-- groups: what accounts are called
SELECT account_id, group_id FROM account_rows WHERE account_id IN (SELECT unnest($ids));
