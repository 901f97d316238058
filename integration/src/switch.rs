/*!
Stands where the filter thinks that the approval service is, and hands each question on to a real one: a test says to
which, and may act between its answer and the filter.
*/

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::approver::{Question, lead};
use crate::call::Call;
use crate::replicas::Service;
use crate::reply::Reply;
use crate::upstream::{Request, Upstream};

pub struct Switch {
    pub seen: Upstream,
    service: Arc<Service>,
}

type Choice = Arc<Mutex<Box<dyn FnMut(Question) -> Way + Send>>>;

/// Where a question goes, and what becomes of the answer.
pub enum Way {
    /// There, and back.
    To(SocketAddr),
    /// There, and after the answer came this is done, and nothing comes back.
    Lost(SocketAddr, Box<dyn FnOnce() + Send>),
    /// Nowhere.
    Broken,
}

impl Switch {
    pub fn to(
        service: &Arc<Service>,
        choose: impl FnMut(Question) -> Way + Send + 'static,
    ) -> Self {
        let (seen, service) = (Upstream::start(), Arc::clone(service));
        let choose: Choice = Arc::new(Mutex::new(Box::new(choose)));
        let behind = Arc::clone(&service);
        seen.script(move |request| {
            let way = (choose.lock().unwrap())(Question::of(request));
            Some(carry(&behind, request, way).unwrap_or_else(|| Reply::raw("").close()))
        });
        Self { seen, service }
    }

    /// In clear: what is behind is asked over TLS all the same.
    pub fn serves(&self, config: &mut Value) {
        lead(config, self.seen.address);
    }

    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Whose target holds `part`.
    pub fn asked(&self, question: Question, part: &str) -> usize {
        let requests = self.seen.requests(part).into_iter();
        requests.filter(|request| Question::of(request) == question).count()
    }
}

fn carry(service: &Service, request: &Request, way: Way) -> Option<Reply> {
    let (to, after) = match way {
        Way::To(to) => (to, None),
        Way::Lost(to, after) => (to, Some(after)),
        Way::Broken => return None,
    };
    let mut call = Call::new(&request.method, &request.target).body(request.body());
    call = call.header("content-type", "application/json");
    let response = service.ask(to, &call).ok();
    if let Some(after) = after {
        after();
        return None;
    }
    let response = response?;
    if response.status == 204 {
        return Some(Reply::bodyless(204, &[]));
    }
    let kind = response.header("content-type").unwrap_or_default();
    Some(Reply::new(response.status, &[("content-type", &kind)], &response.message.body))
}
