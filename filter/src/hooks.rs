/*!
Faults on request, for tests of what stands behind this filter. Only with the feature `test-hooks`;
a test proves that the released module has none of it.
*/

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

    fn is(&self, fault: &[u8]) -> bool {
        self.fault.as_deref() == Some(fault)
    }
}
