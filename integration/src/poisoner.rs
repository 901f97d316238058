/*!
Somebody else's plugin in a second Envoy: a module of its own with the filter's `vm_id`, on the main
thread, which writes over what the filter's workers share while they run.
*/

use policy::engine::Engine;
use serde_json::{Value, json};

use crate::envoy::filter;
use crate::place;

const SERVICE: &str = "type.googleapis.com/envoy.extensions.wasm.v3.WasmService";
const TEXT: &str = "type.googleapis.com/google.protobuf.StringValue";

/// What it is told, one order a line, as `integration/poisoner/src/order.rs` reads it.
#[derive(Default)]
pub struct Poisoner {
    orders: String,
}

impl Poisoner {
    /// Every so many milliseconds, so often in a row.
    pub fn every(tick_ms: u64, rounds: usize) -> Self {
        Self::default().order(&format!("tick {tick_ms}")).order(&format!("rounds {rounds}"))
    }

    /// It looks on until the workers wrote so often, and keeps what stands there then as `old`.
    pub fn after(self, count: usize) -> Self {
        self.order(&format!("after {count}"))
    }

    fn order(mut self, line: &str) -> Self {
        self.orders += line;
        self.orders += "\n";
        self
    }

    /// The ways in which it writes, one after another: `junk`, `empty`, `cut`, `old`.
    pub fn ways(self, ways: &[&str]) -> Self {
        ways.iter().fold(self, |all, way| all.order(way))
    }

    /// One more way: it writes these bytes.
    pub fn given(self, bytes: &[u8]) -> Self {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.order(&format!("given {hex}"))
    }

    /// Loads it beside the filter, and tells it where what `keys` picks of the filter's engine lies.
    pub fn load(self, config: &mut Value, keys: fn(&Engine) -> Vec<String>) {
        let plugin = filter(config, "gatehouse")["typed_config"]["config"].clone();
        let text = plugin["configuration"]["value"].as_str().unwrap();
        let engine = Engine::new(text.as_bytes(), [[0; 16]; 2], 0).unwrap();
        let orders = keys(&engine).iter().fold(self, |all, key| all.order(&format!("key {key}")));
        let vm = &plugin["vm_config"];
        config["bootstrap_extensions"] = json!([{
            "name": "envoy.bootstrap.wasm",
            "typed_config": { "@type": SERVICE, "singleton": true, "config": {
                "name": "poisoner",
                "configuration": { "@type": TEXT, "value": orders.orders },
                "vm_config": {
                    "vm_id": vm["vm_id"], "runtime": vm["runtime"],
                    "code": { "local": { "filename": place::poisoner() } },
                },
            } },
        }]);
    }
}

/// Who fetches, and the file.
pub fn of_bundles(engine: &Engine) -> Vec<String> {
    engine.delivery.as_ref().unwrap().shared_keys().map(str::to_owned).to_vec()
}

/// All cells of what was spent.
pub fn of_budgets(engine: &Engine) -> Vec<String> {
    engine.ledger.shared_keys().collect()
}
