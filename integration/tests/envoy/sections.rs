/*! Routes that choose sections of the bundle, by the metadata that Envoy has of them. */

use std::path::PathBuf;

use integration::envoy::{Envoy, filter, routes};
use integration::gateway::Builder;
use integration::record::Entry;
use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: shop, version: '1', default: deny, sections: [payments, stock]}
rules:
  - {name: read, on: request, match: {http: {method: GET}}, effect: allow}
  - {name: count, on: request, sections: stock, match: {http: {method: PUT}}, effect: allow}
  - {name: no-refunds, on: request, sections: payments, match: {http: {path: /refunds}}, effect: deny}
";

struct Scene {
    upstream: Upstream,
    bundle: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = place::folder();
        let bundle = folder.path().join("shop.yaml");
        std::fs::write(&bundle, BUNDLE).unwrap();
        Self { upstream: Upstream::start(), bundle, _folder: folder }
    }

    fn gateway(&self) -> Builder {
        let url = self.upstream.url();
        Gateway::build()
            .upstream("/pay", &url)
            .upstream("/", &url)
            .arg("--bundle")
            .arg(&self.bundle)
    }
}

fn sectioned(builder: Builder, sections: &[&str]) -> Gateway {
    let add = |builder: Builder, section: &&str| builder.arg("--section").arg(section);
    sections.iter().fold(builder, add).start()
}

#[test]
fn each_route_is_judged_by_its_sections() {
    let scene = Scene::new();
    let gateway = sectioned(scene.gateway(), &["/pay=payments", "/=stock"]);
    let token = gateway.token("robot");
    let call = |method: &str, path: &str| Call::new(method, path).token(&token);
    call("GET", "/pay/orders").send(&gateway).expect(200);
    call("GET", "/refunds").send(&gateway).expect(200);
    call("PUT", "/count").send(&gateway).expect(200);
    let denied = call("GET", "/pay/refunds").send(&gateway).expect_refusal(403, "denied");
    let entry = gateway.record_of(&denied.reference().unwrap());
    assert_eq!(entry.record["sections"], json!(["payments"]));
    assert_eq!(entry.rules(), ["read", "no-refunds"]);
    let refused = call("PUT", "/pay/count").body("7").send(&gateway).expect_refusal(403, "no_rule");
    let entry = gateway.record_of(&refused.reference().unwrap());
    assert_eq!((entry.effect(), entry.rules().len()), ("deny", 0));
    assert_eq!(scene.upstream.requests("").len(), 3);
}

/// However the metadata says it: what is not text with names of the bundle closes the route.
#[test]
fn an_unknown_section_refuses_every_call() {
    let scene = Scene::new();
    let gateway = sectioned(scene.gateway(), &[]);
    let token = gateway.token("robot");
    let all_said = [
        json!("payment"),
        json!("payments,refunds"),
        json!(""),
        json!(["payments"]),
        json!([]),
        json!({ "payments": true }),
        json!(7),
        json!(true),
        Value::Null,
    ];
    let envoy = Envoy::start(&gateway, |config| {
        let all = routes(config);
        let template = all[0].clone();
        for (index, said) in all_said.iter().enumerate() {
            let mut route = template.clone();
            route["match"] = json!({ "prefix": format!("/unknown-{index}") });
            route["metadata"]["filter_metadata"]["gatehouse"]["sections"] = said.clone();
            all.insert(0, route);
        }
    });
    for (index, said) in all_said.iter().enumerate() {
        let path = format!("/unknown-{index}");
        for call in [Call::get(&path), Call::post(&path).json(&json!({ "a": 1 }))] {
            let answer = call.token(&token).send_to(&envoy.address);
            assert_eq!(answer.reason().as_deref(), Some("unknown_section"), "{said}");
            answer.expect(503);
        }
        let refused = |entry: &Entry| entry.path() == path && entry.reason() == "unknown_section";
        let record = envoy.record("the refusal", refused);
        assert!(record.record["verdict"]["detail"].as_str().unwrap().contains("section"));
    }
    scene.upstream.assert_untouched();
}

/// Of the same name and to the same cluster: only its sections tell the second route from the first.
#[test]
fn a_verdict_by_other_sections_opens_no_route() {
    let scene = Scene::new();
    let gateway = sectioned(scene.gateway(), &["/=stock"]);
    let token = gateway.token("robot");
    for (behind, asks) in
        [(json!("payments"), true), (Value::Null, true), (json!("payments"), false)]
    {
        let envoy = Envoy::start(&gateway, |config| {
            let all = routes(config);
            all.retain(|route| route["name"] == "upstream-1");
            let mut seen = all[0].clone();
            // The filter takes the cookie off, and Envoy looks for the route again.
            seen["match"]["headers"] = json!([{ "name": "cookie", "present_match": true }]);
            let say = |route: &mut Value, sections: &Value| {
                let own = &mut route["metadata"]["filter_metadata"]["gatehouse"];
                match sections {
                    Value::Null => drop(own.as_object_mut().unwrap().remove("sections")),
                    sections => own["sections"] = sections.clone(),
                }
            };
            say(&mut seen, &json!("stock"));
            say(&mut all[0], &behind);
            all.insert(0, seen);
            if !asks {
                forget_sections(config);
            }
        });
        let put = Call::new("PUT", "/moved").token(&token).header("cookie", "a=1");
        let status = if asks { 403 } else { 200 };
        put.send_to(&envoy.address).expect(status);
        put.body("{}").send_to(&envoy.address).expect(status);
        assert_ne!(scene.upstream.saw("/moved"), asks, "{behind}");
        Call::get("/still").token(&token).send_to(&envoy.address).expect(200);
    }
    assert_eq!(scene.upstream.requests("/still").len(), 3);
}

/// The lock as it would be without them: it shows that the call does get to the other route.
fn forget_sections(config: &mut Value) {
    let lock = &mut filter(config, "gatehouse.lock")["typed_config"];
    let condition = &mut lock["rules"]["policies"]["verdict"]["condition"]["call_expr"]["args"];
    let cluster_alone = condition[1]["call_expr"]["args"][0].clone();
    assert!(cluster_alone.to_string().contains("cluster_name"), "{cluster_alone}");
    condition[1] = cluster_alone;
}

/// Routes without any metadata of ours are judged by the rules that are meant for all.
#[test]
fn a_route_that_says_nothing_has_no_sections() {
    let scene = Scene::new();
    let gateway = sectioned(scene.gateway(), &["/=stock"]);
    let token = gateway.token("robot");
    for bare in [json!({}), json!({ "filter_metadata": { "other": { "a": 1 } } })] {
        let envoy = Envoy::start(&gateway, |config| {
            for route in routes(config) {
                route["metadata"] = bare.clone();
            }
        });
        Call::get("/bare").token(&token).send_to(&envoy.address).expect(200);
        let put = Call::new("PUT", "/bare-put").token(&token).body("{}");
        put.send_to(&envoy.address).expect_refusal(403, "no_rule");
    }
    assert!(scene.upstream.saw("/bare") && !scene.upstream.saw("/bare-put"));
}

#[test]
fn a_misspelt_section_does_not_start() {
    let scene = Scene::new();
    let folder = place::folder();
    let builder = scene.gateway().arg("--section").arg("/pay=payment");
    let output = builder.command(&folder.path().join("data")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("no section `payment` for `/pay`"), "{said}");
}
