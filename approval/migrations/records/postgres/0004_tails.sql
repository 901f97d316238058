-- Digest of the begin of the file, up to where it was read; empty: of one that was read before this was kept.
ALTER TABLE record_tails ADD COLUMN file_begin TEXT NOT NULL DEFAULT '';
