-- Records of exchanges, each at its place: its number in a chain, or else its exchange and part.
CREATE TABLE records (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    place       TEXT    NOT NULL, -- digest of what names the place
    chain       TEXT    NOT NULL, -- empty without a link
    sequence    INTEGER NOT NULL,
    exchange    TEXT    NOT NULL, -- empty where Envoy refused the request by itself
    part        INTEGER NOT NULL,
    last        INTEGER NOT NULL, -- 0: of the begin of an exchange, and the finished one takes its place
    session     TEXT    NOT NULL,
    issuer      TEXT,
    subject     TEXT,
    started_ms  INTEGER NOT NULL,
    received_at INTEGER NOT NULL, -- Unix seconds
    effect      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    tool        TEXT    NOT NULL,
    dry_run     INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    redacted    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    digest      TEXT    NOT NULL, -- of both texts; empty where the record was erased
    erased      TEXT, -- who had the record taken out, and when
    envoy       TEXT    NOT NULL,
    link        TEXT,
    record      TEXT, -- the very text; null where it was erased
    UNIQUE (tenant, place)
);
CREATE INDEX records_by_exchange ON records (exchange, tenant);
CREATE INDEX records_by_session ON records (session, started_ms, sequence, exchange);
CREATE INDEX records_by_chain ON records (tenant, chain, sequence, id);
CREATE INDEX records_by_subject ON records (subject, issuer);
CREATE INDEX records_by_age ON records (received_at);

-- Rules that had a part in it, and holds it waited on.
CREATE TABLE record_names (
    record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    sort   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    PRIMARY KEY (record, sort, name)
) WITHOUT ROWID;
CREATE INDEX record_names_by_name ON record_names (sort, name, record);

-- Sums of the rows of each session; '' is that of requests without a record, '-' that of erased ones.
CREATE TABLE record_sessions (
    id         TEXT    PRIMARY KEY,
    joined_by  TEXT,
    issuer     TEXT,
    subject    TEXT,
    client_id  TEXT,
    started    TEXT    NOT NULL,
    started_ms INTEGER NOT NULL,
    last_ms    INTEGER NOT NULL,
    exchanges  INTEGER NOT NULL,
    dry_runs   INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    redacted   INTEGER NOT NULL,
    bytes      INTEGER NOT NULL
);
CREATE INDEX record_sessions_by_last ON record_sessions (last_ms, id);

CREATE TABLE record_chains (
    tenant    TEXT    NOT NULL,
    chain     TEXT    NOT NULL,
    first     INTEGER NOT NULL, -- number of the first that is here
    last      INTEGER NOT NULL,
    stored    INTEGER NOT NULL, -- how many came
    pruned_to INTEGER NOT NULL, -- up to this number they were removed on purpose
    PRIMARY KEY (tenant, chain)
);

-- Another record came for a place that was taken.
CREATE TABLE record_conflicts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    place       TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    received_at INTEGER NOT NULL, -- Unix seconds
    envoy       TEXT    NOT NULL,
    link        TEXT,
    record      TEXT,
    UNIQUE (tenant, place, digest)
);

-- How far files were read.
CREATE TABLE record_tails (
    name       TEXT    PRIMARY KEY,
    device     TEXT    NOT NULL,
    inode      TEXT    NOT NULL,
    offset_at  INTEGER NOT NULL,
    unreadable INTEGER NOT NULL -- lines of it and of those before it
);

CREATE TABLE record_erasures (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL, -- Unix seconds
    by_whom TEXT    NOT NULL,
    records INTEGER NOT NULL
);
