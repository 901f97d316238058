/*! A server of issuers' keys that can change its keys, fail, and count who asks. */

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::reply::Reply;
use crate::upstream::Upstream;

pub struct KeyServer {
    pub upstream: Upstream,
    /// And how often it was given.
    answer: Arc<Mutex<(Reply, usize)>>,
}

impl KeyServer {
    pub fn start(jwks: &Value) -> Self {
        let upstream = Upstream::start();
        let answer = Arc::new(Mutex::new((Reply::json(200, jwks), 0)));
        let shared = Arc::clone(&answer);
        upstream.script(move |_| {
            let mut answer = shared.lock().unwrap();
            answer.1 += 1;
            Some(answer.0.clone())
        });
        Self { upstream, answer }
    }

    pub fn serve(&self, jwks: &Value) {
        self.answer.lock().unwrap().0 = Reply::json(200, jwks);
    }

    pub fn fail(&self) {
        self.answer.lock().unwrap().0 = Reply::json(503, &json!({ "error": "down" }));
    }

    /// Those that are counted have their answer: none of them gets what is served from now on.
    pub fn fetches(&self) -> usize {
        self.answer.lock().unwrap().1
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
