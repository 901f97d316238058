/*! Tells the approval service what the core says it has to hear, until it heard it. */

use std::collections::HashMap;
use std::time::Duration;

use policy::engine::{Engine, Told};
use policy::exchange::CallAnswer;
use proxy_wasm::hostcalls;

use crate::host;
use crate::perform;

#[derive(Default)]
pub struct Teller {
    /// By the host's token of the call.
    under_way: HashMap<u32, Told>,
}

impl Teller {
    pub fn tick(&mut self, engine: &mut Engine) {
        let now = host::now();
        while let Some(told) = engine.telling.next(now) {
            let (cluster, authority) = (&engine.approval.cluster, &engine.approval.authority);
            let headers = perform::service_headers(told.call.method, &told.call.path, authority);
            let body = Some(told.call.body.as_slice());
            let timeout = Duration::from_millis(told.call.timeout_ms);
            match hostcalls::dispatch_http_call(cluster, headers, body, Vec::new(), timeout) {
                Ok(token) => {
                    self.under_way.insert(token, told);
                }
                Err(_) => engine.telling.answered(told, None, now),
            }
        }
    }

    /// Whether the call was one of these.
    pub fn answered(&mut self, engine: &mut Engine, token: u32, status: u32) -> bool {
        let Some(told) = self.under_way.remove(&token) else { return false };
        let answer = CallAnswer { status, body: b"" };
        engine.telling.answered(told, Some(answer), host::now());
        true
    }
}
