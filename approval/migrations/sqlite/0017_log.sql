-- Checkpoints as the entries of a transparency log: hashes of whole subtrees of its tree.
CREATE TABLE log_hashes (
    place  INTEGER PRIMARY KEY, -- in the row of tlog_tiles::stored_hash_index
    number INTEGER NOT NULL,    -- of the checkpoint that completed it
    hash   TEXT    NOT NULL     -- base64
);
-- The newest tree head that enough witnesses cosigned.
CREATE TABLE tree_heads (
    origin TEXT    PRIMARY KEY,
    size   INTEGER NOT NULL,
    note   TEXT    NOT NULL, -- as it was signed
    at     INTEGER NOT NULL  -- Unix seconds, by the clock of who keeps it
);
-- How many checkpoints an anchor has that cannot be read.
CREATE TABLE anchors (
    anchor TEXT    PRIMARY KEY, -- its address, without what may be a secret
    taken  INTEGER NOT NULL
);
