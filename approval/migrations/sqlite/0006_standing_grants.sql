-- An approval may stand for calls like the one it was given for.
CREATE TABLE standing_grants (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    hold       TEXT    NOT NULL UNIQUE REFERENCES holds (id), -- whose approvals it rests on
    key        TEXT    NOT NULL, -- keyed digest of what its calls have in common
    rules      TEXT    NOT NULL, -- JSON array of names
    revision   TEXT    NOT NULL,
    findings   TEXT    NOT NULL, -- JSON array of kinds
    uses       INTEGER NOT NULL,
    uses_left  INTEGER NOT NULL CHECK (uses_left >= 0),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_by TEXT
);
CREATE INDEX standing_grants_by_key ON standing_grants (key, expires_at)
    WHERE uses_left > 0 AND revoked_at IS NULL;

ALTER TABLE holds ADD COLUMN standing_key TEXT; -- of a call that an approval may stand for
ALTER TABLE holds ADD COLUMN standing TEXT REFERENCES standing_grants (id); -- by which it was approved
CREATE INDEX holds_denied_alike ON holds (standing_key) WHERE status = 'denied';
CREATE INDEX holds_by_standing ON holds (standing) WHERE standing IS NOT NULL;

-- Whether the approver lets the approval stand for calls like this one.
ALTER TABLE decisions ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;
