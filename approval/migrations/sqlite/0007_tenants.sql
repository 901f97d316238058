-- Whose gateway asked: the name in its certificate, empty for the only one. Tenants share no hold.
ALTER TABLE holds ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
ALTER TABLE standing_grants ADD COLUMN tenant TEXT NOT NULL DEFAULT '';

-- Of the call, as the filter sent it.
ALTER TABLE holds ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
-- All that the page of a hold shows. `holds.view` has the part of it that lists show, and stays short.
CREATE TABLE views (
    hold TEXT NOT NULL PRIMARY KEY REFERENCES holds (id),
    view TEXT NOT NULL -- JSON
);
INSERT INTO views (hold, view) SELECT id, view FROM holds;
UPDATE holds SET view = json_remove(view, '$.body', '$.arguments', '$.headers', '$.sql');

-- By which the exchange that redeemed may ask for the same answer again.
ALTER TABLE holds ADD COLUMN nonce_digest TEXT;

DROP INDEX holds_live;
CREATE UNIQUE INDEX holds_live ON holds (tenant, join_key, grant_digest, rules, revision)
    WHERE status IN ('pending', 'approved');
DROP INDEX holds_open;
CREATE INDEX holds_open ON holds (subject, issuer, tenant, expires_at, bytes) WHERE status = 'pending';
CREATE INDEX holds_pending ON holds (expires_at, bytes) WHERE status = 'pending';

-- What stood here is said anew within seconds.
DROP TABLE gateways;
CREATE TABLE gateways (
    tenant  TEXT    NOT NULL,
    gateway TEXT    NOT NULL,
    worker  TEXT    NOT NULL,
    report  TEXT    NOT NULL, -- JSON
    seen_at INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (tenant, gateway, worker)
);
CREATE INDEX gateways_by_age ON gateways (seen_at);
