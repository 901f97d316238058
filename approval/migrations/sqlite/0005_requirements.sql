-- Terms of a hold are a list of requirements now, each with a quorum of its own.
ALTER TABLE holds DROP COLUMN quorum;
