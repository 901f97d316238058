//! Lists that are sifted, their pages, and what a hold's session did before.

use macro_rules_attribute::apply;
use policy::hold::{Earlier, HoldRequest};
use policy::rule::{Approvers, Effect, HoldTerms, Severity};

use super::{get, log_in_with};
use crate::api::HoldList;
use crate::config::LocalApprover;
use crate::holds::TenantHolds;
use crate::store::Choice;
use crate::tenant::Tenant;
use crate::testing::{Fixture, approver, card, on_both, request};

fn people() -> [LocalApprover; 2] {
    [approver("ann", Some(&["finance"])), approver("bob", Some(&["legal"]))]
}

/// Of this principal and severity, for one group.
fn held(subject: &str, severity: Severity, group: &str) -> HoldRequest {
    let terms = HoldTerms { approvers: Approvers::any(&[group]), ..HoldTerms::default() };
    let mut held = HoldRequest { terms: terms.into(), severity, ..request(subject) };
    held.call.principal.subject = subject.into();
    held
}

#[apply(on_both)]
async fn a_list_shows_what_somebody_asks_for() {
    let fixture = Fixture::of(&people()).await;
    let mut owned = held("anns-agent", Severity::Low, "finance");
    owned.call.principal.owners = vec!["ann".into()];
    let mut proposed = held("dreamer", Severity::Medium, "legal");
    proposed.call.proposed = true;
    for one in [
        held("payer", Severity::Critical, "finance"),
        held("reader", Severity::High, "legal"),
        owned,
        proposed,
    ] {
        fixture.asks.request(one).await.unwrap();
    }
    let (cookie, _) = log_in_with(&fixture, &people()[0].login_code).await;
    let cookie = ("cookie", cookie.as_str());
    let key = format!("Bearer {}", people()[0].key);
    let all = ["anns-agent", "dreamer", "payer", "reader"];
    for (query, expected) in [
        ("", &all[..]),
        ("group=mine", &["payer"]),
        ("group=legal", &["dreamer", "reader"]),
        ("severity=high", &["payer", "reader"]),
        ("severity=medium&group=legal", &["dreamer", "reader"]),
        ("severity=critical", &["payer"]),
        ("principal=AGENT", &all),
        ("principal=pay", &["payer"]),
        ("kind=proposed", &["dreamer"]),
        ("kind=mcp", &["anns-agent", "payer", "reader"]),
        ("kind=http", &[]),
        ("text=DELETE_customer", &all),
        ("text=tool+that+deletes&principal=reader", &["reader"]),
        ("text=%3Cscript%3E", &[]),
    ] {
        let list = get(&fixture, &format!("/v1/holds?{query}"), &[("authorization", &key)]).await;
        let list: HoldList = list.json();
        let mut subjects: Vec<_> = list.holds.iter().map(|one| &one.principal.subject).collect();
        subjects.sort();
        assert_eq!(subjects, expected, "{query}");
        assert_eq!(
            list.holds.iter().filter(|one| one.proposed).count(),
            usize::from(expected.contains(&"dreamer"))
        );
        for part in ["", "part=queue&"] {
            let page = get(&fixture, &format!("/?{part}{query}"), &[cookie]).await;
            assert_eq!(page.status, 200, "{query}");
            for one in all {
                let shown = page.body.contains(&format!("<strong>{one}</strong>"));
                assert_eq!(shown, expected.contains(&one), "{one} of {query}");
            }
            let told = format!("{} of 4 on hold fit the filter", expected.len());
            assert_eq!(page.body.contains(&told), !query.is_empty(), "{query}");
            assert!(!page.body.contains("<script>"), "{query}");
        }
    }
}

#[apply(on_both)]
async fn history_goes_on_over_what_is_left_out() {
    let fixture = Fixture::of(&people()).await;
    for n in 0..120 {
        let subject = if n % 2 == 0 { format!("even-{n}") } else { format!("odd-{n}") };
        let id = fixture.asks.request(held(&subject, Severity::Low, "finance")).await.unwrap().hold;
        if n < 110 {
            let choice = if n < 3 { Choice::Approve } else { Choice::Deny };
            assert!(fixture.decide(&id, choice).await.is_ok());
        }
    }
    let (cookie, _) = log_in_with(&fixture, &people()[0].login_code).await;
    let mut pages = Vec::new();
    let mut next = Some("/history?status=denied&principal=even".to_owned());
    let mut newer = None;
    while let Some(path) = next {
        let page = get(&fixture, &path, &[("cookie", &cookie)]).await.body;
        assert!(!page.contains("odd-"), "{page}");
        assert_eq!(page.contains(">Latest</a>"), !pages.is_empty());
        pages.push(page.matches("href=\"/holds/").count());
        next = link(&page, "Older");
        newer = link(&page, "Newer");
    }
    let page = get(&fixture, &newer.unwrap(), &[("cookie", &cookie)]).await.body;
    assert_eq!(page.matches("href=\"/holds/").count(), 50);
    assert!(!page.contains("odd-"), "{page}");
    // What is newer fits no more: that is the begin.
    let page = get(&fixture, &link(&page, "Newer").unwrap(), &[("cookie", &cookie)]).await.body;
    assert!(link(&page, "Newer").is_none() && link(&page, "Older").is_some(), "{page}");
    // 2 of the 55 even ones were approved.
    assert_eq!(pages, [50, 3]);
}

/// The query of the link with these words.
fn link(page: &str, words: &str) -> Option<String> {
    let marked = format!(">{words}</a>");
    let end = page.split("<a ").find(|link| link.contains(&marked))?;
    let query = end.split("href=\"").nth(1)?.split('"').next()?;
    Some(query.replace("&#38;", "&").replace("&amp;", "&"))
}

fn shown(page: &str) -> Vec<String> {
    let cards = page.split("id=\"hold-").skip(1);
    cards.map(|card| card.split('"').next().unwrap().to_owned()).collect()
}

/// Whoever floods the queue hides nothing: each page goes on where the one before ended, whatever comes and goes.
#[apply(on_both)]
async fn the_queue_has_pages_and_none_is_left_out() {
    let limits = crate::config::Limits { open_per_principal: 1000, ..Default::default() };
    let fixture = Fixture::limited(limits).await;
    let mut ids = Vec::new();
    for n in 0..230_u32 {
        let mut one = held(if n % 2 == 0 { "even" } else { "odd" }, Severity::Low, "x");
        one.exchange = format!("e{n}");
        one.call.path = format!("/mcp/{n}");
        // Some at the same second, and not in the order in which they came.
        one.terms.expiry_seconds = 600 + (n * 7 % 23);
        ids.push((one.terms.expiry_seconds, fixture.asks.request(one).await.unwrap().hold));
    }
    ids.sort_by_key(|one| one.0);
    let order: Vec<String> = ids.into_iter().map(|(_, id)| id).collect();
    let (cookie, _) = super::log_in(&fixture).await;
    let open = async |path: &str| get(&fixture, path, &[("cookie", &cookie)]).await.body;
    let first = open("/").await;
    assert_eq!(shown(&first), order[..100]);
    assert!(first.contains("<title>(230) Queue") && first.contains("100 of 230 on hold"));
    assert!(link(&first, "Previous").is_none());
    // One of the first page goes, and one comes that belongs there: the second page is what it was.
    fixture.decide(&order[7], Choice::Deny).await.unwrap();
    let mut early = held("early", Severity::Low, "x");
    early.terms.expiry_seconds = 60;
    let early = fixture.asks.request(early).await.unwrap().hold;
    let second = open(&link(&first, "Next").unwrap()).await;
    assert_eq!(shown(&second), order[100..200]);
    let third = open(&link(&second, "Next").unwrap()).await;
    assert_eq!(shown(&third), order[200..]);
    assert!(link(&third, "Next").is_none());
    let back = open(&link(&third, "Previous").unwrap()).await;
    assert_eq!(shown(&back), order[100..200]);
    let begin = open(&link(&back, "Previous").unwrap()).await;
    assert_eq!(shown(&begin)[..8], [&[early], &order[..7]].concat());
    assert_eq!(shown(&begin), shown(&open(&link(&third, "First").unwrap()).await));
    // The part that a page asks for by itself is of the same place.
    let part = open(&format!("{}&part=queue", link(&first, "Next").unwrap())).await;
    assert_eq!(shown(&part), order[100..200]);
    // With a filter, too.
    let odd = open("/?principal=odd").await;
    let rest = open(&link(&odd, "Next").unwrap()).await;
    // All but the one that was denied.
    assert_eq!((shown(&odd).len(), shown(&rest).len()), (100, 14));
    assert!(!rest.contains("<strong>even</strong>") && rest.contains("on several pages"));
    for wrong in ["/?after=x", "/?after=1", "/?before=1-2&after=1-2", "/history?before=-1"] {
        let refused = get(&fixture, wrong, &[("cookie", &cookie)]).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }

    let bearer = format!("Bearer {}", crate::testing::APPROVER_KEY);
    let key = [("authorization", bearer.as_str())];
    let list: HoldList = get(&fixture, "/v1/holds?group=x", &key).await.json();
    assert_eq!((list.holds.len(), list.previous.as_ref()), (200, None));
    let after = format!("/v1/holds?group=x&after={}", list.next.as_ref().unwrap());
    let rest: HoldList = get(&fixture, &after, &key).await.json();
    assert_eq!((rest.holds.len(), rest.next.as_ref()), (30, None));
    let all: Vec<_> = list.holds.iter().chain(&rest.holds).map(|one| one.id.as_str()).collect();
    assert!(order.iter().all(|id| *id == order[7] || all.contains(&id.as_str())));
    let before = format!("/v1/holds?group=x&before={}", rest.previous.as_ref().unwrap());
    let again: HoldList = get(&fixture, &before, &key).await.json();
    let ids = |list: &HoldList| list.holds.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&list));
    let wrong = get(&fixture, "/v1/holds?after=x", &key).await;
    assert_eq!(wrong.status, 400);
}

#[apply(on_both)]
async fn a_hold_tells_what_its_session_did() {
    let fixture = Fixture::new().await;
    let earlier =
        |action: &str, effect| Earlier { at: 1_799_999_000, action: action.into(), effect };
    let before = vec![
        earlier("list_customers", Effect::Allow),
        earlier(&format!("pay <b>{}</b>", card()), Effect::Deny),
    ];
    let mut ids = Vec::new();
    for (exchange, session, subject) in [
        ("e1", "s_1", "alice"),
        ("e2", "s_1", "alice"),
        ("e3", "s_2", "alice"),
        ("e4", "s_1", "bob"),
    ] {
        let mut held =
            HoldRequest { session: session.into(), before: before.clone(), ..request(exchange) };
        held.call.principal.subject = subject.into();
        held.call.path = format!("/mcp?{exchange}");
        ids.push(fixture.asks.request(held).await.unwrap().hold);
    }
    // A namesake at another tenant's gateway is somebody else.
    let blue = Tenant::of(["spiffe://gatehouse/filter/blue"].into_iter()).unwrap();
    let asks = TenantHolds { tenant: blue, holds: fixture.holds.clone() };
    let mut foreign = HoldRequest { session: "s_1".into(), ..request("e5") };
    foreign.call.path = "/mcp?e5".into();
    ids.push(asks.request(foreign).await.unwrap().hold);
    let (cookie, _) = super::log_in(&fixture).await;
    let page = get(&fixture, &format!("/holds/{}", ids[4]), &[("cookie", &cookie)]).await.body;
    assert!(page.contains("<dt>Tenant</dt><dd>blue</dd>"), "{page}");
    assert!(!page.contains("Other calls of it"), "{page}");
    let queue = get(&fixture, "/", &[("cookie", &cookie)]).await.body;
    assert_eq!(queue.matches("of blue").count(), 1, "{queue}");
    let page = get(&fixture, &format!("/holds/{}", ids[0]), &[("cookie", &cookie)]).await.body;
    for part in [
        "list_customers",
        "effect-allowed",
        "effect-denied",
        "pay &#60;b&#62;[REDACTED:payment-card]",
        "s_1",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let linked: Vec<bool> =
        ids.iter().map(|id| page.contains(&format!("<a href=\"/holds/{id}\">"))).collect();
    assert_eq!(linked, [false, true, false, false, false], "{page}");
    assert!(!page.contains(&card()));
    let without = fixture.asks.request(held("nobody", Severity::Low, "x")).await.unwrap().hold;
    let page = get(&fixture, &format!("/holds/{without}"), &[("cookie", &cookie)]).await.body;
    assert!(!page.contains("in the same session"), "{page}");
}
