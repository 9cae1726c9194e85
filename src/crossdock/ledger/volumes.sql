-- volumes: how much came in of each source, and how much of it was refused, by time
SELECT
  source_id, time_us,
  count(*) FILTER (step = 'received') AS received,
  count(*) FILTER (step = 'discarded') AS discarded,
  max(happened_us) FILTER (step = 'received') AS last_received_us
FROM (SELECT *, happened_us // {grain_us} * {grain_us} AS time_us FROM entries)
WHERE happened_us >= $since_us AND happened_us < $until_us
  AND step IN ('received', 'discarded') AND connection_id IS NULL AND source_id <> ''
GROUP BY ALL
ORDER BY ALL;

-- last_received: when the last event of some sources came
SELECT source_id, max(happened_us) FROM entries
WHERE stream = 0 AND source_id IN (SELECT unnest($source_ids))
GROUP BY source_id;
