-- One person of a named group may let a call pass at once: that is what their decision was.
ALTER TABLE decisions ADD COLUMN break_glass BIGINT NOT NULL DEFAULT 0;
