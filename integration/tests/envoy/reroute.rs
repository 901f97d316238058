/*!
The routes change while a call is on hold: what was approved goes where the approver was told it
goes, or nowhere.

Envoy keeps the route table a stream came with, but not the scope of scoped routes: an edit of the
head makes it look again, and then there may be another table.
*/

use std::path::Path;
use std::thread::JoinHandle;

use integration::envoy::{Envoy, connection_manager, routes};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Response, Upstream, place};
use serde_json::{Value, json};
use tempfile::TempDir;

const TABLE: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
const SCOPE: &str = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration";
const FILE: &str = "routes.json";

#[derive(Clone, Copy)]
enum By {
    Rds,
    Scopes,
}

/// Two upstreams, of which only the first is routed to until `swap`.
struct Scene {
    by: By,
    first: Upstream,
    second: Upstream,
    gateway: Gateway,
    envoy: Envoy,
    table: Value,
    folder: TempDir,
}

impl Scene {
    fn new(by: By) -> Self {
        let (first, second) = (Upstream::start(), Upstream::start());
        let gateway =
            Gateway::build().upstream("/", &first.url()).upstream("/2", &second.url()).start();
        let folder = place::folder();
        let mut table = Value::Null;
        let envoy = Envoy::start(&gateway, |config| {
            let manager = connection_manager(config);
            table = manager.as_object_mut().unwrap().remove("route_config").unwrap();
            let routes = table["virtual_hosts"][0]["routes"].as_array_mut().unwrap();
            routes.retain(|route| route["name"] == "upstream-0");
            write(by, folder.path(), &table, "1");
            let source = json!({
                "resource_api_version": "V3",
                "path_config_source": {
                    "path": folder.path().join(FILE),
                    "watched_directory": { "path": folder.path() },
                },
            });
            match by {
                By::Rds => {
                    manager["rds"] =
                        json!({ "route_config_name": table["name"], "config_source": source });
                }
                By::Scopes => {
                    manager["scoped_routes"] = json!({
                        "name": "scopes",
                        "scope_key_builder": { "fragments": [
                            { "header_value_extractor": { "name": "x-scope", "index": 0 } },
                        ] },
                        "scoped_rds": { "scoped_rds_config_source": source },
                    });
                }
            }
        });
        Self { by, first, second, gateway, envoy, table, folder }
    }

    fn call(&self, method: &str, path: &str) -> Call {
        Call::new(method, path).token(&self.gateway.token("robot")).header("x-scope", "all")
    }

    /// Sends a call that will be held, and waits until it is.
    #[track_caller]
    fn hold(&self, call: Call) -> (JoinHandle<Response>, String) {
        let (call, address) = (call.header("x-gatehouse-wait", "60"), self.envoy.address.clone());
        let answer = std::thread::spawn(move || call.send_to(&address));
        let id = until("a hold", SOON, || {
            let list = self.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
            let list: Value = serde_json::from_str(&list).unwrap();
            list["holds"][0]["id"].as_str().map(str::to_owned)
        });
        (answer, id)
    }

    /// The same route leads to the second upstream; waits until Envoy obeys.
    #[track_caller]
    fn swap(&self) {
        let mut table = self.table.clone();
        table["name"] = json!("swapped");
        if matches!(self.by, By::Rds) {
            table["name"] = self.table["name"].clone();
        }
        table["virtual_hosts"][0]["routes"][0]["route"]["cluster"] = json!("upstream-1");
        write(self.by, self.folder.path(), &table, "2");
        until("the new routes", SOON, || {
            self.call("GET", "/probe").send_to(&self.envoy.address).expect(200);
            (!self.second.requests("/probe").is_empty()).then_some(())
        });
    }

    fn approve(&self, hold: &str) {
        self.gateway.cli_ok(&["approvals", "approve", hold]);
    }
}

/// Moved into place, as Envoy wants it.
fn write(by: By, folder: &Path, table: &Value, version: &str) {
    let resource = match by {
        By::Rds => {
            let mut table = table.clone();
            table["@type"] = json!(TABLE);
            table
        }
        By::Scopes => json!({
            "@type": SCOPE,
            "name": "all",
            "route_configuration": table,
            "key": { "fragments": [{ "string_key": "all" }] },
        }),
    };
    let new = folder.join("new");
    let content = json!({ "version_info": version, "resources": [resource] });
    std::fs::write(&new, content.to_string()).unwrap();
    std::fs::rename(new, folder.join(FILE)).unwrap();
}

fn bodied(scene: &Scene) -> Call {
    scene.call("POST", "/held").json(&json!({ "sql": "DELETE FROM orders" }))
}

/// To where it was held for, as the approver saw it, though new calls go elsewhere already.
#[track_caller]
fn arrives_where_approved(by: By, call: impl Fn(&Scene) -> Call) {
    let scene = Scene::new(by);
    let (answer, hold) = scene.hold(call(&scene));
    scene.swap();
    assert!(!scene.first.saw("/held") && !scene.second.saw("/held"), "before the approval");
    scene.approve(&hold);
    answer.join().unwrap().expect(200);
    assert_eq!(scene.first.requests("/held").len(), 1);
    assert!(!scene.second.saw("/held"), "the approved call went elsewhere");
}

#[test]
fn new_routes_do_not_move_a_held_call() {
    arrives_where_approved(By::Rds, bodied);
    arrives_where_approved(By::Rds, |scene| scene.call("DELETE", "/held"));
}

#[test]
fn a_new_scope_does_not_move_a_held_call_with_a_body() {
    arrives_where_approved(By::Scopes, bodied);
}

/// Envoy looks for its scope again only once the filter let it go, so it is the lock that stops it.
#[test]
fn a_held_call_without_a_body_does_not_follow_a_new_scope() {
    let scene = Scene::new(By::Scopes);
    let (answer, hold) = scene.hold(scene.call("DELETE", "/held"));
    scene.swap();
    scene.approve(&hold);
    answer.join().unwrap().expect(403);
    assert!(!scene.first.saw("/held") && !scene.second.saw("/held"));
}

/// A route that matches on what the filter takes off the head is another one behind the filter.
#[test]
fn a_verdict_on_one_route_does_not_open_another() {
    let (seen, taken) = (Upstream::start(), Upstream::start());
    let gateway = Gateway::build().upstream("/", &taken.url()).upstream("/2", &seen.url()).start();
    for other_cluster in [true, false] {
        let envoy = Envoy::start(&gateway, |config| {
            let all = routes(config);
            all.retain(|route| route["name"] == "upstream-0");
            let mut canary = all[0].clone();
            canary["name"] = json!("canary");
            canary["match"]["headers"] = json!([{ "name": "cookie", "present_match": true }]);
            if other_cluster {
                canary["name"] = json!("upstream-0");
                canary["route"]["cluster"] = json!("upstream-1");
            }
            all.insert(0, canary);
        });
        let call = |method, path| Call::new(method, path).token(&gateway.token("robot"));
        let get = call("GET", "/allowed").header("cookie", "canary=1");
        get.send_to(&envoy.address).expect(403);
        let post = call("POST", "/allowed").header("cookie", "canary=1").json(&json!({ "a": 1 }));
        post.send_to(&envoy.address).expect(403);
        assert!(!seen.saw("/allowed") && !taken.saw("/allowed"));
        call("GET", "/without").send_to(&envoy.address).expect(200);
    }
    assert_eq!(taken.requests("/without").len(), 2);
}

/// The lock asks for no name that is not there, and stands in no way of an answer of Envoy's own.
#[test]
fn a_nameless_route_and_one_without_a_cluster_are_routes() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        let all = routes(config);
        all[0].as_object_mut().unwrap().remove("name");
        let mut direct = all[0].clone();
        direct.as_object_mut().unwrap().remove("route");
        direct["match"] = json!({ "path": "/direct" });
        direct["direct_response"] = json!({ "status": 418 });
        all.insert(0, direct);
        all[1]["match"] = json!({ "prefix": "/x" });
    });
    let token = gateway.token("robot");
    for (path, status) in [("/x", 200), ("/direct", 418), ("/nowhere", 404)] {
        let call = Call::post(path).token(&token).json(&json!({ "a": 1 }));
        call.send_to(&envoy.address).expect(status);
        Call::get(path).token(&token).send_to(&envoy.address).expect(status);
    }
    assert_eq!(upstream.requests("").len(), 2);
}
