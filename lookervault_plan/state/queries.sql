-- Every statement of the state database, by name. Statements called schema-… make a new
-- database, in this order. Times are ISO 8601 in UTC, ids are text, JSON is text.

-- name: schema-id-mappings
CREATE TABLE id_mappings (
    source_instance TEXT NOT NULL,
    destination_instance TEXT NOT NULL,
    content_type INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    session_id TEXT,
    PRIMARY KEY (source_instance, destination_instance, content_type, source_id)
) WITHOUT ROWID;

-- name: schema-part-mappings
CREATE TABLE part_mappings (
    source_instance TEXT NOT NULL,
    destination_instance TEXT NOT NULL,
    address TEXT NOT NULL,
    part_kind TEXT NOT NULL,
    source_part_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    PRIMARY KEY (source_instance, destination_instance, address, part_kind, source_part_id)
) WITHOUT ROWID;

-- name: schema-applied
CREATE TABLE applied (
    source_instance TEXT NOT NULL,
    destination_instance TEXT NOT NULL,
    address TEXT NOT NULL,
    desired_digest TEXT NOT NULL,
    live_digest TEXT NOT NULL,
    session TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source_instance, destination_instance, address)
) WITHOUT ROWID;

-- name: schema-restoration-sessions
CREATE TABLE restoration_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    started_at TEXT NOT NULL,
    completed_at TEXT,
    status TEXT NOT NULL,
    total_items INTEGER NOT NULL DEFAULT 0,
    success_count INTEGER NOT NULL DEFAULT 0,
    error_count INTEGER NOT NULL DEFAULT 0,
    source_instance TEXT,
    destination_instance TEXT NOT NULL,
    config TEXT,
    metadata TEXT,
    plan_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    plan BLOB NOT NULL,
    backup_path TEXT NOT NULL
);

-- name: schema-session-plan-index
CREATE INDEX idx_restoration_session_plan ON restoration_sessions(plan_id);

-- name: schema-journal-steps
CREATE TABLE journal_steps (
    session TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    intended_at TEXT NOT NULL,
    known_ids TEXT NOT NULL,
    before_image BLOB,
    outcome TEXT,
    finished_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    revealed_ids TEXT,
    error TEXT,
    http_status INTEGER,
    PRIMARY KEY (session, step)
);

-- name: schema-restoration-checkpoints
CREATE VIEW restoration_checkpoints AS
WITH numbers(type, number) AS (
    VALUES ('dashboard', 1), ('look', 2), ('lookml_model', 3), ('explore', 4), ('folder', 5),
           ('board', 6), ('user', 7), ('group', 8), ('role', 9), ('permission_set', 10),
           ('model_set', 11), ('scheduled_plan', 12)
),
begun AS (
    SELECT rowid AS id, session, outcome, intended_at, finished_at,
           substr(step, 1, instr(step, ':') - 1) AS type,
           substr(step, instr(step, ':') + 1) AS item
    FROM journal_steps WHERE kind = 'action'
)
SELECT
    min(begun.id) AS id,
    begun.session AS session_id,
    numbers.number AS content_type,
    json_object(
        'completed_ids', json_group_array(begun.item) FILTER (WHERE begun.outcome = 'done'),
        'last_updated', max(begun.finished_at)
    ) AS checkpoint_data,
    min(begun.intended_at) AS started_at,
    CASE WHEN restoration_sessions.completed_at IS NOT NULL AND count(*) = count(begun.outcome)
         THEN max(begun.finished_at) END AS completed_at,
    count(*) FILTER (WHERE begun.outcome = 'done') AS item_count,
    count(*) FILTER (WHERE begun.outcome = 'failed') AS error_count
FROM begun
JOIN numbers ON numbers.type = begun.type
LEFT JOIN restoration_sessions ON restoration_sessions.id = begun.session
GROUP BY begun.session, numbers.number;

-- name: schema-dead-letter-queue
CREATE TABLE dead_letter_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    content_id TEXT NOT NULL,
    content_type INTEGER NOT NULL,
    content_data BLOB NOT NULL,
    error_message TEXT NOT NULL,
    error_type TEXT NOT NULL,
    stack_trace TEXT,
    retry_count INTEGER NOT NULL,
    failed_at TEXT NOT NULL,
    metadata TEXT,
    http_status INTEGER,
    step TEXT NOT NULL,
    cause TEXT,
    UNIQUE (session_id, content_type, content_id, step, retry_count)
);

-- name: schema-dead-letter-content-index
CREATE INDEX idx_dlq_content ON dead_letter_queue(content_type, content_id);

-- name: schema-lock
CREATE TABLE lock (
    destination_instance TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    host TEXT NOT NULL,
    since TEXT NOT NULL,
    pid INTEGER NOT NULL
);

-- name: mappings
SELECT content_type, source_id, destination_id FROM id_mappings
WHERE source_instance = ? AND destination_instance = ?;

-- name: list-mappings
SELECT source_instance, destination_instance, content_type AS type, source_id, destination_id,
       created_at, session_id AS session
FROM id_mappings
WHERE (:source IS NULL OR source_instance = :source)
  AND (:destination IS NULL OR destination_instance = :destination)
ORDER BY source_instance, destination_instance, content_type, source_id;

-- name: set-mapping
INSERT INTO id_mappings (source_instance, destination_instance, content_type, source_id,
                         destination_id, created_at, session_id)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET destination_id = excluded.destination_id,
    created_at = excluded.created_at, session_id = excluded.session_id
WHERE destination_id <> excluded.destination_id;

-- name: remove-mapping
DELETE FROM id_mappings
WHERE source_instance = ? AND destination_instance = ? AND content_type = ? AND source_id = ?;

-- name: remove-item-parts
DELETE FROM part_mappings
WHERE source_instance = ? AND destination_instance = ? AND address = ?;

-- name: remove-item-applied
DELETE FROM applied WHERE source_instance = ? AND destination_instance = ? AND address = ?;

-- name: clear-mappings
DELETE FROM id_mappings WHERE source_instance = ? AND destination_instance = ?;

-- name: clear-part-mappings
DELETE FROM part_mappings WHERE source_instance = ? AND destination_instance = ?;

-- name: clear-applied
DELETE FROM applied WHERE source_instance = ? AND destination_instance = ?;

-- name: part-mappings
SELECT address, part_kind, source_part_id, destination_id FROM part_mappings
WHERE source_instance = ? AND destination_instance = ?;

-- name: set-part-mapping
INSERT INTO part_mappings (source_instance, destination_instance, address, part_kind,
                           source_part_id, destination_id)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET destination_id = excluded.destination_id;

-- name: applied
SELECT address, desired_digest, live_digest, session, at FROM applied
WHERE source_instance = ? AND destination_instance = ?;

-- name: put-applied
INSERT INTO applied (source_instance, destination_instance, address, desired_digest,
                     live_digest, session, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET desired_digest = excluded.desired_digest,
    live_digest = excluded.live_digest, session = excluded.session, at = excluded.at;

-- name: create-session
INSERT INTO restoration_sessions (id, started_at, completed_at, status, total_items,
    success_count, error_count, source_instance, destination_instance, config, metadata,
    plan_id, fingerprint, backup_path, plan)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sessions
SELECT id, started_at, completed_at, status, total_items, success_count, error_count,
       source_instance, destination_instance, config, metadata, plan_id, fingerprint, backup_path
FROM restoration_sessions
WHERE (:id IS NULL OR id = :id) AND (:plan_id IS NULL OR plan_id = :plan_id)
ORDER BY started_at DESC, rowid DESC;

-- name: session-plan
SELECT plan FROM restoration_sessions WHERE id = ?;

-- name: set-session-status
UPDATE restoration_sessions
SET status = :status, completed_at = :completed_at,
    success_count = coalesce(:success_count, success_count),
    error_count = coalesce(:error_count, error_count)
WHERE id = :id;

-- name: tables
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%';

-- name: intend
INSERT INTO journal_steps (session, step, kind, intended_at, known_ids, before_image)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at,
    known_ids = CASE WHEN outcome IS NULL THEN known_ids ELSE excluded.known_ids END,
    before_image = coalesce(before_image, excluded.before_image),
    outcome = NULL, finished_at = NULL, error = NULL, http_status = NULL,
    revealed_ids = NULL;

-- name: finish
UPDATE journal_steps
SET outcome = ?, finished_at = ?, attempts = attempts + ?, revealed_ids = ?, error = ?,
    http_status = ?
WHERE session = ? AND step = ?;

-- name: steps
SELECT step, kind, intended_at, known_ids, outcome, finished_at, attempts,
       revealed_ids AS revealed, error, http_status
FROM journal_steps WHERE session = ? ORDER BY rowid;

-- name: before-image
SELECT before_image FROM journal_steps WHERE session = ? AND step = ?;

-- name: checkpoints
SELECT session_id AS session, content_type AS type,
       json_extract(checkpoint_data, '$.completed_ids') AS completed_ids,
       json_extract(checkpoint_data, '$.last_updated') AS last_updated,
       started_at, completed_at, item_count, error_count
FROM restoration_checkpoints WHERE session_id = ? ORDER BY content_type;

-- name: add-dead-letter
INSERT INTO dead_letter_queue (session_id, content_id, content_type, content_data, error_message,
    error_type, stack_trace, retry_count, failed_at, metadata, http_status, step, cause)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET content_data = excluded.content_data,
    error_message = excluded.error_message, error_type = excluded.error_type,
    stack_trace = excluded.stack_trace, failed_at = excluded.failed_at,
    metadata = excluded.metadata, http_status = excluded.http_status, cause = excluded.cause;

-- name: dead-letters
SELECT session_id AS session, content_id AS id, content_type AS type, content_data AS data,
       error_message, error_type, stack_trace, retry_count, failed_at, metadata, http_status, step,
       cause, id AS number
FROM dead_letter_queue
WHERE (:session IS NULL OR session_id = :session) AND (:number IS NULL OR dead_letter_queue.id = :number)
ORDER BY dead_letter_queue.id;

-- name: count-dead-letters
SELECT count(*) FROM dead_letter_queue WHERE :session IS NULL OR session_id = :session;

-- name: dead-letter-keys
SELECT dead_letter_queue.id AS number, session_id AS session, content_type AS type,
       content_id AS id
FROM dead_letter_queue
JOIN restoration_sessions ON restoration_sessions.id = session_id
WHERE session_id <> :session AND destination_instance = :destination
  AND coalesce(source_instance, fingerprint) = :source;

-- name: discard-dead-letter
DELETE FROM dead_letter_queue WHERE id = ?;

-- name: lock
SELECT destination_instance AS destination, holder, host, since, pid FROM lock WHERE destination_instance = ?;

-- name: locks
SELECT destination_instance AS destination, holder, host, since, pid FROM lock
ORDER BY destination_instance;

-- name: take-lock
INSERT INTO lock (destination_instance, holder, host, since, pid) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET holder = excluded.holder, host = excluded.host,
    since = excluded.since, pid = excluded.pid;

-- name: release-lock
DELETE FROM lock WHERE destination_instance = ? AND holder = ?;

-- name: remove-lock
DELETE FROM lock WHERE destination_instance = ?;
