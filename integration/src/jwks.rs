/*! A server of issuers' keys that can change its keys, fail, and count who asks. */

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::reply::Reply;
use crate::upstream::Upstream;

pub struct KeyServer {
    pub upstream: Upstream,
    answer: Arc<Mutex<Reply>>,
}

impl KeyServer {
    pub fn start(jwks: &Value) -> Self {
        let upstream = Upstream::start();
        let answer = Arc::new(Mutex::new(Reply::json(200, jwks)));
        let shared = Arc::clone(&answer);
        upstream.script(move |_| Some(shared.lock().unwrap().clone()));
        Self { upstream, answer }
    }

    pub fn serve(&self, jwks: &Value) {
        *self.answer.lock().unwrap() = Reply::json(200, jwks);
    }

    pub fn fail(&self) {
        *self.answer.lock().unwrap() = Reply::json(503, &json!({ "error": "down" }));
    }

    pub fn fetches(&self) -> usize {
        self.upstream.requests("").len()
    }

    /// A cluster of Envoy's that leads here.
    pub fn cluster(&self, name: &str) -> Value {
        let address = self.upstream.address;
        json!({
            "name": name,
            "connect_timeout": "1s",
            "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [{
                "endpoint": { "address": { "socket_address": {
                    "address": address.ip().to_string(), "port_value": address.port(),
                } } },
            }] }] },
        })
    }
}
