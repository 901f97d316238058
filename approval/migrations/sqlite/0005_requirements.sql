-- Terms of a hold are a list of requirements now, each with a quorum of its own.
UPDATE holds SET terms = json_object(
    'requirements', json_array(json(CASE
        WHEN json_type(terms, '$.approvers') IS NULL THEN json_object('quorum', quorum)
        ELSE json_object('approvers', json(json_extract(terms, '$.approvers')), 'quorum', quorum)
    END)),
    'expiry_seconds', json_extract(terms, '$.expiry_seconds'),
    'wait_seconds', json_extract(terms, '$.wait_seconds'),
    'reason_required', json(iif(json_extract(terms, '$.reason_required'), 'true', 'false'))
) WHERE json_type(terms, '$.requirements') IS NULL;
ALTER TABLE holds DROP COLUMN quorum;
