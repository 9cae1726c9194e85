-- event_names: what happened, the most frequent first
SELECT event, count(*), epoch_us(max(timestamp)) FROM event_rows
WHERE event IS NOT NULL AND source_id <> $without_source_id
GROUP BY event ORDER BY 2 DESC, 1 LIMIT $limit;

-- paths: what properties, traits and contexts were seen, by table
SELECT table_name, event, path, type FROM columns
WHERE path LIKE '/%' AND (event IS NOT NULL OR table_name IN ('pages', 'screens', 'identifies', 'groups', 'context'))
ORDER BY path;
