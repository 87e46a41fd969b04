-- Each item of the backup as it was last agreed with the destination: the base of a three-way comparison.
-- `item` is its JSON, compressed, secrets hidden. `not_stored` has the values that Looker holds instead of
-- what it was sent, by path. `number` tells the order, since times are in seconds. Two versions are kept, so
-- that a rollback can go back to the older one.

CREATE TABLE base (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source_instance TEXT NOT NULL,
    destination_instance TEXT NOT NULL,
    address TEXT NOT NULL,
    session TEXT NOT NULL,
    at TEXT NOT NULL,
    digest TEXT NOT NULL,
    item BLOB NOT NULL,
    not_stored TEXT NOT NULL,
    UNIQUE (source_instance, destination_instance, address, session)
);
