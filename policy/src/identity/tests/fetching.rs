use super::*;

/// Ticks every second until `until`, answers each fetch at once with `body`, counts them.
fn run(identity: &mut Identity, from: u64, until: u64, status: u32, body: &[u8]) -> usize {
    let mut fetches = 0;
    for now in from..until {
        for fetch in identity.due_fetches(now) {
            fetches += 1;
            let _ = identity.on_keys(fetch.issuer, status, body, now);
        }
    }
    fetches
}

/// A token that names a key nobody has.
fn unknown(number: u64) -> String {
    let signer = Signer::named("a");
    let header = json!({"alg": "EdDSA", "kid": format!("made-up-{number}")});
    signer.sign(&header, &claims_with(&json!({"exp": NOW + 100_000})))
}

fn long_lived(signer: &Signer) -> String {
    signer.token(&claims_with(&json!({"exp": NOW + 100_000})))
}

#[test]
fn keys_are_fetched_first_and_then_by_the_timer() {
    let signer = Signer::named("a");
    let mut identity = identity(&[inline(&[Signer::named("x").jwk()]), {
        merge(remote(300), &json!({"issuer": "https://second.example"}))
    }]);
    let token = signer.token(&claims_with(&json!({"iss": "https://second.example"})));
    assert_eq!(ask(&mut identity, &token, NOW), Err("keys of the issuer are not there yet"));
    let expected = KeyFetch {
        issuer: 1,
        cluster: "issuer".to_owned(),
        authority: "issuer.example".to_owned(),
        path: "/jwks".to_owned(),
    };
    assert_eq!(identity.due_fetches(NOW), [expected]);
    assert!(identity.due_fetches(NOW).is_empty(), "one in flight");
    identity.on_keys(1, 200, &key_set(&[&signer]), NOW + 1).unwrap();
    assert!(ask(&mut identity, &token, NOW + 1).is_ok());
    assert_eq!(run(&mut identity, NOW + 1, NOW + 1501, 200, &key_set(&[&signer])), 5);
    assert!(identity.on_keys(0, 200, &key_set(&[&signer]), NOW).is_err(), "inline keys stay");
}

#[test]
fn a_rotated_key_is_taken_and_a_vanished_one_forgotten() {
    let (old, new) = (Signer::named("old"), Signer::named("new"));
    let mut identity = identity(&[remote(300)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&old]));
    let (before, after) = (long_lived(&old), long_lived(&new));
    assert!(ask(&mut identity, &before, NOW + 1).is_ok());
    assert_eq!(ask(&mut identity, &after, NOW + 1), Err("token is of an unknown key"));
    // The unknown name alone brings the new key, long before the timer.
    assert_eq!(run(&mut identity, NOW + 1, NOW + 2, 200, &key_set(&[&old, &new])), 1);
    assert!(ask(&mut identity, &after, NOW + 2).is_ok());
    assert_eq!(identity.cache.len(), 2, "what both sets hold stays verified");
    run(&mut identity, NOW + 2, NOW + 400, 200, &key_set(&[&new]));
    assert_eq!(identity.cache.len(), 1);
    assert_eq!(ask(&mut identity, &before, NOW + 400), Err("token is of an unknown key"));
    assert!(ask(&mut identity, &after, NOW + 400).is_ok());
}

#[test]
fn a_replaced_key_of_the_same_name_is_forgotten_too() {
    let (old, new) = (Signer::named("a"), Signer::named("a"));
    let mut identity = identity(&[remote(10)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&old]));
    let token = long_lived(&old);
    assert!(ask(&mut identity, &token, NOW + 1).is_ok());
    run(&mut identity, NOW + 1, NOW + 12, 200, &key_set(&[&new]));
    assert_eq!(ask(&mut identity, &token, NOW + 12), Err("token signature does not hold"));
}

#[test]
fn one_issuers_keys_do_not_flush_the_others() {
    let (here, there) = (Signer::named("a"), Signer::named("b"));
    let mut identity =
        identity(&[inline(&[here.jwk()]), merge(remote(10), &json!({"issuer": "second"}))]);
    ask(&mut identity, &long_lived(&here), NOW).unwrap();
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&there]));
    assert_eq!(identity.cache.len(), 1);
}

#[test]
fn a_flood_of_unknown_names_neither_floods_the_issuer_nor_delays_the_timer() {
    let (old, new) = (Signer::named("old"), Signer::named("new"));
    let mut identity = identity(&[remote(60)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&old]));
    let mut fetched_at = Vec::new();
    for now in NOW + 1..NOW + 601 {
        for number in 0..5 {
            assert!(ask(&mut identity, &unknown(now * 5 + number), now).is_err());
        }
        for fetch in identity.due_fetches(now) {
            fetched_at.push(now - NOW);
            identity.on_keys(fetch.issuer, 200, &key_set(&[&old]), now).unwrap();
        }
    }
    // Ten by the timer, three at once and one each thirty seconds by the flood.
    for due in (60..=600).step_by(60) {
        assert!(fetched_at.contains(&due), "{due} of {fetched_at:?}");
    }
    assert!(fetched_at.len() <= 10 + 3 + 20, "{fetched_at:?}");
    assert_eq!(identity.cache.len(), 0, "made-up names leave nothing behind");

    // The issuer rotates in the middle of it.
    let token = long_lived(&new);
    let taken = (NOW + 601..NOW + 700).find(|&now| {
        let _ = ask(&mut identity, &unknown(now), now);
        for fetch in identity.due_fetches(now) {
            identity.on_keys(fetch.issuer, 200, &key_set(&[&new]), now).unwrap();
        }
        ask(&mut identity, &token, now).is_ok()
    });
    assert!(taken.is_some_and(|now| now <= NOW + 661), "{taken:?}");
}

#[test]
fn the_last_good_keys_stay_while_the_issuer_is_down() {
    let signer = Signer::named("a");
    let mut identity = identity(&[remote(300)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&signer]));
    let cached = long_lived(&signer);
    assert!(ask(&mut identity, &cached, NOW + 1).is_ok());
    let mut from = NOW + 1;
    for (status, body) in [
        (503, key_set(&[&Signer::named("b")])),
        (0, Vec::new()),
        (200, b"<html>".to_vec()),
        (200, br#"{"keys":[]}"#.to_vec()),
        (302, key_set(&[&Signer::named("b")])),
    ] {
        let attempts = run(&mut identity, from, from + 1_000, status, &body);
        assert!((3..=30).contains(&attempts), "{attempts} attempts at {status}");
        from += 1_000;
        assert!(ask(&mut identity, &cached, from).is_ok(), "cached, {status}");
        let fresh = signer.token(&claims_with(&json!({"exp": from + 9, "jti": "fresh"})));
        assert!(ask(&mut identity, &fresh, from).is_ok(), "{status}");
    }
    // It comes back: the timer is as before.
    assert!(run(&mut identity, from, from + 61, 200, &key_set(&[&signer])) >= 1);
    assert!(run(&mut identity, from + 61, from + 661, 200, &key_set(&[&signer])) <= 3);
}

#[test]
fn a_fetch_without_answer_is_forgotten_after_ten_seconds() {
    let mut identity = identity(&[remote(300)]);
    assert_eq!(identity.due_fetches(NOW).len(), 1);
    assert!((NOW..NOW + 10).all(|now| identity.due_fetches(now).is_empty()));
    let again = (NOW + 10..NOW + 20).find(|&now| !identity.due_fetches(now).is_empty());
    assert!(again.is_some_and(|now| now <= NOW + 12), "{again:?}");
}

#[test]
fn a_clock_set_back_stops_no_fetch() {
    let signer = Signer::named("a");
    let mut identity = identity(&[remote(60)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&signer]));
    let earlier = NOW - 100_000;
    assert!(run(&mut identity, earlier, earlier + 62, 200, &key_set(&[&signer])) >= 1);
    identity.due_fetches(earlier + 200);
    assert!(run(&mut identity, 5, 80, 200, &key_set(&[&signer])) >= 1);
}

#[test]
fn no_fetch_is_asked_for_without_need() {
    let signer = Signer::named("a");
    let mut identity = identity(&[remote(10_000)]);
    run(&mut identity, NOW, NOW + 1, 200, &key_set(&[&signer]));
    // Refused before the key's name counts, or of a name that is known.
    for token in [
        signer.token(&claims_with(&json!({"exp": NOW - 60}))),
        signer.token(&claims_with(&json!({"aud": "billing"}))),
        signer.sign(&json!({"alg": "none", "kid": "z"}), &claims()),
        signer.sign(&json!({"alg": "ES256", "kid": "a"}), &claims()),
        Signer::named("a").token(&claims()),
    ] {
        assert!(ask(&mut identity, &token, NOW + 1).is_err());
    }
    assert_eq!(run(&mut identity, NOW + 1, NOW + 100, 200, &key_set(&[&signer])), 0);
}
