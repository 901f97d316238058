/*! Rules see the path that the upstream sees, not the one the agent asked for. */

use integration::{Call, Gateway, Upstream, place};

/// Nothing below `/admin`, as the upstream calls it, and nothing below `/public`, which it never
/// hears of.
const RULES: &str = "
bundle: {name: paths, version: 0.1.0, serial: 1}
rules:
  - name: no-admin
    on: request
    match: {http: {path: /admin/**}}
    effect: deny
  - name: no-public
    on: request
    match: {http: {path: /public/**}}
    effect: deny
";

#[test]
fn a_path_is_judged_after_its_prefix_is_replaced() {
    let upstream = Upstream::start();
    let folder = place::folder();
    let rules = folder.path().join("rules.yaml");
    std::fs::write(&rules, RULES).unwrap();
    let url = upstream.url();
    let gateway = Gateway::build()
        .upstream("/public", &format!("{url}/admin"))
        .upstream("/admin", &format!("{url}/open"))
        .upstream("/short", &url)
        .arg("--bundle")
        .arg(&rules)
        .start();
    let token = gateway.token("robot");
    let get = |path: &str| Call::get(path).token(&token).send(&gateway);
    let denied_by = |path: &str| {
        let response = get(path).expect_refusal(403, "denied");
        gateway.record_of(&response.reference().unwrap()).rules()
    };

    // The agent says `/public` or `/short`; the upstream would hear `/admin`.
    for path in [
        "/public",
        "/public/",
        "/public/x",
        "/public/deep/er?q=1",
        "/short/admin/y",
        "/short//admin/y",
        "/short/./admin/y",
    ] {
        assert_eq!(denied_by(path), ["no-admin"], "{path}");
    }
    upstream.assert_untouched();

    // What is called `/admin` outside is not inside.
    get("/admin/x").expect(200);
    assert_eq!(upstream.requests("").len(), 1);
    assert_eq!(upstream.requests("")[0].target, "/open/x");
    let record = gateway.record("/admin/x", |entry| entry.path() == "/admin/x");
    assert!(record.rules().is_empty(), "{:?}", record.rules());
    // And the other rule is not dead: what is called `/public` inside it does match.
    assert_eq!(denied_by("/short/public/x"), ["no-public"]);
    assert_eq!(upstream.requests("").len(), 1);
}
