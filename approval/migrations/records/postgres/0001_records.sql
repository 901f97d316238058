-- Records of exchanges, each at its place: its number in a chain, or else its exchange and part.
CREATE TABLE records (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    place       TEXT    NOT NULL, -- digest of what names the place
    chain       TEXT    NOT NULL, -- empty without a link
    sequence    BIGINT NOT NULL,
    exchange    TEXT    NOT NULL, -- empty where Envoy refused the request by itself
    part        BIGINT NOT NULL,
    last        BIGINT NOT NULL, -- 0: of the begin of an exchange, and the finished one takes its place
    session     TEXT    NOT NULL,
    issuer      TEXT,
    subject     TEXT,
    started_ms  BIGINT NOT NULL,
    received_at BIGINT NOT NULL, -- Unix seconds
    effect      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    tool        TEXT    NOT NULL,
    dry_run     BIGINT NOT NULL,
    held        BIGINT NOT NULL,
    refused     BIGINT NOT NULL,
    redacted    BIGINT NOT NULL,
    source      TEXT    NOT NULL,
    bytes       BIGINT NOT NULL,
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
    record BIGINT NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    sort   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    PRIMARY KEY (record, sort, name)
);
CREATE INDEX record_names_by_name ON record_names (sort, name, record);

-- Sums of the rows of each session; '' is that of requests without a record, '-' that of erased ones.
CREATE TABLE record_sessions (
    id         TEXT    PRIMARY KEY,
    joined_by  TEXT,
    issuer     TEXT,
    subject    TEXT,
    client_id  TEXT,
    started    TEXT    NOT NULL,
    started_ms BIGINT NOT NULL,
    last_ms    BIGINT NOT NULL,
    exchanges  BIGINT NOT NULL,
    dry_runs   BIGINT NOT NULL,
    held       BIGINT NOT NULL,
    refused    BIGINT NOT NULL,
    redacted   BIGINT NOT NULL,
    bytes      BIGINT NOT NULL
);
CREATE INDEX record_sessions_by_last ON record_sessions (last_ms, id);

CREATE TABLE record_chains (
    tenant    TEXT    NOT NULL,
    chain     TEXT    NOT NULL,
    first     BIGINT NOT NULL, -- number of the first that is here
    last      BIGINT NOT NULL,
    stored    BIGINT NOT NULL, -- how many came
    pruned_to BIGINT NOT NULL, -- up to this number they were removed on purpose
    PRIMARY KEY (tenant, chain)
);

-- Another record came for a place that was taken.
CREATE TABLE record_conflicts (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    place       TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    received_at BIGINT NOT NULL, -- Unix seconds
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
    offset_at  BIGINT NOT NULL,
    unreadable BIGINT NOT NULL -- lines of it and of those before it
);

CREATE TABLE record_erasures (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL, -- Unix seconds
    by_whom TEXT    NOT NULL,
    records BIGINT NOT NULL
);
