/*! What a gateway recorded is judged once more, by the bundle that was in force and by others. */

use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::{Value, json};

const BUILT_IN: [&str; 6] =
    ["--bundle", "baseline", "--bundle", "personal-data", "--bundle", "secrets"];

const MORE: &str = "
bundle: {name: more, version: 0.1.0, serial: 1}
rules:
  - {name: no-reports, on: request, match: {http: {path: /reports/**}}, effect: deny}
  - name: ask-for-refunds
    on: request
    match: {mcp: {tool: refund}}
    when: action.arguments.cents >= 500
    effect: hold
  - {name: watched, on: request, match: {http: {path: /**}}, effect: deny, mode: shadow}
";

fn backtest(gateway: &Gateway, arguments: &[&str]) -> (Value, i32) {
    let all = [&["sessions", "backtest", "--format", "json"], arguments].concat();
    let output = gateway.cli(&all);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (report, output.status.code().unwrap())
}

#[test]
fn what_was_recorded_is_judged_by_the_bundle_to_come() {
    let upstream = Upstream::start();
    upstream.reply("/orders", Reply::json(200, &json!({ "to": sample::email() })));
    upstream.reply("/mcp", Reply::json(200, &json!({"jsonrpc": "2.0", "id": 1, "result": {}})));
    let gateway = Gateway::build().upstream("/api", &upstream.url()).start();
    let token = gateway.token("ada");
    Call::get("/api/orders").token(&token).send(&gateway).expect(200);
    Call::get("/api/reports/7").token(&token).send(&gateway).expect(200);
    let mail = json!({ "to": sample::email(), "q": "SELECT 1" });
    Call::post("/api/reports/8").token(&token).json(&mail).send(&gateway).expect(200);
    let drop = json!({ "query": "DROP DATABASE prod" });
    Call::post("/api/sql").token(&token).json(&drop).send(&gateway).expect(403);
    for cents in [100, 900] {
        let refund = Call::tool("/api/mcp", json!(1), "refund", json!({ "cents": cents }));
        refund.token(&token).send(&gateway).expect(200);
    }
    let held = Call::delete("/api/orders/7").token(&token).header("x-gatehouse-wait", "0");
    held.send(&gateway).expect_refusal(403, "pending");
    Call::get("/api/nobody").send(&gateway).expect(401);
    until("all of them to have ended", SOON, || (gateway.records().len() == 8).then_some(()));

    let (same, code) = backtest(&gateway, &BUILT_IN);
    assert_eq!((&same["different"], &same["cannot_tell"]), (&json!([]), &json!({})), "{same}");
    assert_eq!((&same["judged"], &same["before_rules"], code), (&json!(7), &json!(1), 0), "{same}");

    let folder = place::folder();
    let more = folder.path().join("more.yaml");
    std::fs::write(&more, MORE).unwrap();
    let (report, code) =
        backtest(&gateway, &[&BUILT_IN[..], &["--bundle", more.to_str().unwrap()]].concat());
    let different = report["different"].as_array().unwrap();
    let told: Vec<String> = different
        .iter()
        .map(|one| {
            let change = &one["changes"][0];
            format!("{} {} {}", one["call"], change["what"], change["rules"])
        })
        .collect();
    let wanted = [
        r#""GET /api/reports/7" "deny" ["no-reports"]"#,
        r#""POST /api/reports/8" "deny" ["no-reports"]"#,
        r#""tools/call refund" "hold" ["ask-for-refunds"]"#,
    ];
    assert_eq!((told.as_slice(), code), (&wanted.map(str::to_owned)[..], 2), "{report}");
    assert_eq!(report["shadow"], json!({ "watched": 7 }), "{report}");
    // Each leads to its exchange.
    let reference = different[2]["exchange"].as_str().unwrap();
    assert!(gateway.cli_ok(&["explain", reference]).contains("tools/call refund"));

    // Without the packs nothing would be masked, and what they stopped would pass.
    let (bare, code) = backtest(&gateway, &["--bundle", more.to_str().unwrap()]);
    let told: Vec<String> = bare["different"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| {
            let changes = one["changes"].as_array().unwrap().clone();
            changes
                .into_iter()
                .map(|change| format!("{} {} {}", one["call"], change["what"], change["of"]))
        })
        .collect();
    assert_eq!(code, 2, "{bare}");
    for wanted in [
        r#""GET /api/orders" "unmask" "response""#,
        r#""POST /api/sql" "pass" "request""#,
        r#""DELETE /api/orders/7" "pass" "request""#,
    ] {
        assert!(told.iter().any(|one| one == wanted), "{wanted} in {told:?}");
    }
}
