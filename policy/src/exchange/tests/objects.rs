//! Stored objects of a model's API, where an answer names them.

use serde_json::{Value, json};

use super::lab::*;
use super::lists::{answered, lab};
use crate::call::Kind;
use crate::exchange::{Event, Exchange, Step};
use crate::rule::Rule;

const PATHS: [&str; 2] = ["/v1/vector_stores", "/v1/vector_stores/**"];

/// Where a rule opens more than every caller has.
fn opened() -> Lab {
    let mut lab = lab(&[]);
    let mut bundle = (**lab.engine.active()).clone();
    let rule = json!({"name": "stores", "on": "request", "effect": "allow", "match": {"http": {"path": PATHS}}});
    bundle.rules.push(serde_json::from_value::<Rule>(rule).unwrap());
    lab.engine.activate(bundle);
    lab
}

fn asked(lab: &mut Lab, method: &str, path: &str) -> Exchange {
    let mut head = lab.head(method, path, true);
    head.route.kind = Kind::Openai;
    let (exchange, steps) = lab.begin(head);
    assert!(releases(&steps), "{steps:?}");
    exchange
}

fn store(lab: &mut Lab, method: &str, path: &str, answer: &Value) -> Value {
    let mut exchange = asked(lab, method, path);
    let text = answered(lab, &mut exchange, "application/json", &answer.to_string());
    serde_json::from_str(&text).unwrap()
}

/// To the API all callers are one, and its lists are of all they have made.
#[test]
fn who_is_shown_all_objects_is_given_none() {
    let mut lab = opened();
    let all = json!({"object": "list", "data": [{"id": "vs_1"}], "first_id": "vs_1"});
    assert_eq!(store(&mut lab, "GET", "/v1/vector_stores?limit=1", &all), all);
    let made = store(&mut lab, "POST", "/v1/vector_stores", &json!({"id": "vs_1"}));
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("vs_1~"), "{id}");
    let files = json!({"object": "list", "data": [{"id": "file-1"}]});
    let files = store(&mut lab, "GET", &format!("/v1/vector_stores/{id}/files"), &files);
    assert!(files["data"][0]["id"].as_str().unwrap().starts_with("file-1~"), "{files}");
    for path in ["/v1/vector_stores/vs_1/files", "/v1/vector_stores;x=1/vs_1/files"] {
        let mut head = lab.head("GET", path, true);
        head.route.kind = Kind::Openai;
        assert_eq!(reason(&lab.begin(head).1), "id_unknown", "{path}");
    }
}

#[test]
fn a_place_that_names_an_object_is_sealed_or_taken_off() {
    let mut lab = opened();
    let head = |lab: &mut Lab, name: &str, value: &str| {
        let mut exchange = asked(lab, "POST", "/v1/vector_stores");
        let headers = [(":status", "201"), ("content-type", "application/json"), (name, value)];
        let headers =
            headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
        let steps = lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
        steps.list.into_iter().find_map(|step| match step {
            Step::SetResponseHeader(changed, value) if changed == name => {
                Some(String::from_utf8(value).unwrap())
            }
            Step::RemoveResponseHeader(removed) if removed == name => Some(String::new()),
            _ => None,
        })
    };
    for name in ["location", "content-location", "operation-location"] {
        let sealed = head(&mut lab, name, "/v1/vector_stores/vs_1/files?x=1").unwrap();
        let begin = sealed.strip_prefix("/v1/vector_stores/vs_1~").unwrap();
        assert_eq!(begin.split_once('/').unwrap().1, "files?x=1");
        asked(&mut lab, "GET", &sealed);
        assert_eq!(head(&mut lab, name, "/v1/vector_stores/a%20b").as_deref(), Some(""));
        assert_eq!(head(&mut lab, name, "https://evil.example/").as_deref(), Some(""));
        assert_eq!(head(&mut lab, name, "/docs"), None);
    }
    let link = "</docs>; rel=help, </v1/vector_stores/vs_1>; rel=self";
    assert_eq!(head(&mut lab, "link", link).as_deref(), Some(""));
    assert_eq!(head(&mut lab, "link", "</docs>; rel=help"), None);
}
