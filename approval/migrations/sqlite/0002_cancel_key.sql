-- What the caller of a waiting exchange would call it off by: a keyed digest.
ALTER TABLE waiters ADD COLUMN cancel_key TEXT;
CREATE INDEX waiters_by_cancel_key ON waiters (cancel_key) WHERE left_at IS NULL;
