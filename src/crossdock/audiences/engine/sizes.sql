-- create_sizes: how many were in each at the beginning of an hour
CREATE TABLE IF NOT EXISTS sizes (
  definition_id VARCHAR NOT NULL,
  hour TIMESTAMP NOT NULL,
  size UBIGINT NOT NULL
);

-- is_lacking: whether one that is computed has no size of this hour yet
SELECT EXISTS (
  SELECT 1 FROM computed
  WHERE definition_id NOT IN (SELECT definition_id FROM sizes WHERE hour = $hour)
);

-- note: how many are in those that have no size of this hour yet
INSERT INTO sizes
SELECT computed.definition_id, $hour, count(memberships.value)
FROM computed LEFT JOIN memberships ON memberships.definition_id = computed.definition_id
WHERE computed.definition_id NOT IN (SELECT definition_id FROM sizes WHERE hour = $hour)
GROUP BY computed.definition_id;

-- forget: what is too old, and what is about definitions that are gone
DELETE FROM sizes WHERE hour < $oldest OR NOT list_contains($known, definition_id);

-- is_there: whether anything was ever noted
SELECT EXISTS (SELECT 1 FROM duckdb_tables() WHERE table_name = 'sizes');

-- sizes: the sizes of some, oldest first
SELECT definition_id, epoch_us(hour), size FROM sizes
WHERE hour >= $since AND hour <= $now AND ($id IS NULL OR definition_id = $id)
ORDER BY definition_id, hour;
