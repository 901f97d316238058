//! What is behind the text of records, and what came so far of exchanges that go on.

use policy::record::part::{Part, Side};

use super::*;

const ALL: &str = "a text of ada, which goes on and on";

fn part(n: u32, from: usize, to: usize) -> Part {
    let text = ALL[from..to].to_owned();
    Part { of: Side::Response, n, from: from as u64, text }
}

fn texts(parts: &[Part]) -> Vec<String> {
    parts.iter().map(|part| serde_json::to_string(part).unwrap()).collect()
}

/// As Envoy writes it while the exchange goes on.
fn going_on(parts: &[Part]) -> Line {
    let mut begun = record("x1", "ada", 1);
    (begun.last, begun.response.status) = (false, 0);
    let envoy = Envoy { goes_on: true, ..envoy() };
    Line { envoy, parts: texts(parts), ..unlinked(&begun) }
}

/// And at its end: the record keeps the first ten bytes.
fn ended(chain: &mut Chain) -> Line {
    let mut record = record("x1", "ada", 1);
    let parts = [part(1, 10, 20), part(2, 20, ALL.len())];
    record.response.body.text = ALL[..10].to_owned();
    record.response.body.truncated = true;
    record.response.body.parts = parts.iter().map(|part| part.told(&record.salt)).collect();
    Line { parts: texts(&parts), ..linked(chain, &record) }
}

async fn said(ground: &Ground) -> (String, bool) {
    let body = ground.one("x1").await.unwrap().record.response.body;
    (body.text, body.truncated)
}

#[apply(on_both)]
async fn what_goes_on_adds_up_until_its_end_is_there() {
    let ground = Ground::new().await;
    let begun = [going_on(&[part(0, 0, 5)]), going_on(&[part(0, 0, 8), part(1, 8, 9)])];
    assert_eq!(ground.take(&begun).await, Taken { new: 1, known: 1, ..Taken::default() });
    assert_eq!(said(&ground).await, (ALL[..9].to_owned(), true));
    let more = ground.take(&[going_on(&[part(1, 8, 15)])]).await;
    assert_eq!((more.new, more.finished), (0, 1));
    assert_eq!(said(&ground).await, (ALL[..15].to_owned(), true));
    let sessions = ground.found(&Sieve::default()).await;
    assert_eq!((sessions.len(), sessions[0].exchanges), (1, 1));
    // The same line again, by another way.
    assert_eq!(ground.take(&[going_on(&[part(1, 8, 15)])]).await.known, 1);
    let mut chain = Chain::new("c_1".into(), [1; 16]);
    let end = ended(&mut chain);
    assert_eq!(ground.take(std::slice::from_ref(&end)).await.finished, 1);
    assert_eq!(said(&ground).await, (ALL.to_owned(), false));
    // What comes too late changes nothing.
    assert_eq!(ground.take(&begun).await.known, 2);
    assert_eq!(ground.all().await, [end]);
    let sum = ground.store.counts().await.unwrap().bytes;
    assert_eq!(sum, ground.all().await[0].bytes());
}

#[apply(on_both)]
async fn what_a_crash_left_has_all_that_came() {
    let ground = Ground::new().await;
    let mut crash = going_on(&[part(1, 8, 15)]);
    crash.envoy.goes_on = false;
    let lines = [going_on(&[part(0, 0, 8)]), crash, going_on(&[part(0, 0, 8), part(1, 8, 12)])];
    for line in &lines {
        ground.take(std::slice::from_ref(line)).await;
    }
    assert_eq!(said(&ground).await, (ALL[..15].to_owned(), true));
    assert!(!ground.one("x1").await.unwrap().envoy.goes_on);
}

#[apply(on_both)]
async fn nobody_puts_another_part_into_a_record() {
    let ground = Ground::new().await;
    let mut chain = Chain::new("c_1".into(), [1; 16]);
    let mut end = ended(&mut chain);
    let forged = Part { text: "otherwise.".into(), ..part(1, 10, 20) };
    end.parts = texts(&[forged, part(2, 20, ALL.len()), part(3, 0, 4)]);
    end.parts.push("[]".into());
    ground.take(&[end]).await;
    assert_eq!(said(&ground).await, (ALL[..10].to_owned(), true));
    assert_eq!(ground.all().await[0].parts, texts(&[part(2, 20, ALL.len())]));
}

#[apply(on_both)]
async fn parts_are_looked_for_and_erased_as_records_are() {
    let ground = Ground::new().await;
    let mut chain = Chain::new("c_1".into(), [1; 16]);
    ground.take(&[ended(&mut chain), linked(&mut chain, &record("x2", "eve", 2))]).await;
    let by_text = Sieve { text: "ON AND ON".into(), ..Sieve::default() };
    let sessions = ground.found(&by_text).await;
    assert_eq!(sessions.len(), 1);
    for (bodies, text) in [(Bodies::Begin, &ALL[..10]), (Bodies::All, ALL)] {
        let open = Sieve::default();
        let found = ground.store.exchanges(&sessions[0].id, &open, bodies, None, 9).await.unwrap();
        assert_eq!(found[0].record.response.body.text, text);
        assert_eq!(found[0].record.response.body.truncated, bodies == Bodies::Begin);
    }
    assert_eq!(ground.erase(None, "ada", "dana").await.records, 1);
    let all = ground.all().await;
    assert!(all[0].parts.is_empty() && all[0].erased.is_some());
    assert!(ground.found(&by_text).await.is_empty());
    let bytes: u64 = all.iter().map(Line::bytes).sum();
    assert_eq!(ground.store.counts().await.unwrap().bytes, bytes);
}
