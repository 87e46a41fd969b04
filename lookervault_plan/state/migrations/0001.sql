-- The state's first version. Times are ISO 8601 in UTC, ids are text, JSON is text.

-- Destination id of each item of a source.
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

-- Destination id of each part of an item.
CREATE TABLE part_mappings (
    source_instance TEXT NOT NULL,
    destination_instance TEXT NOT NULL,
    address TEXT NOT NULL,
    part_kind TEXT NOT NULL,
    source_part_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    PRIMARY KEY (source_instance, destination_instance, address, part_kind, source_part_id)
) WITHOUT ROWID;

-- Digests of each item after its last apply.
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

-- One row per apply, with the plan it carries out.
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

-- For the sessions of one plan.
CREATE INDEX idx_restoration_session_plan ON restoration_sessions(plan_id);

-- One row per step of a session, and one of kind 'action' per item that was begun.
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

-- Progress per session and content type, derived from the journal.
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

-- Items that could not be applied.
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

-- For the dead letters of one item.
CREATE INDEX idx_dlq_content ON dead_letter_queue(content_type, content_id);

-- Who is applying to a destination.
CREATE TABLE lock (
    destination_instance TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    host TEXT NOT NULL,
    since TEXT NOT NULL,
    pid INTEGER NOT NULL
);
