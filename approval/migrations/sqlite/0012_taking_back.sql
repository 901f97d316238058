-- A denial that ended an approval which nobody had used yet.
ALTER TABLE decisions ADD COLUMN took_back INTEGER NOT NULL DEFAULT 0;
