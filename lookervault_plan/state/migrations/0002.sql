-- A lock is known by a random token, since process ids repeat in containers and after a restart.

ALTER TABLE lock ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE lock ADD COLUMN boot TEXT NOT NULL DEFAULT '';
