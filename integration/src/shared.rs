/*!
One gateway for all tests that need nothing special of theirs: starting one costs seconds. Each test
has a path and a principal of its own, by which it knows its requests and records.
*/

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::call::Call;
use crate::gateway::Gateway;
use crate::record::Entry;
use crate::reply::Reply;
use crate::upstream::{Request, Upstream};

struct Shared {
    upstream: Upstream,
    gateway: Gateway,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let upstream = Upstream::start();
    let url = upstream.url();
    let gateway = Gateway::build()
        .upstream("/", &url)
        .upstream("/api", &format!("{url}/base"))
        .upstream("/tools", &format!("{url}/tools"))
        .upstream("/model", &format!("{url}/model"))
        .arg("--kind")
        .arg("/api=http")
        .arg("--kind")
        .arg("/tools=mcp")
        .arg("--kind")
        .arg("/model=openai")
        .start();
    Shared { upstream, gateway }
});

/// One test's part of the shared gateway.
pub struct Case {
    pub upstream: &'static Upstream,
    pub gateway: &'static Gateway,
    pub token: String,
    pub subject: String,
    mark: String,
}

pub fn case() -> Case {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let shared = &*SHARED;
    let subject = format!("agent-{number}");
    Case {
        upstream: &shared.upstream,
        gateway: &shared.gateway,
        token: shared.gateway.token(&subject),
        subject,
        mark: format!("/case-{number}/"),
    }
}

impl Case {
    /// Below the upstream `/`: what the agent asks for is what the upstream gets.
    pub fn path(&self, rest: &str) -> String {
        self.mark.clone() + rest.trim_start_matches('/')
    }

    /// Below another prefix: `/api`, `/tools` or `/model`.
    pub fn under(&self, prefix: &str, rest: &str) -> String {
        format!("{prefix}{}", self.path(rest))
    }

    /// What the scripted upstream answers to this test's calls below `rest`, whatever the prefix.
    pub fn reply(&self, rest: &str, reply: Reply) {
        let path = self.path(rest);
        self.upstream.script(move |request| request.target.contains(&path).then(|| reply.clone()));
    }

    pub fn get(&self, rest: &str) -> Call {
        Call::get(self.path(rest)).token(&self.token)
    }

    pub fn post(&self, rest: &str) -> Call {
        Call::post(self.path(rest)).token(&self.token)
    }

    pub fn call(&self, method: &str, rest: &str) -> Call {
        Call::new(method, self.path(rest)).token(&self.token)
    }

    /// What reached the upstream of this test.
    pub fn requests(&self) -> Vec<Request> {
        self.upstream.requests(&self.mark)
    }

    /// The one request that reached the upstream.
    #[track_caller]
    pub fn request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    /// Not even a part of a request line of this test reached the upstream.
    #[track_caller]
    pub fn assert_untouched(&self) {
        assert!(!self.upstream.saw(&self.mark), "the upstream got something of {}", self.mark);
    }

    #[track_caller]
    pub fn record(&self, rest: &str) -> Entry {
        let path = self.path(rest);
        self.gateway.record(&path, |entry| entry.path().contains(&path))
    }
}

impl Drop for Case {
    /// The gateway is not dropped with the test, so its words are shown here.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let output = self.gateway.process.output();
        let tail: Vec<_> = output.lines().rev().take(40).collect();
        eprintln!("---- gatehouse, last lines ----");
        tail.iter().rev().for_each(|line| eprintln!("{line}"));
        for entry in self.gateway.records() {
            if entry.path().contains(&self.mark) {
                eprintln!("---- record ----\n{}\n{}", entry.line, entry.record);
            }
        }
    }
}
