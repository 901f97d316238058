/*! Waiting for a condition, never for a time. */

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// For whatever should happen at once. Generous: the machine may be busy with other tests.
pub const SOON: Duration = Duration::from_secs(30);

/// Polls until `probe` gives a value; panics with `what` when the time is over.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Something a scripted end waits for and a test opens.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    reached: bool,
}

impl Gate {
    pub fn open(&self) {
        self.state.lock().unwrap().open = true;
        self.changed.notify_all();
    }

    /// Until somebody stands at it.
    #[track_caller]
    pub fn wait_until_reached(&self) {
        let guard = self.state.lock().unwrap();
        let (guard, _) =
            self.changed.wait_timeout_while(guard, SOON, |state| !state.reached).unwrap();
        assert!(guard.reached, "nobody came to the gate within {SOON:?}");
    }

    /// False where the time was over first.
    pub fn pass(&self, limit: Duration) -> bool {
        let mut guard = self.state.lock().unwrap();
        guard.reached = true;
        self.changed.notify_all();
        let (guard, _) =
            self.changed.wait_timeout_while(guard, limit, |state| !state.open).unwrap();
        guard.open
    }
}
