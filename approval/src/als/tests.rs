/*! Against what Envoy 1.40 sent and wrote of the same exchanges (`tests/entries.*`), and against strangers. */

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use http_body_util::BodyExt;
use proptest::prelude::*;
use prost::Message;
use prost::bytes::Bytes;
use tower::ServiceExt;

use super::cap::Most;
use super::entry::{Entries, Read};
use super::receiver::{Limits, Receiver, Refused};
use super::wire::{
    Address, Any, BytesValue, Common, Entry, Flags, Identifier, Node, Pipe, SocketAddress,
    StreamAccessLogsMessage, Time,
};
use super::{Keep, PATH, Service, async_trait};
use crate::clock::ManualClock;
use crate::records::Line;
use crate::records::store::{ROWS_AT_ONCE, Taken};
use crate::store::StoreError;
use crate::tenant::{Peer, Tenant};
use crate::wake::Wake;

const SENT: &[u8] = include_bytes!("tests/entries.bin");
const WRITTEN: &str = include_str!("tests/entries.jsonl");

const LIMITS: Limits = Limits {
    streams_per_tenant: 2,
    bytes_per_minute: Most { principal: 1 << 20, tenant: 1 << 30 },
};

/// What is stored of these entries.
fn bytes(entries: &[u8]) -> u64 {
    let lines = read(entries).into_iter();
    lines.map(|one| if let Read::Line(line) = one { line.bytes() } else { 0 }).sum()
}

fn tenant(name: &str) -> Tenant {
    Tenant::of([format!("spiffe://gatehouse/filter/{name}").as_str()].into_iter()).unwrap()
}

/// Remembers what it kept, once it takes something.
#[derive(Default)]
struct Kept {
    lines: Mutex<Vec<(String, Line)>>,
    refusals: Mutex<usize>,
    /// Lines at once.
    most: Mutex<usize>,
}

#[async_trait]
impl Keep for Kept {
    async fn keep(&self, tenant: &Tenant, lines: &[Line]) -> Result<Taken, StoreError> {
        let mut refusals = self.refusals.lock().unwrap();
        if *refusals > 0 {
            *refusals -= 1;
            return Err(StoreError::Database(sqlx::Error::PoolTimedOut));
        }
        let lines: Vec<_> = lines.iter().map(|one| (tenant.to_string(), one.clone())).collect();
        let mut most = self.most.lock().unwrap();
        *most = lines.len().max(*most);
        let taken = Taken { new: lines.len() as u64, ..Taken::default() };
        self.lines.lock().unwrap().extend(lines);
        Ok(taken)
    }
}

struct Ground {
    kept: Arc<Kept>,
    clock: Arc<ManualClock>,
    wake: Arc<Wake>,
    receiver: Arc<Receiver>,
}

fn ground(limits: Limits) -> Ground {
    let (kept, clock, wake) =
        (Arc::<Kept>::default(), Arc::new(ManualClock::at(0)), Arc::default());
    let receiver = Receiver::new(kept.clone(), clock.clone(), Arc::clone(&wake), limits);
    Ground { kept, clock, wake, receiver }
}

fn message(gateway: Option<&str>, entries: &[u8]) -> StreamAccessLogsMessage {
    let node = gateway.map(|name| Node { id: name.as_bytes().to_vec() });
    let identifier = node.map(|node| Identifier { node: Some(node) });
    StreamAccessLogsMessage { identifier, http_logs: Bytes::copy_from_slice(entries) }
}

/// The list of entries with this one in it.
fn listed(entry: &Entry) -> Vec<u8> {
    let mut bytes = vec![1 << 3 | 2];
    bytes.extend(entry.encode_length_delimited_to_vec());
    bytes
}

fn with_state(name: &str, value: &[u8]) -> Entry {
    let value = BytesValue { value: value.to_vec() }.encode_to_vec();
    let filter_state_objects = [(name.to_owned(), Any { value })].into();
    Entry { common: Some(Common { filter_state_objects, ..Common::default() }), ..Entry::default() }
}

fn read(entries: &[u8]) -> Vec<Read> {
    Entries::of(Bytes::copy_from_slice(entries)).collect()
}

#[test]
fn what_envoy_sent_is_what_it_wrote() {
    let sent = read(SENT);
    assert_eq!(sent.len(), 6);
    for (sent, written) in sent.iter().zip(WRITTEN.lines()) {
        let Read::Line(line) = sent else { panic!("{sent:?}") };
        // It was written before lines had parts.
        let (record, links) = written.rsplit_once("\"links\"").unwrap();
        assert_eq!(line.to_json().unwrap(), format!("{record}\"parts\":[],\"links\"{links}"));
        assert_eq!(Some(&**line), Line::parse(written.as_bytes()).as_ref());
    }
}

#[test]
fn envoys_words_are_those_of_its_log() {
    let spelled = |common: Common| {
        let entry = Entry { common: Some(common), ..Entry::default() };
        match read(&listed(&entry)).remove(0) {
            Read::Line(line) => line.envoy,
            other => panic!("{other:?}"),
        }
    };
    let flags = Flags {
        upstream_connection_failure: true,
        upstream_retry_limit_exceeded: true,
        ..Flags::default()
    };
    let start_time = Some(Time { seconds: 1_795_796_465, nanos: 187_999_999 });
    let duration = Some(Time { seconds: 61, nanos: 1_999_999 });
    let said =
        spelled(Common { response_flags: Some(flags), start_time, duration, ..Common::default() });
    assert_eq!((&*said.flags, said.duration_ms), ("UF,URX", 61_001));
    assert_eq!(said.start_time, "2026-11-27T16:21:05.187Z");

    let at = |socket_address, pipe| Some(Address { socket_address, pipe });
    let socket = |ip: &str| Some(SocketAddress { address: ip.into(), port: 80 });
    for (upstream_remote_address, host) in [
        (at(socket("10.0.0.1"), None), "10.0.0.1:80"),
        (at(socket("::1"), None), "[::1]:80"),
        (at(None, Some(Pipe { path: b"/run/up.sock".to_vec() })), "/run/up.sock"),
        (at(None, None), ""),
        (None, ""),
    ] {
        let common = Common { upstream_remote_address, ..Common::default() };
        assert_eq!(spelled(common).upstream_host, host);
    }
}

/// A sender may call itself Envoy, and no more of its words is stored than Envoy has.
#[test]
fn words_of_envoy_are_no_longer_than_its_own() {
    for unit in ["x", "\u{1}", "é", "\u{fffd}"] {
        let long = unit.repeat(400_000).into_bytes();
        let upstream_remote_address =
            Some(Address { socket_address: None, pipe: Some(Pipe { path: long.clone() }) });
        let common =
            Common { route_name: long.clone(), upstream_remote_address, ..Common::default() };
        let found = read(&listed(&Entry { common: Some(common), ..Entry::default() }));
        let [Read::Line(line)] = &found[..] else { panic!("{found:?}") };
        assert!(line.envoy.route.len() > 1000 && line.bytes() < 15_000, "{}", line.bytes());
        let link = with_state("wasm.gatehouse_link", b"{}");
        assert!(bytes(&listed(&link)) < 300);
    }
}

#[test]
fn an_exchange_that_goes_on_is_told_when_it_ends() {
    let common = Common { intermediate: true, ..Common::default() };
    let entry = Entry { common: Some(common), ..Entry::default() };
    assert_eq!(read(&listed(&entry)), [Read::Intermediate]);
    let going_on = |parts: &str| {
        let mut entry = with_state("wasm.gatehouse_parts", parts.as_bytes());
        let record = with_state("wasm.gatehouse_record", b"{}").common.unwrap();
        let common = entry.common.as_mut().unwrap();
        common.filter_state_objects.extend(record.filter_state_objects);
        common.intermediate = true;
        read(&listed(&entry))
    };
    assert_eq!(going_on(""), [Read::Intermediate]);
    // What came so far is told meanwhile.
    let found = going_on("{\"n\":0},{\"n\":1}");
    let [Read::Line(line)] = &found[..] else { panic!("{found:?}") };
    assert!(line.envoy.goes_on && line.link.is_none());
    assert_eq!(line.parts, ["{\"n\":0}", "{\"n\":1}"]);
    for broken in ["{}],[{}", "{},", "{}]", "\u{e9}"] {
        assert_eq!(going_on(broken), [Read::Unreadable], "{broken}");
    }
}

/// Nobody is told that something is lost which comes again.
#[tokio::test]
async fn what_goes_on_has_no_link_that_could_stay() {
    let limits = Limits { bytes_per_minute: Most { principal: 1, tenant: 1 }, ..LIMITS };
    let Ground { kept, receiver, .. } = ground(limits);
    let mut stream = receiver.open(tenant("a")).unwrap();
    let mut entry = with_state("wasm.gatehouse_parts", b"{\"n\":0}");
    entry.common.as_mut().unwrap().intermediate = true;
    stream.take(message(Some("gw"), &listed(&entry))).await.unwrap();
    assert!(kept.lines.lock().unwrap().is_empty());
    assert_eq!(
        (receiver.counts.intermediate.get(), receiver.counts.lost.told()),
        (1, String::new())
    );
}

/// One broken entry takes no other with it, as long as it says where it ends.
#[test]
fn what_is_no_line_is_unreadable() {
    let broken = [1 << 3 | 2, 2, 0xff, 0xff];
    let both = [&broken[..], SENT].concat();
    let found = read(&both);
    assert_eq!((found.len(), &found[0]), (7, &Read::Unreadable));
    let longer = [1 << 3 | 2, 100, 0];
    assert_eq!(read(&longer), [Read::Unreadable]);
    assert_eq!(read(&[0x12, 0]), [Read::Unreadable]);
    for text in [
        &b"{\"a\":1"[..],
        b"{} {}",
        b" {}",
        b"{}\n",
        b"{\"a\":\n1}",
        b"{}],\"links\":[{}",
        "{\"a\":\"é\"}".as_bytes(),
        b"\xff",
        b"",
    ] {
        for name in ["wasm.gatehouse_record", "wasm.gatehouse_link"] {
            let found = read(&listed(&with_state(name, text)));
            assert_eq!(found, [Read::Unreadable], "{}", String::from_utf8_lossy(text));
        }
    }
}

#[tokio::test]
async fn a_stream_is_the_gateways_that_its_first_message_names() {
    let Ground { kept, receiver, .. } = ground(LIMITS);
    let mut stream = receiver.open(tenant("a")).unwrap();
    stream.take(message(Some("gw-1\u{202e}"), SENT)).await.unwrap();
    stream.take(message(None, SENT)).await.unwrap();
    stream.take(message(Some("gw-2"), &[])).await.unwrap();
    {
        let lines = kept.lines.lock().unwrap();
        assert_eq!((lines.len(), receiver.counts.kept.get()), (12, 12));
        assert!(lines.iter().all(|(tenant, _)| tenant == "a"));
    }
    assert!(stream.gateway().starts_with("gw-1"), "{}", stream.gateway());
    assert!(!stream.gateway().contains('\u{202e}'));

    let mut nameless = receiver.open(tenant("a")).unwrap();
    assert_eq!(nameless.take(message(None, SENT)).await, Err(Refused::Nameless));
}

#[tokio::test]
async fn a_tenant_has_so_many_streams() {
    let Ground { receiver, .. } = ground(LIMITS);
    let one = receiver.open(tenant("a")).unwrap();
    let _two = receiver.open(tenant("a")).unwrap();
    assert_eq!(receiver.open(tenant("a")).err(), Some(Refused::TooManyStreams));
    assert!(receiver.open(tenant("b")).is_ok());
    drop(one);
    assert!(receiver.open(tenant("a")).is_ok());
    assert_eq!(receiver.counts.lost.streams_refused.get(), 1);
}

#[tokio::test]
async fn who_has_too_many_bytes_keeps_its_links() {
    let bytes_per_minute = Most { principal: bytes(SENT) * 3 / 10, ..LIMITS.bytes_per_minute };
    let limits = Limits { bytes_per_minute, ..LIMITS };
    let Ground { kept, receiver, clock, .. } = ground(limits);
    let mut stream = receiver.open(tenant("a")).unwrap();
    let mut take = async |receiver: &Receiver| {
        stream.take(message(Some("gw"), SENT)).await.unwrap();
        receiver.counts.lost.over_limit.get()
    };
    // Of the robot's four records of a kilobyte each one fits, of nobody's two both do.
    assert_eq!(take(&receiver).await, 3);
    {
        let lines = kept.lines.lock().unwrap();
        assert!(lines.iter().all(|(_, line)| line.link.is_some()));
        assert_eq!(lines.iter().filter(|(_, line)| line.record.is_none()).count(), 3);
        assert!(lines.iter().all(|(_, line)| line.record.is_none() == line.erased.is_some()));
    }
    clock.advance(60);
    assert_eq!(take(&receiver).await, 6);
}

/// Two bytes make an entry: what has neither record nor link is limited as well, and comes to the store in parts.
#[tokio::test]
async fn who_sends_nothing_very_often_is_stopped() {
    let Ground { kept, receiver, .. } = ground(LIMITS);
    let mut stream = receiver.open(tenant("a")).unwrap();
    let nothing = [1 << 3 | 2, 0].repeat(10_000);
    stream.take(message(Some("gw"), &nothing)).await.unwrap();
    // It costs what is stored of it.
    let fit = (LIMITS.bytes_per_minute.principal / bytes(&nothing[..2])) as usize;
    assert_eq!(kept.lines.lock().unwrap().len(), fit);
    assert_eq!(receiver.counts.lost.over_limit.get() as usize, 10_000 - fit);
    assert!(*kept.most.lock().unwrap() <= ROWS_AT_ONCE);
}

/// One tenant's flood, whatever names it makes up, takes nothing from another's principals.
#[tokio::test]
async fn a_flood_of_one_tenant_is_its_own() {
    let bytes_per_minute = Most { principal: 10_000, tenant: 100_000 };
    let Ground { kept, receiver, .. } = ground(Limits { bytes_per_minute, ..LIMITS });
    let mut flood = receiver.open(tenant("a")).unwrap();
    for at in 0..9_000 {
        let record = format!(r#"{{"principal":{{"issuer":"i","subject":"{at}"}}}}"#);
        let entry = with_state("wasm.gatehouse_record", record.as_bytes());
        flood.take(message(Some("gw"), &listed(&entry))).await.unwrap();
    }
    flood.take(message(None, &[1 << 3 | 2, 0].repeat(1_000))).await.unwrap();
    flood.take(message(None, SENT)).await.unwrap();
    let of = |name: &str| -> Vec<Line> {
        let lines = kept.lines.lock().unwrap();
        let of_it = lines.iter().filter(|(tenant, _)| tenant == name);
        of_it.map(|(_, line)| line.clone()).collect()
    };
    let flooded = of("a");
    let sum: u64 = flooded.iter().map(Line::bytes).sum();
    assert!(sum <= 2 * bytes_per_minute.tenant, "{sum}");
    let left: Vec<&Line> = flooded.iter().filter(|line| line.erased.is_some()).collect();
    assert_eq!(left.len(), 6);
    assert!(left.iter().all(|line| line.erased.as_ref().unwrap().is_left_out()));
    let mut other = receiver.open(tenant("b")).unwrap();
    other.take(message(Some("gw"), SENT)).await.unwrap();
    assert!(of("b").iter().all(|line| line.record.is_some() && line.erased.is_none()));
    assert_eq!(of("b").len(), 6);
}

#[tokio::test]
async fn lines_wait_for_the_store_and_are_given_up_when_the_service_stops() {
    let Ground { kept, receiver, wake, .. } = ground(LIMITS);
    *kept.refusals.lock().unwrap() = 3;
    let mut stream = receiver.open(tenant("a")).unwrap();
    stream.take(message(Some("gw"), SENT)).await.unwrap();
    assert_eq!((receiver.counts.lost.retries.get(), receiver.counts.kept.get()), (3, 6));

    *kept.refusals.lock().unwrap() = usize::MAX;
    let waits = tokio::spawn(async move { stream.take(message(None, SENT)).await });
    while receiver.counts.lost.retries.get() < 9 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!waits.is_finished());
    wake.stop();
    waits.await.unwrap().unwrap();
    let counts = &receiver.counts;
    assert_eq!((counts.lost.given_up.get(), counts.kept.get()), (6, 6));
    assert!(counts.lost.told().starts_with("6 given up, "), "{}", counts.lost.told());
}

/// What a call over gRPC is answered: its status, and whether the service saw a stream.
async fn answered(ground: &Ground, tenant: Option<Tenant>, body: Vec<u8>) -> (i32, u64) {
    let request = axum::http::Request::post(PATH)
        .header("content-type", "application/grpc")
        .extension(ConnectInfo(Peer(tenant)))
        .body(axum::body::Body::from(body))
        .unwrap();
    let router: Router = Router::new().route_service(PATH, Service(ground.receiver.clone()));
    let response = router.oneshot(request).await.unwrap();
    let of = |headers: &HeaderMap| headers.get("grpc-status")?.to_str().ok()?.parse().ok();
    let at_head = of(response.headers());
    let trailers = response.into_body().collect().await.unwrap();
    let status = at_head.or_else(|| trailers.trailers().and_then(of));
    (status.unwrap(), ground.receiver.counts.streams.get())
}

fn framed(message: &StreamAccessLogsMessage) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), &message].concat()
}

#[tokio::test]
async fn whoever_speaks_otherwise_is_refused() {
    const OK: i32 = 0;
    const INVALID: i32 = 3;
    const INTERNAL: i32 = 13;
    const OUT_OF_RANGE: i32 = 11;
    const UNAUTHENTICATED: i32 = 16;
    let ground = ground(LIMITS);
    let sent = framed(&message(Some("gw"), SENT));
    assert_eq!(answered(&ground, Some(tenant("a")), sent.clone()).await, (OK, 1));
    assert_eq!(answered(&ground, None, sent.clone()).await, (UNAUTHENTICATED, 1));
    assert_eq!(ground.receiver.counts.kept.get(), 6);
    let nameless = framed(&message(None, SENT));
    assert_eq!(answered(&ground, Some(tenant("a")), nameless).await, (INVALID, 2));
    let long = [&[0][..], &u32::MAX.to_be_bytes(), &sent].concat();
    assert_eq!(answered(&ground, Some(tenant("a")), long).await, (OUT_OF_RANGE, 3));
    let no_message = [&[0][..], &3u32.to_be_bytes(), &[0xff; 3]].concat();
    assert_eq!(answered(&ground, Some(tenant("a")), no_message).await, (INTERNAL, 4));
    // What came whole before a stream broke is kept.
    let broken = [&sent[..], &sent[..20]].concat();
    assert_eq!(answered(&ground, Some(tenant("a")), broken).await, (INTERNAL, 5));
    assert_eq!(ground.receiver.counts.kept.get(), 12);
    assert_eq!(ground.receiver.counts.lost.streams_broken.get(), 3);
}

proptest! {
    #[test]
    fn no_bytes_of_a_stranger_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = StreamAccessLogsMessage::decode(&bytes[..]);
        let _ = read(&bytes);
        let mut one = vec![1 << 3 | 2, u8::try_from(bytes.len().min(127)).unwrap()];
        one.extend(&bytes[..bytes.len().min(127)]);
        prop_assert_eq!(read(&one).len(), 1);
    }

    /// What is said in one entry is what came out, or nothing did.
    #[test]
    fn bytes_of_envoy_that_were_changed_are_lines_or_none(
        at in 0..SENT.len(), to in any::<u8>(), cut in 0..SENT.len(),
    ) {
        let mut bytes = SENT.to_vec();
        bytes[at] = to;
        bytes.truncate(cut.max(at));
        for one in read(&bytes) {
            if let Read::Line(line) = one {
                let text = line.to_json().unwrap();
                prop_assert_eq!(Line::parse(text.as_bytes()), Some(*line));
            }
        }
    }
}
