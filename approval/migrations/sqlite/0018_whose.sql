-- Keys of the principal and of its owners, as records of it have them: JSON. Who has one of them does not lift the kill.
ALTER TABLE kills ADD COLUMN whose TEXT NOT NULL DEFAULT '[]';
