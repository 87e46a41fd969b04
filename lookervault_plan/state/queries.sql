-- Every statement that the state's code runs, by name. `migrations` holds the tables.

-- name: mappings
-- Read the id mappings of items between two instances.
SELECT content_type, source_id, destination_id FROM id_mappings
WHERE source_instance = ? AND destination_instance = ?;

-- name: list-mappings
-- List id mappings with their origin, of one source and one destination or of all (null).
SELECT source_instance, destination_instance, content_type AS type, source_id, destination_id,
       created_at, session_id AS session
FROM id_mappings
WHERE (:source IS NULL OR source_instance = :source)
  AND (:destination IS NULL OR destination_instance = :destination)
ORDER BY source_instance, destination_instance, content_type, source_id;

-- name: set-mapping
-- Add an id mapping, or replace it if the destination id differs.
INSERT INTO id_mappings (source_instance, destination_instance, content_type, source_id,
                         destination_id, created_at, session_id)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET destination_id = excluded.destination_id,
    created_at = excluded.created_at, session_id = excluded.session_id
WHERE destination_id <> excluded.destination_id;

-- name: remove-mapping
-- Remove the id mapping of one item.
DELETE FROM id_mappings
WHERE source_instance = ? AND destination_instance = ? AND content_type = ? AND source_id = ?;

-- name: remove-item-parts
-- Remove the id mappings of all parts of one item.
DELETE FROM part_mappings
WHERE source_instance = ? AND destination_instance = ? AND address = ?;

-- name: remove-item-applied
-- Remove the applied digests of one item.
DELETE FROM applied WHERE source_instance = ? AND destination_instance = ? AND address = ?;

-- name: clear-mappings
-- Remove all id mappings of items between two instances.
DELETE FROM id_mappings WHERE source_instance = ? AND destination_instance = ?;

-- name: clear-part-mappings
-- Remove all id mappings of parts between two instances.
DELETE FROM part_mappings WHERE source_instance = ? AND destination_instance = ?;

-- name: clear-applied
-- Remove all applied digests between two instances.
DELETE FROM applied WHERE source_instance = ? AND destination_instance = ?;

-- name: part-mappings
-- Read the id mappings of parts between two instances.
SELECT address, part_kind, source_part_id, destination_id FROM part_mappings
WHERE source_instance = ? AND destination_instance = ?;

-- name: set-part-mapping
-- Add or replace the id mapping of a part.
INSERT INTO part_mappings (source_instance, destination_instance, address, part_kind,
                           source_part_id, destination_id)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET destination_id = excluded.destination_id;

-- name: applied
-- Read the applied digests of all items between two instances.
SELECT address, desired_digest, live_digest, session, at FROM applied
WHERE source_instance = ? AND destination_instance = ?;

-- name: put-applied
-- Add or replace the applied digests of an item.
INSERT INTO applied (source_instance, destination_instance, address, desired_digest,
                     live_digest, session, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET desired_digest = excluded.desired_digest,
    live_digest = excluded.live_digest, session = excluded.session, at = excluded.at;

-- name: create-session
-- Add a session with its compressed plan.
INSERT INTO restoration_sessions (id, started_at, completed_at, status, total_items,
    success_count, error_count, source_instance, destination_instance, config, metadata,
    plan_id, fingerprint, backup_path, plan)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sessions
-- List sessions, latest first: all, one by id, or those of one plan.
SELECT id, started_at, completed_at, status, total_items, success_count, error_count,
       source_instance, destination_instance, config, metadata, plan_id, fingerprint, backup_path
FROM restoration_sessions
WHERE (:id IS NULL OR id = :id) AND (:plan_id IS NULL OR plan_id = :plan_id)
ORDER BY started_at DESC, rowid DESC;

-- name: session-plan
-- Read the compressed plan of a session.
SELECT plan FROM restoration_sessions WHERE id = ?;

-- name: set-session-status
-- Set the status and the end of a session. A count that is null stays as it is.
UPDATE restoration_sessions
SET status = :status, completed_at = :completed_at,
    success_count = coalesce(:success_count, success_count),
    error_count = coalesce(:error_count, error_count)
WHERE id = :id;

-- name: tables
-- List the names of all tables, to see whether the state is empty.
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%';

-- name: intend
-- Record that a step is about to be sent. A step begun again loses its outcome and keeps its
-- first before-image; it keeps its known ids too if nobody knows how the first request ended.
INSERT INTO journal_steps (session, step, kind, intended_at, known_ids, before_image)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at,
    known_ids = CASE WHEN outcome IS NULL THEN known_ids ELSE excluded.known_ids END,
    before_image = coalesce(before_image, excluded.before_image),
    outcome = NULL, finished_at = NULL, error = NULL, http_status = NULL,
    revealed_ids = NULL;

-- name: finish
-- Record how a step ended, and add to its number of attempts.
UPDATE journal_steps
SET outcome = ?, finished_at = ?, attempts = attempts + ?, revealed_ids = ?, error = ?,
    http_status = ?
WHERE session = ? AND step = ?;

-- name: steps
-- Read the steps of a session, in the order of their first intents.
SELECT step, kind, intended_at, known_ids, outcome, finished_at, attempts,
       revealed_ids AS revealed, error, http_status
FROM journal_steps WHERE session = ? ORDER BY rowid;

-- name: half-made
-- List the items that a session created and that no later one has finished.
SELECT DISTINCT item.step AS address
FROM restoration_sessions AS session
JOIN journal_steps AS item ON item.session = session.id AND item.kind = 'action'
JOIN journal_steps AS made ON made.session = session.id AND made.step = item.step || '#create'
WHERE session.status <> 'completed' AND session.destination_instance = :destination
  AND coalesce(session.source_instance, session.fingerprint) = :source
  AND item.outcome IS NOT 'done' AND made.outcome = 'done'
  AND NOT EXISTS (
    SELECT 1 FROM restoration_sessions AS later
    JOIN journal_steps AS done ON done.session = later.id AND done.step = item.step
    WHERE done.outcome = 'done' AND later.started_at >= session.started_at
      AND later.destination_instance = session.destination_instance
  );

-- name: before-image
-- Read the compressed JSON that a step overwrote.
SELECT before_image FROM journal_steps WHERE session = ? AND step = ?;

-- name: checkpoints
-- Read the progress of a session per content type.
SELECT session_id AS session, content_type AS type,
       json_extract(checkpoint_data, '$.completed_ids') AS completed_ids,
       json_extract(checkpoint_data, '$.last_updated') AS last_updated,
       started_at, completed_at, item_count, error_count
FROM restoration_checkpoints WHERE session_id = ? ORDER BY content_type;

-- name: add-dead-letter
-- Add a dead letter, or replace the one of the same step and number of retries.
INSERT INTO dead_letter_queue (session_id, content_id, content_type, content_data, error_message,
    error_type, stack_trace, retry_count, failed_at, metadata, http_status, step, cause)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET content_data = excluded.content_data,
    error_message = excluded.error_message, error_type = excluded.error_type,
    stack_trace = excluded.stack_trace, failed_at = excluded.failed_at,
    metadata = excluded.metadata, http_status = excluded.http_status, cause = excluded.cause;

-- name: dead-letters
-- Read dead letters with their payloads, oldest first: all, of one session, or one by number.
SELECT session_id AS session, content_id AS id, content_type AS type, content_data AS data,
       error_message, error_type, stack_trace, retry_count, failed_at, metadata, http_status, step,
       cause, id AS number
FROM dead_letter_queue
WHERE (:session IS NULL OR session_id = :session) AND (:number IS NULL OR dead_letter_queue.id = :number)
ORDER BY dead_letter_queue.id;

-- name: count-dead-letters
-- Count the dead letters of one session, or all (null).
SELECT count(*) FROM dead_letter_queue WHERE :session IS NULL OR session_id = :session;

-- name: dead-letter-keys
-- List the dead letters of other sessions between the same instances.
SELECT dead_letter_queue.id AS number, session_id AS session, content_type AS type,
       content_id AS id
FROM dead_letter_queue
JOIN restoration_sessions ON restoration_sessions.id = session_id
WHERE session_id <> :session AND destination_instance = :destination
  AND coalesce(source_instance, fingerprint) = :source;

-- name: discard-dead-letter
-- Remove one dead letter.
DELETE FROM dead_letter_queue WHERE id = ?;

-- name: lock
-- Read the lock of a destination.
SELECT destination_instance AS destination, holder, host, since, pid, token, boot
FROM lock WHERE destination_instance = ?;

-- name: locks
-- List all locks.
SELECT destination_instance AS destination, holder, host, since, pid, token, boot FROM lock
ORDER BY destination_instance;

-- name: take-lock
-- Take the lock of a destination, from its holder if there is one.
INSERT INTO lock (destination_instance, holder, host, since, pid, token, boot)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET holder = excluded.holder, host = excluded.host,
    since = excluded.since, pid = excluded.pid, token = excluded.token, boot = excluded.boot;

-- name: release-lock
-- Remove the lock of a destination if the run of this token has it.
DELETE FROM lock WHERE destination_instance = ? AND token = ?;

-- name: base-digests
-- Read the digest of the latest base of each item between two instances.
SELECT address, digest FROM base
WHERE source_instance = ? AND destination_instance = ?
ORDER BY number;

-- name: bases
-- Read the bases of all items between two instances, the latest of each item last.
SELECT address, digest, item, not_stored, session, at FROM base
WHERE source_instance = ? AND destination_instance = ?
ORDER BY number;

-- name: base
-- Read the latest base of one item.
SELECT address, digest, item, not_stored, session, at FROM base
WHERE source_instance = ? AND destination_instance = ? AND address = ?
ORDER BY number DESC LIMIT 1;

-- name: put-base
-- Add the base of an item, or replace the one of the same session. It becomes the latest.
INSERT OR REPLACE INTO base (source_instance, destination_instance, address, digest, item,
                             not_stored, session, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: trim-bases
-- Remove all bases of an item but the latest two.
DELETE FROM base
WHERE source_instance = :source AND destination_instance = :destination AND address = :address
  AND number NOT IN (
    SELECT number FROM base
    WHERE source_instance = :source AND destination_instance = :destination AND address = :address
    ORDER BY number DESC LIMIT 2
  );

-- name: latest-base-session
-- Find the session that wrote the latest base between two instances.
SELECT session FROM base WHERE source_instance = ? AND destination_instance = ?
ORDER BY number DESC LIMIT 1;

-- name: remove-item-base
-- Remove the bases of one item.
DELETE FROM base WHERE source_instance = ? AND destination_instance = ? AND address = ?;

-- name: clear-base
-- Remove all bases between two instances.
DELETE FROM base WHERE source_instance = ? AND destination_instance = ?;

-- name: remove-session-base
-- Remove the bases that a session wrote, so that those before it count again.
DELETE FROM base
WHERE source_instance = ? AND destination_instance = ? AND session = ?;

-- name: remove-locks
-- Remove all locks.
DELETE FROM lock;

-- name: lose-sessions
-- Mark all sessions that could be resumed as lost.
UPDATE restoration_sessions SET status = 'lost' WHERE status IN ('running', 'interrupted', 'failed');

-- name: destinations
-- List the destinations of sessions and mappings.
SELECT destination_instance FROM restoration_sessions
UNION SELECT destination_instance FROM id_mappings
UNION SELECT destination_instance FROM base
ORDER BY destination_instance;

-- name: state-counts
-- Count the sessions, mappings and dead letters of a destination.
SELECT (SELECT count(*) FROM restoration_sessions WHERE destination_instance = :destination),
       (SELECT count(*) FROM id_mappings WHERE destination_instance = :destination),
       (SELECT count(*) FROM dead_letter_queue
        JOIN restoration_sessions ON restoration_sessions.id = session_id
        WHERE destination_instance = :destination);

-- name: base-sources
-- List the sources that have agreed with a destination.
SELECT DISTINCT source_instance FROM base WHERE destination_instance = ?
ORDER BY source_instance;
