-- A hold may need several approvals: the one that settled it, and those before.
ALTER TABLE decisions ADD COLUMN settles INTEGER NOT NULL DEFAULT 1;
