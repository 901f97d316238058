/*! Whatever became of an exchange, all three say the same of it, byte for byte. */

use integration::otlp::Collector;

use super::*;

/// Nine exchanges that end in as many ways.
fn round(ends: &Ends, envoy: &Envoy, replica: &Replica, round: usize) {
    let Ends { upstream, token, .. } = ends;
    let at = |name: &str| format!("/{name}/{round}");
    let card = ["4111", "1111", "1111", "1111"].join(" ");
    let call = Call::post(at("passed")).token(token).json(&json!({ "card": card, "é": "\u{7}" }));
    call.send_to(&envoy.address).expect(200);
    Call::get(at("denied")).token(token).send_to(&envoy.address).expect(403);
    Call::get(at("nobody")).send_to(&envoy.address).expect(401);
    Connection::open(&envoy.address)
        .write("POST /bad HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n".as_bytes())
        .response(false);
    let call = Call::post(at("held/pending")).token(token).header("x-gatehouse-wait", "0");
    call.send_to(&envoy.address).expect_refusal(403, "pending");
    let mut approved = ends.held(envoy, &at("held/approved"));
    let hold = hold_of(replica, &at("held/approved"));
    replica.decide(&hold, "approve").unwrap().expect(200);
    approved.response(false).unwrap().expect(200);
    drop(ends.held(envoy, &at("held/left")));
    let events = Reply::event_stream().chunk("data: one\n\n").chunk("data: two\n\n").end(&[]);
    upstream.reply(&at("stream"), events);
    Call::get(at("stream")).token(token).send_to(&envoy.address).expect(200);
    // Longer than a record keeps of it.
    upstream.reply(&at("long"), Reply::text(&format!("{card} é \u{7}").repeat(2000)));
    Call::get(at("long")).token(token).send_to(&envoy.address).expect(200);
}

#[test]
fn file_service_and_collector_get_the_same_records() {
    let collector = Collector::start();
    let ends = Ends::new(&["--otlp", &format!("http://{}", collector.address())]);
    let service = Service::sqlite(&ends.gateway);
    let replica = service.replica();
    let envoy = Envoy::with(&ends.gateway, 2, |config| service.serves_all(&[&replica], config));
    let rounds = 5;
    (0..rounds).for_each(|number| round(&ends, &envoy, &replica, number));

    let written = by_place(all_written(&envoy, rounds * 9));
    assert_eq!(written.len(), rounds * 9);
    let store = service.stored();
    until("all of them to be stored", SOON, || {
        (store.lines().len() == written.len()).then_some(())
    });
    assert_eq!(by_place(stored(&store)), written);
    assert_eq!(store.conflicts(), 0);
    assert_eq!(written.values().filter(|line| !line.parts.is_empty()).count(), rounds);

    // The gateway's own Envoy, which nobody called, sends nothing there.
    let logs = until("all of them to be collected", SOON, || {
        Some(collector.logs()).filter(|logs| logs.len() >= written.len())
    });
    assert_eq!(logs.len(), written.len());
    let mut collected = Vec::new();
    for log in logs {
        assert_eq!(log.resource["service.name"], "gatehouse");
        let mut of_envoy = log.attributes;
        let link = of_envoy.remove("gatehouse.link");
        let line = Line { link, ..Line::default() };
        let line = &written[&place(&line)];
        assert_eq!(Some(&log.body), line.record.as_ref());
        let parts = of_envoy.remove("gatehouse.parts").unwrap_or_default();
        let parts = if parts == "-" { String::new() } else { parts };
        assert_eq!(parts, line.parts.join(","));
        let (link, start) = (line.link.as_ref().unwrap(), &line.envoy.start_time);
        // As whoever has a backend alone puts it together.
        let text = format!(
            r#"{{"start_time":"{start}","records":[{}],"parts":[{parts}],"links":[{link}]}}"#,
            log.body
        );
        collected.push(Line::parse(text.as_bytes()).unwrap());
        // What Envoy has nothing to say of has a dash in OpenTelemetry, or nothing.
        let said = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        let of_envoy = of_envoy.iter().map(|(name, text)| (name.clone(), said(text)));
        let facts = serde_json::to_value(&line.envoy).unwrap();
        let facts = facts.as_object().unwrap().iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), said);
            (format!("envoy.{name}"), text)
        });
        assert_eq!(of_envoy.collect::<BTreeMap<_, _>>(), facts.collect());
    }
    // A collector gets workers' batches in any order.
    collected.sort_by_key(place);
    for lines in [stored(&store), collected] {
        let report = verified(&ends.gateway, &lines);
        let found = (&report["problems"], &report["unchained"]);
        assert_eq!(found, (&json!([]), &json!([])), "{report}");
    }
}
