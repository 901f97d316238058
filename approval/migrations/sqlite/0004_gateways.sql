-- What each worker of each gateway said of itself last. Rows that nobody renews are taken away.
CREATE TABLE gateways (
    gateway TEXT    NOT NULL,
    worker  TEXT    NOT NULL,
    report  TEXT    NOT NULL, -- JSON
    seen_at INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (gateway, worker)
);
CREATE INDEX gateways_by_age ON gateways (seen_at);
