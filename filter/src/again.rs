/*! What streams ask again, in the root's tick, and the answers to that. */

use std::cell::RefCell;
use std::rc::Rc;

use policy::exchange::{CallAnswer, Event};
use proxy_wasm::hostcalls;

use crate::host;
use crate::stream::{self, By, Kept, Stream};

/// In one tick. What a stream is answered at once Envoy does when the callback is over, one inside the other:
/// of too many of them its stack would not be deep enough.
const AT_ONCE: usize = 32;

/// A tick stops after those that hold so many bytes. Whose service does not answer asks with all of them, each time.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

pub struct Again {
    /// Of the root.
    pub context: u32,
    pub kept: Rc<RefCell<Kept>>,
}

impl Again {
    pub fn tick(&self) {
        let now = host::now();
        self.kept.borrow_mut().late.tick(now);
        let due = self.kept.borrow_mut().due(now, AT_ONCE, BYTES_AT_ONCE);
        for stream in due {
            self.within(&stream, || {
                stream::on(&stream, &self.kept, Event::CallDue, By::Root);
            });
        }
    }

    /// Tells streams whose caller the kill switch stops; whether all of them know.
    pub fn kill(&self) -> bool {
        let killed = self.kept.borrow().killed(AT_ONCE);
        for stream in &killed {
            self.within(stream, || {
                stream::on(stream, &self.kept, Event::Killed, By::Root);
            });
        }
        killed.len() < AT_ONCE
    }

    /// Whether the call was one of these.
    pub fn answered(&self, token: u32, body: impl FnOnce() -> Vec<u8>) -> bool {
        if self.kept.borrow_mut().late.answered(token) {
            return true;
        }
        let Some(stream) = self.kept.borrow_mut().answered(token) else { return false };
        self.within(&stream, || {
            let (status, body) = (host::answer_status(), body());
            let route = host::route_name();
            let (answer, fresh) = match host::fresh() {
                Some(fresh) => (Some(CallAnswer { status, body: &body }), fresh),
                None => (None, [0; 16]),
            };
            let event = Event::CallAnswered { answer, route, fresh };
            stream::on(&stream, &self.kept, event, By::Root);
        });
        true
    }

    /// What is called on the host in there is called for that stream.
    fn within(&self, stream: &RefCell<Stream>, act: impl FnOnce()) {
        let Ok(context) = stream.try_borrow().map(|stream| stream.context) else { return };
        if hostcalls::set_effective_context(context).is_err() {
            return;
        }
        act();
        let _ = hostcalls::set_effective_context(self.context);
    }
}
