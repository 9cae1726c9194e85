-- create: one shelf of records for each kind of thing and workspace
CREATE TABLE IF NOT EXISTS record (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  shelf TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  record_id TEXT NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (shelf, workspace_id, record_id)
);

-- put: write a record; one that was there moves to the end of its shelf
INSERT OR REPLACE INTO record (shelf, workspace_id, record_id, body) VALUES (?, ?, ?, ?);

-- trim: forget the records that were touched longest ago
DELETE FROM record
WHERE shelf = :shelf AND workspace_id = :workspace_id AND position <= (
  SELECT position FROM record
  WHERE shelf = :shelf AND workspace_id = :workspace_id
  ORDER BY position DESC LIMIT 1 OFFSET :records_max
);

-- find: one record
SELECT body FROM record WHERE shelf = ? AND workspace_id = ? AND record_id = ?;

-- latest: the records touched last, the last of them first
SELECT body FROM record WHERE shelf = ? AND workspace_id = ? ORDER BY position DESC LIMIT ?;

-- remove: one record
DELETE FROM record WHERE shelf = ? AND workspace_id = ? AND record_id = ?;

-- clear: a whole shelf of a workspace
DELETE FROM record WHERE shelf = ? AND workspace_id = ?;
