//! Of whom a kill is, and who may not lift it.

use super::*;

#[apply(on_both)]
async fn of_whom_it_is_has_to_be_said_once() {
    let fixture = Fixture::new().await;
    let record = keyed(0).record;
    let (caller, token) = (record.caller.as_str(), record.token.as_str());
    for (whom, told) in [
        (json!({}), "say of whom"),
        (json!({"caller": caller, "token": token}), "a kill is of one"),
        (json!({"issuer": "i"}), "needs its `subject`"),
        (json!({"subject": "alice"}), "needs its `issuer`"),
    ] {
        let said = json!({"reason": "why", "issuer": whom["issuer"], "subject": whom["subject"],
            "caller": whom["caller"], "token": whom["token"]});
        let answer = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", said).await;
        assert!(answer.body.contains(told), "{whom}: {}", answer.body);
    }
    for whom in [
        json!({}),
        json!({"caller": caller, "token": token}),
        json!({"caller": token}),
        json!({"token": caller}),
        json!({"issuer": "https://idp.example"}),
        json!({"subject": "alice"}),
        json!({"caller": caller, "subject": "alice"}),
        json!({"issuer": "", "subject": "alice"}),
        json!({"issuer": "i", "subject": "a".repeat(2049)}),
        json!({"caller": caller, "tenant": "*"}),
        json!({"caller": caller, "tenant": "A"}),
        json!({"caller": caller, "seconds": 59}),
        json!({"caller": caller, "seconds": 604_801}),
        json!({"caller": caller, "reason": "a".repeat(1001)}),
        json!({"caller": caller, "reason": " \n"}),
    ] {
        let mut said = json!({"reason": "why"});
        said.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        let answer = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", said).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{whom}: {}", answer.body);
    }
    assert!(list(&fixture).await.is_empty());
    // By name it is the same key that records have; again it is the same kill.
    let named = json!({"issuer": "https://idp.example", "subject": "order-desk", "reason": "why"});
    let by_name = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", named).await;
    let by_name: KillSummary = by_name.json();
    assert_eq!((by_name.whom.key(), by_name.changed), (caller, Some(true)));
    let again = json!({"caller": caller, "reason": "why", "seconds": 60});
    let again = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", again).await;
    let again: KillSummary = again.json();
    assert_eq!((again.id, again.until, again.changed), (by_name.id, NOW + 3600, Some(false)));
}

/// A mistake in a name stops nobody, and looks as if it did.
#[apply(on_both)]
async fn a_name_that_no_record_has_is_told() {
    let fixture = Fixture::new().await;
    let (cookie, csrf) = log_in(&fixture).await;
    let kill = async |issuer: &str, subject: &str| {
        let named = json!({"issuer": issuer, "subject": subject, "reason": "why"});
        let made = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", named).await;
        made.json::<KillSummary>().recorded
    };
    assert_eq!(kill("https://idp.example", "order-desk").await, None, "there are no records");
    fixture.record(&[keyed(0)]).await;
    assert_eq!(kill("https://idp.example", "order-desk").await, Some(true));
    assert_eq!(kill("https://idp.example", "order-deks").await, Some(false));
    assert_eq!(kill("https://idp.exmaple", "order-desk").await, Some(false));
    let alone = json!({"caller": keyed(0).record.caller, "reason": "why"});
    let made = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", alone).await;
    assert_eq!(made.json::<KillSummary>().changed, Some(false));
    for (subject, told) in [("order-desk", false), ("nobody-%3Cb%3E", true)] {
        let form = format!(
            "csrf={csrf}&issuer=https%3A%2F%2Fidp.example&subject={subject}&lasts=2&unit=hours&reason=r"
        );
        let answer = sent(&fixture, &cookie, "/kills", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let page = shown(&fixture, &cookie, answer.headers["location"].to_str().unwrap()).await;
        assert_eq!(page.contains("no record has this name so far"), told, "{page}");
        assert!(!page.contains("<b>"), "{page}");
    }
    let page = shown(&fixture, &cookie, "/kills?unrecorded=k_of_nobody").await;
    assert!(!page.contains("no record has this name"), "{page}");
}

/// A tenant's gateway writes what it likes into its records.
#[apply(on_both)]
async fn a_record_of_a_tenant_kills_there_and_names_nobody_else() {
    let fixture = Fixture::new().await;
    let mut forged = keyed(1);
    forged.record.principal.as_mut().unwrap().subject = "alice".into();
    let lines: Vec<Line> = [keyed(0), forged].iter().map(line).collect();
    let red = Tenant::of_name("red").unwrap();
    fixture.holds.records.take(&red, Source::Import, &lines).await.unwrap();
    let (cookie, csrf) = log_in(&fixture).await;
    let session = shown(&fixture, &cookie, &format!("/sessions/red.{SESSION}")).await;
    assert!(session.contains("&#38;tenant=red"), "{session}");
    let page = shown(&fixture, &cookie, "/kills/new?exchange=x_00001&tenant=red").await;
    assert!(page.contains("nobody knows who") && !page.contains("alice"), "{page}");
    assert!(page.contains("On the gateways of red"), "{page}");
    let path = "/kills/new?exchange=x_00001&tenant=blue";
    assert_eq!(get(&fixture, path, &[("cookie", &cookie)]).await.status, StatusCode::NOT_FOUND);
    for (n, gateways) in [(0, "one"), (1, "all")] {
        let form = format!(
            "csrf={csrf}&exchange=x_0000{n}&of=red&whom=token&gateways={gateways}&lasts=1&unit=hours&reason=r"
        );
        let answer = sent(&fixture, &cookie, "/kills", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let kills = list(&fixture).await;
    assert_eq!(
        (kills[1].tenant.as_deref(), kills[1].subject.as_deref()),
        (Some("red"), Some("order-desk"))
    );
    assert_eq!((kills[0].tenant.as_deref(), kills[0].subject.as_deref()), (None, None));
    assert_eq!(
        (told(&fixture, "red").await.kills.len(), told(&fixture, "").await.kills.len()),
        (2, 1)
    );
    // Who may not look at records learns nothing of one by the form.
    let blind = fixture.console_for(Viewers::Groups(Vec::new()));
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let path = "/kills/new?exchange=x_00000&tenant=red";
    let answer = send(&blind, "GET", path, &headers, "").await;
    assert!(answer.status == StatusCode::FORBIDDEN && !answer.body.contains("order-desk"));
    assert_eq!(send(&blind, "GET", "/kills/new", &headers, "").await.status, StatusCode::OK);
}

fn person(human: &str, subject: &str, vouched: bool) -> Approver {
    let issuer = "https://idp.example".into();
    let account = Account { issuer, subject: subject.into(), aliases: Vec::new(), vouched };
    let person = Person { account: Some(account), ..Person::local(human, None) };
    Approver { person, door: Door::Console }
}

/// Nobody lets themselves, or an agent of theirs, go on.
#[apply(on_both)]
async fn a_kill_is_lifted_by_somebody_else() {
    let people: Vec<LocalApprover> =
        ["ada", "bob"].iter().map(|name| approver(name, None)).collect();
    let fixture = Fixture::of(&people).await;
    fixture.record(&[keyed(0)]).await;
    let (cookie, csrf) = log_in_with(&fixture, &format!("{:_<40}", "ada")).await;
    // To kill an agent of one's own is nobody else's business.
    let form = format!("csrf={csrf}&exchange=x_00000&of=&whom=token&lasts=1&unit=hours&reason=r");
    assert_eq!(sent(&fixture, &cookie, "/kills", &form).await.status, StatusCode::SEE_OTHER);
    let page = shown(&fixture, &cookie, "/kills").await;
    assert!(page.contains("of an agent of yours") && !page.contains("/lift"), "{page}");
    let id = told(&fixture, "").await.kills[0].id.clone();
    let path = format!("/v1/kills/{id}/lift");
    let lift = async |name: &str| {
        by_key(&fixture.console, &format!("{name:-<40}"), "POST", &path, json!({})).await
    };
    let barred = lift("ada").await;
    assert_eq!(barred.status, StatusCode::FORBIDDEN);
    assert!(barred.body.contains("of an agent of yours"), "{}", barred.body);
    let form = sent(&fixture, &cookie, &format!("/kills/{id}/lift"), &format!("csrf={csrf}")).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert_eq!(
        (fixture.audited("kill_lift_barred").await, told(&fixture, "").await.kills.len()),
        (2, 1)
    );
    assert_eq!(lift("bob").await.status, StatusCode::OK);
    assert!(told(&fixture, "").await.kills.is_empty());

    // Where nobody knows whose key it is, an account of that key is known all the same.
    let key = policy::principal::caller("https://idp.example", "u7", DIGEST_KEY);
    let whom = json!({"caller": key, "reason": "r"});
    let made =
        by_key(&fixture.console, &format!("{:-<40}", "bob"), "POST", "/v1/kills", whom).await;
    let id = made.json::<KillSummary>().id;
    for (who, may) in [
        (person("eve", "u7", true), false),
        (person("eve", "u8", false), false),
        (person("eve", "u8", true), true),
    ] {
        let lifted = fixture.holds.lift(&id, "", &who, "::1").await;
        assert_eq!(lifted.is_ok(), may, "{who:?}");
    }
}

/// By addresses, which records mask: of a kill from an exchange the keys beside them tell.
#[apply(on_both)]
async fn owners_are_known_by_their_keys() {
    let names = ["ada@example.com", "bob", "dana"];
    let people: Vec<LocalApprover> = names.iter().map(|name| approver(name, None)).collect();
    let fixture = Fixture::of(&people).await;
    let with = |n: u64, keyed_subjects: bool| {
        let mut one = keyed(n);
        let record = &mut one.record;
        record.owner_keys = vec![principal::owner("Ada@Example.com", DIGEST_KEY)];
        let known = record.principal.as_mut().unwrap();
        known.owners = vec!["[REDACTED:email]".into()];
        if keyed_subjects {
            known.subject = record.caller.clone();
            known.owners = vec![principal::caller(&known.issuer, names[0], DIGEST_KEY)];
        }
        one
    };
    fixture.record(&[with(0, false), with(1, true)]).await;
    let (cookie, csrf) = log_in_with(&fixture, &format!("{:_<40}", "bob")).await;
    let from = async |n: u64, whom: &str| {
        let form =
            format!("csrf={csrf}&exchange=x_0000{n}&of=&whom={whom}&lasts=1&unit=minutes&reason=r");
        let answer = sent(&fixture, &cookie, "/kills", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    };
    let kills = async || {
        let key = format!("{:-<40}", "bob");
        by_key(&fixture.console, &key, "GET", "/v1/kills", Value::Null)
            .await
            .json::<KillList>()
            .kills
    };
    let lift = async |name: &str, id: &str| {
        let (key, path) = (format!("{name:-<40}"), format!("/v1/kills/{id}/lift"));
        by_key(&fixture.console, &key, "POST", &path, json!({})).await
    };
    for (n, whom) in [(0, "caller"), (0, "token"), (1, "caller"), (1, "token")] {
        from(n, whom).await;
        let made = kills().await.swap_remove(0);
        assert_eq!((made.separation, made.subject.is_some()), (Separation::Proven, n == 0));
        let barred = lift(names[0], &made.id).await;
        assert_eq!(barred.status, StatusCode::FORBIDDEN, "{n} {whom}");
        assert!(barred.body.contains("of an agent of yours"), "{}", barred.body);
        assert_eq!(lift("bob", &made.id).await.status, StatusCode::OK);
    }
    // Whoever set it first, for however long: from an exchange it is known whose it is.
    let named = json!({"issuer": "https://idp.example", "subject": "order-desk", "reason": "r"});
    for seconds in [60, 3600] {
        let mut said = named.clone();
        said["seconds"] = json!(seconds);
        let key = format!("{:-<40}", names[0]);
        let made = by_key(&fixture.console, &key, "POST", "/v1/kills", said).await;
        let made: KillSummary = made.json();
        assert_eq!(made.separation, Separation::NotProven);
        let page = shown(&fixture, &cookie, "/kills").await;
        assert!(page.contains("nobody knows whose it is"), "{page}");
        fixture.clock.advance(1);
        from(0, "caller").await;
        let again = kills().await.swap_remove(0);
        assert_eq!((&again.id, again.separation), (&made.id, Separation::Proven));
        assert!(!shown(&fixture, &cookie, "/kills").await.contains("nobody knows whose it is"));
        assert_eq!(lift(names[0], &made.id).await.status, StatusCode::FORBIDDEN);
        assert_eq!(lift("dana", &made.id).await.status, StatusCode::OK);
    }
}
