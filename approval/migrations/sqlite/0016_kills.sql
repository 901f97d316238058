-- Principals and tokens of which nothing passes until a time.
CREATE TABLE kills (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    tenant      TEXT    NOT NULL, -- by whose gateways; `*`: by all
    whom        TEXT    NOT NULL, -- key of a principal or of a token, as records have it
    principal   TEXT,             -- JSON; null: nobody knows whose key it is
    reason_text TEXT    NOT NULL,
    killed_by   TEXT    NOT NULL,
    killed_at   INTEGER NOT NULL, -- Unix seconds, like all times here
    until       INTEGER NOT NULL,
    lifted_by   TEXT,
    lifted_at   INTEGER
);
CREATE INDEX kills_in_force ON kills (until) WHERE lifted_at IS NULL;

-- What was audited of one goes with it, as with a hold.
ALTER TABLE audit ADD COLUMN kill TEXT;
CREATE INDEX audit_by_kill ON audit (kill, seq) WHERE kill IS NOT NULL;
DROP TRIGGER audit_goes_with_its_hold;
CREATE TRIGGER audit_goes_with_its_subject BEFORE DELETE ON audit
WHEN coalesce(OLD.hold, OLD.kill) IS NULL OR EXISTS (SELECT 1 FROM holds WHERE id = OLD.hold)
    OR EXISTS (SELECT 1 FROM kills WHERE id = OLD.kill)
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only ever added');
END;

-- Channels are told of a hold or of a kill.
CREATE TABLE told (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    event      TEXT    NOT NULL, -- its id, the same for all channels
    kind       TEXT    NOT NULL,
    hold       TEXT    REFERENCES holds (id),
    kill       TEXT    REFERENCES kills (id),
    channel    TEXT    NOT NULL,
    told       TEXT    NOT NULL, -- JSON: the event
    urgency    INTEGER NOT NULL, -- the smaller, the sooner it is told in a digest
    more       INTEGER NOT NULL DEFAULT 0, -- events after it that were too many to be kept
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead', 'dropped')),
    message    TEXT, -- under which it goes out; all rows of a digest have the same
    tries      INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, -- Unix seconds, like all times here
    tried_at   INTEGER,
    due_at     INTEGER NOT NULL, -- not before; while it is being sent, when others may take it for lost
    failed_at  INTEGER,
    settled_at INTEGER,
    error      TEXT    NOT NULL DEFAULT '',
    UNIQUE (channel, event),
    CHECK ((hold IS NULL) <> (kill IS NULL))
);
INSERT INTO told (seq, id, event, kind, hold, channel, told, urgency, more, state, message, tries,
    created_at, tried_at, due_at, failed_at, settled_at, error)
    SELECT seq, id, event, kind, hold, channel, told, urgency, more, state, message, tries,
    created_at, tried_at, due_at, failed_at, settled_at, error FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE told RENAME TO deliveries;
CREATE INDEX deliveries_waiting ON deliveries (channel, seq) WHERE state = 'waiting';
CREATE INDEX deliveries_by_message ON deliveries (message);
CREATE INDEX deliveries_by_try ON deliveries (channel, tried_at);
CREATE INDEX deliveries_by_state ON deliveries (state, settled_at);
CREATE INDEX deliveries_by_hold ON deliveries (hold);
CREATE INDEX deliveries_by_kill ON deliveries (kill) WHERE kill IS NOT NULL;
