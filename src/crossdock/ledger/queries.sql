-- find_message: in which messages of the journal a messageId may be
SELECT DISTINCT event_sequence FROM messages WHERE message_hash = $message_hash LIMIT $limit;

-- trace: everything that happened to the events of one messageId, in the order that it did
SELECT {columns} FROM entries
WHERE event_sequence BETWEEN $first AND $last AND event_sequence IN (SELECT unnest($sequences))
  AND message_hash = $message_hash AND message_id = $message_id
/* Not by time, since clocks are set back. Only the word that a delivery was made can be late. */
/* A replay comes after the event's own way. */
ORDER BY event_sequence = 0, event_sequence, event_index, starts_with(outcome_id, 'replay-'),
  stream, step <> 'mapped', sequence, position
LIMIT $limit;

-- search: the latest entries of which all this is true, newest first
SELECT {columns} FROM entries
WHERE rowid IN (
  SELECT rowid FROM entries
  WHERE {conditions}
  ORDER BY happened_us DESC, stream DESC, sequence DESC, position DESC
  LIMIT $limit
)
ORDER BY happened_us DESC, stream DESC, sequence DESC, position DESC;

-- overview: how many events or deliveries got to a step, by time and by what was asked for
SELECT {groups} time_us, number, retries
FROM (
  SELECT *, sum(number) OVER ({partition}) AS group_number
  FROM (
    SELECT {groups} time_us, {number} AS number, sum(greatest(attempt, 1) - 1)::BIGINT AS retries
    FROM (SELECT *, happened_us // {grain_us} * {grain_us} AS time_us FROM entries)
    WHERE {conditions}
    GROUP BY ALL
  )
)
ORDER BY group_number DESC, {groups} time_us
LIMIT $limit;

-- durations: how long attempts took, as destinations see them; approximate beyond some thousands
SELECT count(*), count(*) FILTER (attempt > 1),
  approx_quantile(duration_seconds, 0.5), approx_quantile(duration_seconds, 0.95)
FROM entries
WHERE attempt > 0 AND duration_seconds IS NOT NULL AND {conditions};

-- in_messages_of_user: whether it is about an event of a message that may hold a user's
event_sequence IN (SELECT event_sequence FROM people WHERE person_hash = $person_hash)

-- about_user: whether it is about a user's; one number is joined by faster than two
event_sequence * 1048576 + event_index IN (
  SELECT event_sequence * 1048576 + event_index FROM entries
  WHERE stream = 0
    AND event_sequence IN (SELECT event_sequence FROM people WHERE person_hash = $person_hash)
    AND (user_id = $user_id OR anonymous_id = $user_id)
)
