/*! Envoy ends: its file has all, the service what was sent before. */

use rustix::process::Signal;

use super::*;

/// What was on its way is in the file, and fills what the store lacks.
#[test]
fn what_a_signal_cuts_off_is_in_the_file() {
    let ends = Ends::new(&[]);
    let service = Service::sqlite(&ends.gateway);
    let replica = service.replica();
    let mut envoy = Envoy::with(&ends.gateway, 2, |config| service.serves_all(&[&replica], config));
    let events = Reply::event_stream().chunk("data: one\n\n").wait(&std::sync::Arc::default());
    ends.upstream.reply("/endless", events);
    (0..10).for_each(|number| ends.pass(&envoy, &format!("/before/{number}")));
    let held: Vec<_> = (0..5).map(|number| ends.held(&envoy, &format!("/held/{number}"))).collect();
    (0..5).for_each(|number| drop(hold_of(&replica, &format!("/held/{number}"))));
    let mut stream = Connection::open(&envoy.address);
    stream.write(Call::get("/endless").token(&ends.token).bytes()).head().unwrap();
    let store = service.stored();
    until("what ended to be stored", SOON, || (store.lines().len() == 10).then_some(()));

    envoy.process.stop(Signal::TERM, SOON);
    drop((held, stream));
    let lines = written(&envoy.records);
    assert_eq!(lines.len(), 16, "Envoy loses none of its file");
    // Some of the last six may have been sent as well, and be stored at this very moment.
    let filled = store.import(&lines);
    assert_eq!((filled.new + filled.known) as usize, lines.len(), "{filled:?}");
    assert!(filled.known >= 10, "{filled:?}");
    assert_eq!(by_place(stored(&store)), by_place(lines));
    assert_eq!(store.conflicts(), 0);
}
