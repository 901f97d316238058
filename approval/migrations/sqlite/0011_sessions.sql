-- The session a held call belongs to, as records name it.
ALTER TABLE holds ADD COLUMN session TEXT;
CREATE INDEX holds_by_session ON holds (session, seq) WHERE session IS NOT NULL;
