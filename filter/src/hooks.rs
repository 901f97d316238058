/*!
Faults on request, for tests of what stands behind this filter. Only with the feature `test-hooks`;
a test proves that the released module has none of it.
*/

use policy::engine::Engine;
use proxy_wasm::hostcalls;
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Hooks {
    fault: Option<Vec<u8>>,
}

impl Hooks {
    #[allow(clippy::panic)]
    pub fn hear(&mut self, headers: &[(String, Vec<u8>)]) {
        let fault = headers.iter().find(|(name, _)| name == "x-gatehouse-test-fault");
        self.fault = fault.map(|(_, value)| value.clone());
        if self.is(b"panic-at-headers") {
            panic!("gatehouse test fault");
        }
    }

    #[allow(clippy::panic)]
    pub fn at_request_body(&self) -> Option<Action> {
        if self.is(b"panic-at-body") {
            panic!("gatehouse test fault");
        }
        self.is(b"continue-at-body").then_some(Action::Continue)
    }

    #[allow(clippy::panic)]
    pub fn at_call_response(&self) {
        if self.is(b"panic-at-call") {
            panic!("gatehouse test fault");
        }
    }

    /// As a plugin of somebody else with the same `vm_id` would, that knows where to write.
    pub fn poison_shared_data(&self, engine: &Engine) {
        if self.is(b"poison-budgets") {
            for key in engine.ledger.shared_keys() {
                let _ = hostcalls::set_shared_data(&key, Some(b"poison"), None);
            }
        }
        let Some(delivery) = engine.delivery.as_ref().filter(|_| self.is(b"poison-shared")) else {
            return;
        };
        for key in delivery.shared_keys() {
            let _ = hostcalls::set_shared_data(key, Some(b"poison"), None);
        }
    }

    fn is(&self, fault: &[u8]) -> bool {
        self.fault.as_deref() == Some(fault)
    }
}
