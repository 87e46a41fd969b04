-- The past of a backup: our own tables. LookerVault ignores them.

CREATE TABLE IF NOT EXISTS snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at TEXT NOT NULL,
    instance TEXT NOT NULL,
    looker_version TEXT NOT NULL DEFAULT '',
    items INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL DEFAULT 'backup',
    session TEXT,
    coverage TEXT NOT NULL DEFAULT '{}',
    format_version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE IF NOT EXISTS content_blobs (
    digest TEXT PRIMARY KEY,
    codec TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS content_history (
    content_type INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    from_snapshot INTEGER NOT NULL,
    to_snapshot INTEGER,
    PRIMARY KEY (content_type, source_id, from_snapshot)
) WITHOUT ROWID;
