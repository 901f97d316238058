use macro_rules_attribute::apply;
use policy::report::{BundleReport, ErrorReport, Report};

use super::State;
use crate::testing::{APPROVER_KEY, Fixture, HOST, NOW, on_both, send};

fn report(gateway: &str, worker: &str, serial: u64) -> Report {
    let bundle = BundleReport {
        name: "agents".into(),
        version: "1.0".into(),
        serial,
        revision: format!("sha256:{serial:064}"),
        since: NOW - 60 + serial,
        not_after: None,
    };
    Report {
        gateway: gateway.into(),
        worker: worker.into(),
        release: "0.1.0".into(),
        bundle: (serial > 0).then_some(bundle),
        stale: serial == 0,
        error: None,
    }
}

async fn told(fixture: &Fixture, report: &Report) -> u16 {
    let body = serde_json::to_string(report).unwrap();
    send(&fixture.filter, "POST", "/v1/gateways", &[], &body).await.status.as_u16()
}

async fn states(fixture: &Fixture) -> Vec<(String, State, Vec<u64>, usize)> {
    let gateways = fixture.holds.gateways().await.unwrap().into_iter();
    gateways
        .map(|g| (g.gateway, g.state, g.bundles.iter().map(|b| b.serial).collect(), g.instances))
        .collect()
}

#[apply(on_both)]
async fn workers_report_and_people_see_gateways() {
    let fixture = Fixture::new().await;
    assert_eq!(states(&fixture).await, []);
    for (gateway, worker, serial) in [("b", "w1", 3), ("b", "w2", 2), ("a", "w3", 0)] {
        assert_eq!(told(&fixture, &report(gateway, worker, serial)).await, 204);
    }
    let a = ("a".to_owned(), State::NoBundle, vec![], 1);
    let seen = states(&fixture).await;
    assert_eq!(seen[0], a, "what is worst comes first");
    assert_eq!((seen[1].1, seen[1].3), (State::Current, 2));
    assert_eq!(seen[1].2.iter().max(), Some(&3), "a release goes live: {seen:?}");
    told(&fixture, &report("b", "w2", 3)).await;
    assert_eq!(states(&fixture).await[1], ("b".to_owned(), State::Current, vec![3], 2));
}

#[apply(on_both)]
async fn errors_are_told_with_their_text_and_end_with_the_report() {
    let fixture = Fixture::new().await;
    let failing = |worker: &str, text: &str| Report {
        error: Some(ErrorReport { why: "older".into(), text: text.into() }),
        ..report("a", worker, 3)
    };
    told(&fixture, &failing("w1", "its serial 2 is not higher")).await;
    told(&fixture, &failing("w2", "")).await;
    let gateway = fixture.holds.gateways().await.unwrap().remove(0);
    assert_eq!(gateway.state, State::Failing);
    assert_eq!(gateway.error.unwrap().text, "its serial 2 is not higher");
    told(&fixture, &report("a", "w1", 4)).await;
    told(&fixture, &report("a", "w2", 4)).await;
    assert_eq!(states(&fixture).await, [("a".to_owned(), State::Current, vec![4], 2)]);
    told(&fixture, &Report { stale: true, ..report("a", "w1", 4) }).await;
    assert_eq!(states(&fixture).await[0].1, State::Stale);
}

#[apply(on_both)]
async fn what_is_silent_is_said_to_be_and_forgotten_in_the_end() {
    let fixture = Fixture::new().await;
    told(&fixture, &report("a", "w1", 3)).await;
    fixture.clock.advance(100);
    told(&fixture, &report("a", "w2", 4)).await;
    fixture.clock.advance(100);
    assert_eq!(states(&fixture).await, [("a".to_owned(), State::Current, vec![4], 1)]);
    fixture.clock.advance(100);
    assert_eq!(states(&fixture).await, [("a".to_owned(), State::Silent, vec![4], 0)]);
    fixture.clock.advance(25 * 3600);
    assert_eq!(states(&fixture).await, []);
    told(&fixture, &report("b", "w1", 1)).await;
    let rows = fixture.holds.store.reports(0).await.unwrap();
    assert_eq!(rows.len(), 1, "old rows are taken away");
}

#[apply(on_both)]
async fn what_is_no_report_is_refused() {
    let fixture = Fixture::new().await;
    assert_eq!(told(&fixture, &report("", "w", 1)).await, 400);
    assert_eq!(told(&fixture, &report(&"g".repeat(1001), "w", 1)).await, 400);
    let answer = send(&fixture.filter, "POST", "/v1/gateways", &[], "{}").await;
    assert_eq!(answer.status, 400);
    assert_eq!(states(&fixture).await, []);
    // Only people read it, and only the filter writes it.
    let key = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", key.as_str())];
    let answer = send(&fixture.console, "POST", "/v1/gateways", &headers, "{}").await;
    assert_eq!(answer.status, 405);
    let answer = send(&fixture.console, "GET", "/v1/gateways", &headers[..1], "").await;
    assert_eq!(answer.status, 401);
    assert_eq!(send(&fixture.filter, "GET", "/v1/gateways", &[], "").await.status, 405);
}
