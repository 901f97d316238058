//! Rules that are meant for some routes, and routes that name what is not there.

use super::lab::*;
use crate::bundle::Bundle;
use crate::exchange::{Event, Exchange, RequestHead, Step, Steps};
use crate::rule::Effect;
use crate::sections::RouteSections;

/// Deletes are held in the section `customers` alone, and addresses masked there.
fn sectioned() -> Bundle {
    let mut bundle = changed("serial: 1}", "serial: 2, sections: [customers, orders]}");
    for rule in &mut bundle.rules {
        if ["ask-before-delete", "mask-e-mail"].contains(&rule.name.as_str()) {
            rule.sections = vec!["customers".into()];
        }
    }
    bundle
}

fn on(lab: &mut Lab, mut head: RequestHead, sections: &str) -> (Exchange, Steps) {
    head.route.name.sections = RouteSections::new(Some(sections.as_bytes()));
    lab.begin(head)
}

fn masked(lab: &mut Lab, exchange: &mut Exchange) -> bool {
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"text/plain".to_vec()),
    ];
    lab.on(exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let chunk = b"to ada@example.com";
    let steps = lab.on(exchange, Event::ResponseBody { chunk, end_of_stream: true });
    super::lab::chunk(&steps).is_some_and(|text| !text.contains("ada@"))
}

#[test]
fn a_rule_is_asked_only_where_it_is_meant() {
    let mut lab = Lab::new();
    lab.engine.activate(sectioned());
    let delete = lab.head("DELETE", "/customers/7", true);
    let (_, steps) = on(&mut lab, delete, "orders, customers");
    assert_eq!(record(&steps).sections, ["orders", "customers"]);
    assert!(response(&steps).is_none() && !releases(&steps), "on hold");
    for sections in [Some("orders"), None] {
        let mut head = lab.head("DELETE", "/customers/7", true);
        head.route.name.sections = RouteSections::new(sections.map(str::as_bytes));
        let (mut exchange, steps) = lab.begin(head);
        assert!(releases(&steps), "{sections:?}");
        assert!(!masked(&mut lab, &mut exchange), "{sections:?}");
    }
    let get = lab.head("GET", "/customers/7", true);
    let (mut exchange, _) = on(&mut lab, get, "customers");
    assert!(masked(&mut lab, &mut exchange));
}

#[test]
fn a_section_that_is_not_declared_refuses_every_call() {
    let mut lab = Lab::new();
    for (bundle, named) in [(None, "customers"), (Some(sectioned()), "customer"), (None, "")] {
        bundle.into_iter().for_each(|bundle| lab.engine.activate(bundle));
        for end_of_stream in [true, false] {
            let head = lab.head("PATCH", "/x", end_of_stream);
            let (mut exchange, steps) = on(&mut lab, head, named);
            let answer = response(&steps).unwrap();
            assert_eq!((reason(&steps), answer.status), ("unknown_section", 503));
            // Which one is no business of the caller's.
            assert!(!answer.body.contains("customer"), "{}", answer.body);
            let verdict = record(&steps).verdict;
            assert_eq!(verdict.effect, Some(Effect::Deny));
            assert!(verdict.detail.unwrap().contains("section"));
            assert!(!releases(&lab.body(&mut exchange, "{}")));
        }
    }
}

/// Those under way end by their bundle; those that come later are refused.
#[test]
fn a_bundle_that_takes_a_section_away_closes_its_routes() {
    let mut lab = Lab::new();
    lab.engine.activate(sectioned());
    let head = lab.head("PATCH", "/x", false);
    let (mut exchange, _) = on(&mut lab, head, "orders");
    lab.engine.activate(changed("serial: 1}", "serial: 3, sections: [customers]}"));
    assert!(releases(&lab.body(&mut exchange, "{}")));
    let head = lab.head("PATCH", "/x", false);
    let (_, steps) = on(&mut lab, head, "orders");
    assert_eq!(reason(&steps), "unknown_section");
}

/// What becomes of a call on hold whose route is this by the time of the approval.
fn approved(now: Option<&str>, bundle: Option<Bundle>) -> String {
    let mut lab = Lab::new();
    lab.engine.activate(sectioned());
    let delete = lab.head("DELETE", "/customers/7", true);
    let (mut exchange, steps) = on(&mut lab, delete, "customers");
    let request = serde_json::from_slice(&call(&steps).body).unwrap();
    let steps = lab.answer(&mut exchange, 200, &state(crate::hold::HoldStatus::Approved));
    let redeem = serde_json::from_slice(&call(&steps).body).unwrap();
    let (grant, receipt) = lab.honest(&request, &redeem);
    let pair = lab.pair("h_1", grant, receipt);
    bundle.into_iter().for_each(|bundle| lab.engine.activate(bundle));
    let mut route = route();
    route.sections = RouteSections::new(now.map(str::as_bytes));
    let steps = lab.answer_on(&mut exchange, 200, &pair, route, NOW);
    if releases(&steps) { "released".into() } else { reason(&steps).to_owned() }
}

#[test]
fn a_held_call_is_released_only_on_the_sections_it_was_judged_by() {
    assert_eq!(approved(Some("customers"), None), "released");
    for other in [Some("orders"), Some("customers,orders"), Some(""), None] {
        assert_eq!(approved(other, None), "route_unsafe", "{other:?}");
    }
    let mut gone = sectioned();
    (gone.revision, gone.sections) = ("another".into(), vec!["orders".into()]);
    assert_eq!(approved(Some("customers"), Some(gone)), "grant_invalid");
}

#[test]
fn the_second_lock_is_told_the_sections() {
    let mut lab = Lab::new();
    lab.engine.activate(sectioned());
    let head = lab.head("GET", "/x", true);
    let (_, steps) = on(&mut lab, head, "orders");
    let told = steps.list.iter().find_map(|step| match step {
        Step::SetRoute(name) => Some(name.sections.text()),
        _ => None,
    });
    assert_eq!(told, Some("orders"));
}
