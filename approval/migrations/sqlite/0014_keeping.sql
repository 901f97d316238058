-- Settled holds are removed after a while, and what was audited of one goes with it: after it, and never alone.
DROP TRIGGER audit_is_never_erased;
CREATE TRIGGER audit_goes_with_its_hold BEFORE DELETE ON audit
WHEN OLD.hold IS NULL OR EXISTS (SELECT 1 FROM holds WHERE id = OLD.hold)
BEGIN
    SELECT RAISE(ABORT, 'audit rows are only ever added');
END;

CREATE INDEX holds_settled ON holds (expires_at)
    WHERE status IN ('denied', 'expired', 'cancelled', 'redeemed');
CREATE INDEX deliveries_by_hold ON deliveries (hold);
