-- How far the chains of records are, as their workers said last. Checkpoints keep what is taken away here.
CREATE TABLE chains (
    tenant   TEXT    NOT NULL,
    chain    TEXT    NOT NULL,
    gateway  TEXT    NOT NULL,
    links    BIGINT  NOT NULL,
    head     TEXT    NOT NULL, -- digest of the last link
    ended    BIGINT  NOT NULL, -- 1: nothing comes after it
    heard_at BIGINT  NOT NULL, -- Unix seconds
    signed   BIGINT  NOT NULL, -- 1: a checkpoint says the same
    PRIMARY KEY (tenant, chain)
);
CREATE INDEX chains_unsigned ON chains (heard_at) WHERE signed = 0;
CREATE INDEX chains_by_age ON chains (heard_at);
CREATE TABLE checkpoints (
    number BIGINT PRIMARY KEY,
    jws    TEXT    NOT NULL
);
