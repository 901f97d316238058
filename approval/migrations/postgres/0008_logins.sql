-- Logins of people, and the codes that lead to one. Only digests are kept: who reads them is logged in as nobody.
CREATE TABLE login_codes (
    digest     TEXT   NOT NULL PRIMARY KEY,
    person     TEXT,            -- JSON; absent for a code of the configuration, whose row says that it was used
    expires_at BIGINT NOT NULL, -- Unix seconds, like all times here
    used_at    BIGINT
);
CREATE TABLE logins (
    digest     TEXT   NOT NULL PRIMARY KEY, -- of the cookie's value
    who        TEXT   NOT NULL,             -- the account or the local name
    person     TEXT   NOT NULL,             -- JSON
    source     TEXT   NOT NULL,             -- what the person was made by: it has to be configured still
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_by_who ON logins (who, expires_at);
