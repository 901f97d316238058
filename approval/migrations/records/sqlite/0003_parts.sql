-- What is behind the text of the record's bodies, in commas; of an exchange that goes on, what came so far.
ALTER TABLE records ADD COLUMN parts TEXT;
