/*!
What two parsers take differently, as tables: a row is one body or head, and is sent in every protocol in which it
means something. What the gateway does not refuse it has to judge as every reader behind it would.
*/

mod answers;
mod bodies;
mod framings;
mod heads;
mod members;
mod messages;
mod readings;
mod speech;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use integration::{Call, Gateway, Reply, Upstream, place};
use speech::Speech;

/// What the rows try to get past. Where a protocol has a place of its own for it a rule stands twice.
const RULES: &str = "
bundle: {name: differentials, version: '1'}
rules:
  - name: sink-arguments
    on: request
    match: {mcp: {method: tools/call, arguments: {sink: prod}}}
    effect: deny
  - name: sink-body
    on: request
    match: {kind: [http, openai], body: {/metadata/sink: prod}}
    effect: deny
  - name: amount-arguments
    on: request
    match: {mcp: {method: tools/call}}
    when: has(action.arguments.amount) && action.arguments.amount > 500
    effect: deny
  - name: amount-body
    on: request
    match: {kind: [http, openai], http: {path: '/row-*-amount/**'}}
    when: has(context.body.metadata) && has(context.body.metadata.amount) && context.body.metadata.amount > 500
    effect: deny
  - {name: tool, on: request, match: {mcp: {method: tools/call, tool: delete}}, effect: deny}
  - {name: model, on: request, match: {openai: {model: dear}}, effect: deny}
  - {name: hosted, on: request, match: {openai: {tool_type: mcp}}, effect: deny}
";

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    token: String,
}

/// Two of them: each looks through all that its upstream ever got.
static REQUESTS: LazyLock<Scene> = LazyLock::new(Scene::start);
static ANSWERS: LazyLock<Scene> = LazyLock::new(Scene::start);

impl Scene {
    fn start() -> Self {
        let (upstream, folder) = (Upstream::start(), place::folder());
        let bundle = folder.path().join("differentials.yaml");
        std::fs::write(&bundle, RULES).unwrap();
        let prefixes = ["/mcp", "/openai", "/http", "/auto"].into_iter();
        let gateway = prefixes
            .fold(Gateway::build(), |build, prefix| build.upstream(prefix, &upstream.url()));
        let gateway = ["/mcp=mcp", "/openai=openai", "/http=http"]
            .into_iter()
            .fold(gateway, |build, kind| build.arg("--kind").arg(kind))
            .arg("--bundle")
            .arg(&bundle)
            .arg("--bundle")
            .arg("personal-data")
            .start();
        let token = gateway.token("agent");
        upstream.script(|request| replies().remove(request.target.split('/').nth(1)?));
        Self { upstream, gateway, token }
    }
}

/// By the mark of its row, what the upstream answers, once. A row that failed has nothing to do with the next.
fn replies() -> MutexGuard<'static, BTreeMap<String, Reply>> {
    static REPLIES: Mutex<BTreeMap<String, Reply>> = Mutex::new(BTreeMap::new());
    REPLIES.lock().unwrap_or_else(|error| error.into_inner())
}

/// What has to become of a row.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// Before any rule: with that status, where the protocol has no answer of its own, and reason.
    Refused(u16, &'static str),
    /// By a rule.
    Denied(&'static str),
    /// By a rule that cannot tell what it asks for.
    Untold(&'static str),
    /// Each byte of it.
    Passes,
}

const UNREADABLE: Expect = Expect::Refused(400, "body_unreadable");
const AMBIGUOUS: Expect = Expect::Refused(400, "request_ambiguous");
const ENCODED: Expect = Expect::Refused(415, "body_encoded");

/// What went otherwise, told at the end, so that one run shows all of it.
#[derive(Default)]
struct Table {
    /// Ends a part of the path.
    place: &'static str,
    rows: usize,
    failures: Vec<String>,
}

impl Table {
    /// `call` gets the path to ask for.
    fn row(&mut self, name: &str, speech: Speech, expect: Expect, call: impl Fn(&str) -> Call) {
        self.rows += 1;
        let mark = mark();
        let call = call(&speech.path(&format!("{mark}{}", self.place))).token(&REQUESTS.token);
        let answer = call.send(&REQUESTS.gateway);
        let told = match expect {
            Expect::Passes => passed(&call, &mark, answer.status),
            _ if REQUESTS.upstream.saw(&mark) => Err("the upstream got something of it".to_owned()),
            Expect::Refused(status, reason) => speech.is_refusal(&answer, status, reason),
            Expect::Denied(rule) => speech.is_denial(&answer, "denied", &speech.rule(rule)),
            Expect::Untold(rule) => {
                speech.is_denial(&answer, "fact_unavailable", &speech.rule(rule))
            }
        };
        if let Err(what) = told {
            let got = answer.text();
            self.failures.push(format!(
                "{name} over {speech:?}: expected {expect:?}: {what}; {} {got}",
                answer.status
            ));
        }
    }

    /// In every protocol: `members` become those of an object that it carries.
    fn everywhere(&mut self, name: &str, members: impl AsRef<[u8]>, expect: Expect) {
        for speech in Speech::ALL {
            let body = speech.body(members.as_ref());
            self.row(name, speech, expect, |path| speech.call(path).body(body.clone()));
        }
    }

    #[track_caller]
    fn done(self) {
        assert!(self.rows > 0);
        let (count, all) = (self.failures.len(), self.rows);
        assert!(count == 0, "{count} of {all} rows:\n{}", self.failures.join("\n"));
    }
}

/// A part of a path that no other row has.
fn mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("row-{}", NEXT.fetch_add(1, Ordering::Relaxed)) + "-"
}

fn passed(call: &Call, mark: &str, status: u16) -> Result<(), String> {
    let got = REQUESTS.upstream.requests(mark);
    let [request] = got.as_slice() else { return Err(format!("{} calls went on", got.len())) };
    if status != 200 || request.body() != call.content() {
        return Err(format!("the upstream got `{}`", request.text()));
    }
    let types: Vec<_> = call.headers.iter().filter(|(name, _)| name == "content-type").collect();
    let sent = types.first().map(|(_, value)| value.clone());
    if types.len() > 1 || request.header("content-type") != sent {
        return Err("the upstream was told another content type".to_owned());
    }
    Ok(())
}
