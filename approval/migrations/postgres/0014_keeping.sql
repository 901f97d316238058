-- Settled holds are removed after a while, and what was audited of one goes with it: after it, and never alone.
DROP TRIGGER audit_is_never_changed ON audit;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_never_changed();
CREATE FUNCTION audit_goes_with_its_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.hold IS NULL OR EXISTS (SELECT 1 FROM holds WHERE id = OLD.hold) THEN
        RAISE EXCEPTION 'audit rows are only ever added';
    END IF;
    RETURN OLD;
END;
$$;
CREATE TRIGGER audit_goes_with_its_hold BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_goes_with_its_hold();

CREATE INDEX holds_settled ON holds (expires_at)
    WHERE status IN ('denied', 'expired', 'cancelled', 'redeemed');
CREATE INDEX deliveries_by_hold ON deliveries (hold);
