-- find: who is known by an identifier
SELECT profile_id FROM identifiers
WHERE hash = $hash AND type = $type AND value = $value LIMIT 1;

-- winner: who somebody became
SELECT winner_id FROM merged WHERE loser_id = $id LIMIT 1;

-- profile: what is known of somebody
SELECT profile_id, is_anonymous, epoch_us(created_at), epoch_us(updated_at), traits, marks
FROM profile_rows WHERE profile_id = $id;

-- profiles: what is known of some, by the numbers that they have or had
SELECT named.id, found.profile_id, found.is_anonymous, epoch_us(found.created_at),
  epoch_us(found.updated_at), found.traits, found.marks
FROM (SELECT unnest($ids) AS id) AS named
LEFT JOIN merged ON merged.loser_id = named.id
JOIN profile_rows AS found ON found.profile_id = coalesce(merged.winner_id, named.id);

-- identifiers_of: by what some are known
SELECT profile_id, type, value, epoch_us(first_seen_at), source_id, message_id FROM identifiers
WHERE profile_id IN (SELECT unnest($ids)) ORDER BY first_seen_at, type, value;

-- identifiers: by what somebody is known
SELECT type, value, epoch_us(first_seen_at), source_id, message_id FROM identifiers
WHERE profile_id = $id ORDER BY first_seen_at, type, value;

-- events: what somebody did, newest first
SELECT epoch_us(timestamp), sequence, index, type, event, message_id, source_id, properties, traits,
  context, user_id, anonymous_id, epoch_us(received_at)
FROM event_rows
WHERE profile_id IN (SELECT $id UNION ALL SELECT loser_id FROM merged WHERE winner_id = $id)
  AND (timestamp, sequence, index) < (make_timestamp($us), $sequence, $index)
  AND timestamp >= make_timestamp($since_us)
  AND ($include IS NULL OR list_contains($include, event))
  AND ($exclude IS NULL OR event IS NULL OR NOT list_contains($exclude, event))
ORDER BY timestamp DESC, sequence DESC, index DESC LIMIT $limit;

-- count_events: how much somebody did, and when first and last
SELECT count(*), epoch_us(min(timestamp)), epoch_us(max(timestamp)) FROM event_rows
WHERE profile_id IN (SELECT $id UNION ALL SELECT loser_id FROM merged WHERE winner_id = $id);

-- merges: who became this one, and why
SELECT epoch_us(merged_at), winner_id, loser_id, source_id, message_id, identifiers FROM merges
WHERE winner_id IN (SELECT $id UNION ALL SELECT loser_id FROM merged WHERE winner_id = $id)
ORDER BY merged_at;

-- groups: the accounts that somebody belongs to
SELECT account_id, group_id, epoch_us(members.since), account_rows.traits
FROM members JOIN account_rows USING (account_id) WHERE profile_id = $id ORDER BY group_id;

-- account: what is known of a group
SELECT account_id, group_id, epoch_us(created_at), epoch_us(updated_at), traits, marks
FROM account_rows WHERE group_id = $group_id;

-- members: who belongs to a group
SELECT profile_id, epoch_us(since) FROM members WHERE account_id = $id AND profile_id > $after
ORDER BY profile_id LIMIT $limit;

-- search: people whose identifier, or the value of a trait of theirs, begins so; or the newest
SELECT profile_id, is_anonymous, epoch_us(created_at), epoch_us(updated_at), traits, marks
FROM profile_rows
WHERE ($text IS NULL OR profile_id IN (
    SELECT profile_id FROM identifiers WHERE starts_with(lower(value), lower($text)))
  OR len(list_filter(traits ->> '$.*', lambda one: starts_with(lower(one), lower($text)))) > 0)
  AND profile_id < $before
ORDER BY profile_id DESC LIMIT $limit;

-- count_profiles: how many people there are, and how many of them are known by more than a browser
SELECT count(*), count(*) FILTER (NOT is_anonymous) FROM profile_rows;
