use super::*;

#[test]
fn conditions_that_restrict_nothing() {
    for condition in [
        "1=1",
        "1 = 1 AND true",
        "true",
        "TRUE OR id = 1",
        "id = id",
        "t.id = id",
        "\"id\"=ID",
        "id = 7 OR 1=1",
        "id = 7 OR 'a' = 'a'",
        "id = 7 OR (1)",
        "(id = 7) OR NOT (1 = 2)",
        "NOT false",
        "1",
        "'1'",
        "2 > 1",
        "1 <> 2",
        "1 < 2 OR id = 7",
        "id >= id",
        "id <= id",
        "id LIKE '%'",
        "name ~ '.*'",
        "NOT id <> id",
        "id = id + 0",
        "id = (id)",
        "id = (SELECT id)",
        "id::text = id::text",
        "id IN (id)",
        "1 IN (1, 2)",
        "5 BETWEEN 1 AND 9",
        "id BETWEEN id AND id",
        "EXISTS (SELECT 1)",
        "now() = now()",
        "length('a') = 1",
        "coalesce(null, 1) = 1",
        "id = 1 OR id <> 1",
        "id < 5 OR id >= 5",
        "id IS NULL OR id IS NOT NULL",
        "id <> 1 OR id <> 2",
        "NULL IS NULL",
        "(id = id) IS TRUE",
        "id IS NOT DISTINCT FROM id",
        "CASE WHEN 1=1 THEN true ELSE false END",
        "id = 7 /* AND */ OR 1=1 -- x",
        "((((1=1))))",
        "1=1 LIMIT 5",
        "1=1 ORDER BY id",
        "1=1 RETURNING *",
        "@x = 1",
        "0x1 = 0x1",
    ] {
        has(&format!("DELETE FROM t WHERE {condition}"), DeleteWithoutWhere);
        has(&format!("UPDATE t SET a = 1 WHERE {condition}"), UpdateWithoutWhere);
    }
    has("DELETE FROM t WHERE id = 7 || 1=1", DeleteWithoutWhere);
    has(
        &format!("DELETE FROM t WHERE {}1=1{}", "(".repeat(500), ")".repeat(500)),
        DeleteWithoutWhere,
    );
}

#[test]
fn conditions_that_restrict() {
    for condition in [
        "id = 1",
        "id = 1 OR id = 2",
        "id = $1",
        "id IN (1, 2)",
        "id IN (SELECT id FROM u WHERE a = 1)",
        "name LIKE 'a%'",
        "id BETWEEN 1 AND 9",
        "id IS NULL",
        "active",
        "NOT active",
        "false",
        "1 = 0",
        "id = 1 AND 1=1",
        "a = b",
        "deleted_at < now() - interval '30 days'",
        "status IN ('a','b') AND user = 'x'",
        "lower(email) = 'a'",
        "EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
        "id <> 1",
        "id > 0 AND id < 9",
        "code = 'A' || 'B'",
        "date = DATE '2020-01-01'",
        "type = 'x'",
        "key = 'k'",
        "data->>'a' = 'b'",
        "CURRENT OF c",
        "tags @> ARRAY['x']",
        "(a, b) = (1, 2)",
        "id = ANY($1)",
        "x = 'a' COLLATE \"C\"",
        "id = 7 RETURNING id",
        "CASE WHEN a = 1 THEN b = 2 ELSE false END",
    ] {
        harmless(&format!("DELETE FROM t WHERE {condition}"));
        harmless(&format!("UPDATE t SET a = 1, b = now() WHERE {condition}"));
    }
    // Functions that are called as statements begin.
    for function in ["truncate(a, 1)", "IF (a, 1, 2)", "replace(a, 'x', 'y')"] {
        harmless(&format!("UPDATE t SET a = CASE WHEN b THEN 1 ELSE {function} END WHERE id = 1"));
    }
}

#[test]
fn the_condition_has_to_be_the_statements_own() {
    for text in [
        "DELETE FROM t",
        "DELETE t1 FROM orders t1",
        "DELETE FROM t USING u",
        "DELETE FROM t LIMIT 10",
        "DELETE FROM ONLY t RETURNING *",
        "DELETE FROM t /* WHERE id = 1 */",
        "DELETE FROM t -- WHERE id = 1",
        "DELETE FROM t; SELECT 1 WHERE id = 1",
        "DELETE FROM t SELECT * FROM u WHERE id = 1",
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d WHERE id = 1",
        "DELETE FROM t USING (SELECT * FROM u WHERE id = 1) x",
        "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
        "MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ] {
        has(text, DeleteWithoutWhere);
    }
    has("UPDATE t SET a = (SELECT 1 FROM u WHERE id = 1)", UpdateWithoutWhere);
    has("UPDATE t SET a = 'x', n = n + 1 RETURNING n", UpdateWithoutWhere);
    harmless(
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
    );
    harmless("WITH d AS (DELETE FROM t WHERE id = 7 RETURNING *) SELECT * FROM d");
    harmless("DELETE FROM t WHERE id = 1; DELETE FROM u WHERE id = 2");
}
