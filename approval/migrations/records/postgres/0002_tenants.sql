-- What each tenant has here: of the one with the most bytes the oldest go first.
CREATE TABLE record_tenants (
    tenant         TEXT   PRIMARY KEY,
    bytes          BIGINT NOT NULL, -- of its rows
    conflicts      BIGINT NOT NULL,
    conflict_bytes BIGINT NOT NULL
);
ALTER TABLE record_conflicts ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE record_conflicts
    SET bytes = length(envoy) + coalesce(length(link), 0) + coalesce(length(record), 0);
INSERT INTO record_tenants (tenant, bytes, conflicts, conflict_bytes)
    SELECT tenant, CAST(sum(bytes) AS BIGINT), CAST(sum(conflicts) AS BIGINT), CAST(sum(conflict_bytes) AS BIGINT)
    FROM (
        SELECT tenant, bytes, 0 AS conflicts, 0 AS conflict_bytes FROM records
        UNION ALL
        SELECT tenant, 0, 1, bytes FROM record_conflicts
    ) AS here GROUP BY tenant;
DROP INDEX records_by_age;
CREATE INDEX records_by_age ON records (received_at, sequence, id);
CREATE INDEX records_by_tenant_age ON records (tenant, received_at, sequence, id);
CREATE INDEX record_conflicts_by_age ON record_conflicts (received_at);
