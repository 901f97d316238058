-- What channels are told of: one row for each event and channel, made by the transaction that makes the event.
CREATE TABLE deliveries (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    event      TEXT    NOT NULL, -- its id, the same for all channels
    kind       TEXT    NOT NULL,
    hold       TEXT    NOT NULL REFERENCES holds (id),
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
    UNIQUE (channel, event)
);
CREATE INDEX deliveries_waiting ON deliveries (channel, seq) WHERE state = 'waiting';
CREATE INDEX deliveries_by_message ON deliveries (message);
CREATE INDEX deliveries_by_try ON deliveries (channel, tried_at);
CREATE INDEX deliveries_by_state ON deliveries (state, settled_at);
