-- told: what is known of somebody by definitions that are computed; no value of who left or never was in
SELECT computed.definition_id, found.subject_id IS NOT NULL, found.value
FROM computed LEFT JOIN memberships AS found
  ON found.definition_id = computed.definition_id AND found.subject_id = $subject_id
WHERE list_contains($ids, computed.definition_id);
