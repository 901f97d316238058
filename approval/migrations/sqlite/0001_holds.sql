-- A hold is one row for its whole life. Text is masked and digests are keyed before they get here.
CREATE TABLE holds (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    status       TEXT    NOT NULL
        CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled', 'redeemed')),
    join_key     TEXT    NOT NULL,
    grant_digest TEXT    NOT NULL,
    rules        TEXT    NOT NULL, -- JSON array of names
    revision     TEXT    NOT NULL,
    issuer       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    principal    TEXT    NOT NULL, -- JSON
    description  TEXT    NOT NULL,
    severity     TEXT    NOT NULL,
    terms        TEXT    NOT NULL, -- JSON
    quorum       INTEGER NOT NULL DEFAULT 1 CHECK (quorum >= 1),
    view         TEXT    NOT NULL, -- JSON: what approvers see
    -- Its waiters were more than are kept: nobody can be the last to leave any more.
    crowded      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL, -- Unix seconds, like all times here
    expires_at   INTEGER NOT NULL,
    closed_at    INTEGER,          -- redeemed, expired or cancelled
    redeemed_by  TEXT              -- the exchange
);

-- One live hold for one call: what joins, joins that one, whichever replica it asks.
CREATE UNIQUE INDEX holds_live ON holds (join_key, grant_digest, rules, revision)
    WHERE status IN ('pending', 'approved');
CREATE INDEX holds_denied ON holds (join_key, expires_at) WHERE status = 'denied';
CREATE INDEX holds_open ON holds (issuer, subject) WHERE status = 'pending';
CREATE INDEX holds_due ON holds (expires_at) WHERE status IN ('pending', 'approved');
CREATE INDEX holds_by_status ON holds (status, seq);

-- The exchanges that wait, or waited, on a hold.
CREATE TABLE waiters (
    hold      TEXT    NOT NULL REFERENCES holds (id),
    exchange  TEXT    NOT NULL,
    joined_at INTEGER NOT NULL,
    left_at   INTEGER,
    PRIMARY KEY (hold, exchange)
);

CREATE INDEX waiters_by_exchange ON waiters (exchange);

-- What each approver said. With a quorum of one the first row settles the hold.
CREATE TABLE decisions (
    hold        TEXT    NOT NULL REFERENCES holds (id),
    approver    TEXT    NOT NULL,
    decision    TEXT    NOT NULL CHECK (decision IN ('approve', 'deny')),
    reason_text TEXT    NOT NULL,
    entitled_by TEXT    NOT NULL, -- JSON array of groups
    decided_at  INTEGER NOT NULL,
    PRIMARY KEY (hold, approver)
);

-- Who did what, when, from where. Rows are only ever added.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    hold        TEXT,
    actor       TEXT    NOT NULL,
    door        TEXT    NOT NULL, -- console, key, filter, clock
    peer        TEXT    NOT NULL, -- network address, empty for the clock
    action      TEXT    NOT NULL,
    reason_text TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_hold ON audit (hold, seq);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only ever added');
END;
CREATE TRIGGER audit_is_never_erased BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only ever added');
END;
