//! SQL at a place that the rule names.

use serde_json::json;

use super::*;

pub const RULES: &str = "
rules:
  - {name: deletes, on: request, effect: deny,
     match: {http: {path: /sql/**}, sql: {effect: delete, at: [/query, '/batch/*/sql']}}}
";

#[test]
fn sql_is_read_at_the_place_that_is_named_and_nowhere_else() {
    let post = |case: &str, body| Call::post(format!("/sql/{case}")).json(&body);
    let delete = "DELETE FROM orders WHERE id = 7";
    stopped(post("1", json!({ "query": delete })), "deletes", "denied");
    let batch = |second: &str| json!({ "batch": [{ "sql": "SELECT 1" }, { "sql": second }] });
    stopped(post("2", batch(delete)), "deletes", "denied");
    passes(post("3", batch("SELECT 2")));
    passes(post("4", json!({ "query": "SELECT 'DELETE FROM orders'", "note": delete })));
    passes(post("5", json!({ "query": "UPDATE orders SET note = 'x' WHERE id = 7" })));
    passes(post("6", json!({ "inner": { "query": delete } })));
    // What stands there is meant to be SQL, so what cannot be read as such does not pass.
    stopped(post("7", json!({ "query": "DELETE FROM ((" })), "deletes", "denied");
    passes(post("8", json!({ "query": "SELECT 1", "note": "DELETE FROM ((" })));
}
