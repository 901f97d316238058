-- Whose approval it is: the account at the login provider, empty for somebody with a key of the deployment's own.
ALTER TABLE decisions ADD COLUMN account TEXT NOT NULL DEFAULT '';
-- What the provider said of each account when it logged in last: an approval counts for as long as that bears it.
CREATE TABLE accounts (
    who     TEXT    NOT NULL PRIMARY KEY,
    person  TEXT    NOT NULL, -- JSON
    source  TEXT    NOT NULL, -- what the person was made by: it has to be configured still
    seen_at BIGINT NOT NULL
);
