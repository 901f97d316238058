/*!
One exchange and where it runs. Its callbacks come from Envoy; what it asks a second time, and what is answered
only when something happens, the root asks for it, in its tick, and so hears the answer: the SDK brings an answer
to whoever asked, whatever stream it is about, and to nobody if that is a stream that is gone.
*/

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};

use policy::engine::Engine;
use policy::exchange::{Event, Exchange, Now};
use policy::reason::Reason;
use proxy_wasm::types::Action;

use crate::host;
use crate::http;
use crate::late::Late;
use crate::perform::{Called, Service, perform};

/// Nothing is asked again later than that.
const AHEAD_MS: u64 = 3_000;

pub struct Stream {
    /// Envoy's number for it.
    pub context: u32,
    engine: Rc<RefCell<Engine>>,
    exchange: Exchange,
    under_way: Option<UnderWay>,
}

/// A call to the approval service that was not answered yet.
#[derive(Clone, Copy)]
enum UnderWay {
    /// By the root, with this token.
    ByRoot(u32),
    /// By the stream; it is over at this time at the latest, in Unix milliseconds.
    ByItself(u64),
}

/// Streams whose question nobody answered.
#[derive(Default)]
pub struct Kept {
    /// By when it is asked again, in Unix milliseconds, and a number that makes each another.
    later: BTreeMap<(u64, u64), Weak<RefCell<Stream>>>,
    number: u64,
    /// By the host's token of the call that the root made.
    asked: HashMap<u32, Weak<RefCell<Stream>>>,
    pub late: Late,
    /// All there are, by Envoy's number.
    live: HashMap<u32, Weak<RefCell<Stream>>>,
}

impl Kept {
    pub fn begins(&mut self, stream: &Rc<RefCell<Stream>>, context: u32) {
        self.live.insert(context, Rc::downgrade(stream));
    }

    pub fn is_over(&mut self, context: u32) {
        self.live.remove(&context);
    }

    /// So many of those whose caller the kill switch stops.
    pub fn killed(&self, most: usize) -> Vec<Rc<RefCell<Stream>>> {
        let live = self.live.values().filter_map(Weak::upgrade);
        let killed = live.filter(|stream| {
            let stream = stream.try_borrow();
            stream.is_ok_and(|stream| {
                let engine = stream.engine.try_borrow();
                engine.is_ok_and(|engine| stream.exchange.is_killed(&engine))
            })
        });
        killed.take(most).collect()
    }

    /// So many of those that are due, the longest due first, and no more once what they hold is that many bytes: each
    /// may send all of it.
    pub fn due(&mut self, now: Now, most: usize, bytes: usize) -> Vec<Rc<RefCell<Stream>>> {
        let mut due = Vec::new();
        let mut held = 0;
        while due.len() < most
            && held < bytes
            && let Some(stream) = self.next(now)
        {
            // Who left meanwhile is gone.
            let Some(stream) = stream.upgrade() else { continue };
            held += stream.try_borrow().map_or(0, |stream| stream.exchange.held_bytes());
            due.push(stream);
        }
        due
    }

    fn next(&mut self, now: Now) -> Option<Weak<RefCell<Stream>>> {
        // Further ahead than any is ever put: the clock went back.
        let (last, _) = self.later.last_key_value()?;
        if last.0 > now.unix_ms.saturating_add(AHEAD_MS) {
            return self.later.pop_last().map(|(_, stream)| stream);
        }
        let (first, _) = self.later.first_key_value()?;
        (first.0 <= now.unix_ms).then(|| self.later.pop_first().map(|(_, stream)| stream))?
    }

    /// Whose call that was.
    pub fn answered(&mut self, token: u32) -> Option<Rc<RefCell<Stream>>> {
        self.asked.remove(&token)?.upgrade()
    }
}

/// Who runs it: that is who hears the answer to what it asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Itself,
    /// For it, with its context made the effective one.
    Root,
}

impl Stream {
    pub fn new(context: u32, engine: Rc<RefCell<Engine>>) -> Rc<RefCell<Self>> {
        let exchange = Exchange::new();
        Rc::new(RefCell::new(Self { context, engine, exchange, under_way: None }))
    }

    pub fn engine(&self) -> &RefCell<Engine> {
        &self.engine
    }
}

/// Tells the exchange, and does what it says.
pub fn on(
    stream: &Rc<RefCell<Stream>>,
    kept: &RefCell<Kept>,
    mut event: Event<'_>,
    by: By,
) -> Action {
    let Ok(mut one) = stream.try_borrow_mut() else { return http::closed(Reason::UnsafeInstall) };
    let Stream { engine: shared, exchange, under_way, .. } = &mut *one;
    let Ok(mut engine) = shared.try_borrow_mut() else {
        return http::closed(Reason::UnsafeInstall);
    };
    let paused = matches!(event, Event::CallAnswered { .. } | Event::CallDue | Event::Killed);
    let ends = matches!(event, Event::Log(_));
    // The upstream's answer is judged whatever the time, and charged by it.
    let timed = event.is_timed() || exchange.is_timed();
    let now = if timed { host::now() } else { Now { unix_ms: 0 } };
    let mut kept = kept.borrow_mut();
    if matches!(event, Event::CallAnswered { .. }) {
        *under_way = None;
    }
    if let Some(call) = under_way.filter(|_| ends) {
        if let UnderWay::ByRoot(token) = call {
            kept.asked.remove(&token);
        }
        if let Some(place) = exchange.take_place() {
            let place = (Rc::clone(shared), place);
            match call {
                UnderWay::ByRoot(token) => kept.late.when_answered(token, place),
                UnderWay::ByItself(until) => kept.late.by(until, place),
            }
        }
    }
    loop {
        let steps = exchange.on(&mut engine, event, now);
        if exchange.was_judged() {
            exchange.judged_at(host::now());
        }
        let (cluster, authority) = (&engine.approval.cluster, &engine.approval.authority);
        let by_root = by == By::Root;
        let done = perform(steps, &Service { cluster, authority, paused, by_root });
        if let Some(at) = done.again {
            kept.number += 1;
            let key = (at, kept.number);
            kept.later.insert(key, Rc::downgrade(stream));
        }
        match done.called {
            // The service could not even be called: the exchange has to hear of it, too.
            Called::Failed => {
                let fresh = host::fresh().unwrap_or_default();
                event = Event::CallAnswered { answer: None, route: host::route_name(), fresh };
            }
            Called::As(token, _) if by_root => {
                kept.asked.insert(token, Rc::downgrade(stream));
                *under_way = Some(UnderWay::ByRoot(token));
                return done.action;
            }
            Called::As(_, timeout_ms) => {
                *under_way = Some(UnderWay::ByItself(now.unix_ms.saturating_add(timeout_ms)));
                return done.action;
            }
            Called::Nobody => return done.action,
        }
    }
}
