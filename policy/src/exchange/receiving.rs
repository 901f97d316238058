/*! From the first header to the verdict: who calls, what it may cost, and what the rules say of it. */

use super::event::{Now, RequestHead, RouteFacts, RouteName};
use super::head::{self, Admitted};
use super::judge::{self, By, Judged, Known};
use super::refuse::{self, Asked, Refused};
use super::step::{Flow, Step, Steps};
use super::{Exchange, State, dry_run, hold_status, sealed, spend};
use crate::call::Kind;
use crate::engine::{Engine, Shown, id};
use crate::hold::Earlier;
use crate::identity::{self, Peer};
use crate::pin::PinSet;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::seal::Seal;
use crate::session::Session;

/// A call whose body is still coming.
pub(super) struct Receiving {
    pub(super) principal: Principal,
    pub(super) admitted: Admitted,
    pub(super) route: RouteFacts,
    pub(super) method: String,
    /// `None` on a route that says it is plain HTTP.
    pub(super) seal: Option<Seal>,
}

impl Exchange {
    pub(super) fn on_request_headers(
        &mut self,
        engine: &mut Engine,
        head: &RequestHead,
        now: Now,
    ) -> Steps {
        self.id = id("x", head.fresh);
        self.asked = Asked { kind: head.route.kind, mcp: None };
        self.journal.open(engine, &self.id, head, now);
        if let Some(steps) = self.on_oauth(engine, head) {
            return steps;
        }
        if engine.bundle.is_none() {
            let detail = "the gateway has no bundle yet; it asks for one";
            return self.refuse(Refused::new(Reason::NoBundle, detail));
        }
        if engine.is_unsafe_install() && !head.end_of_stream {
            return self.refuse(refuse::unsafe_install());
        }
        let mut admitted = match head::admit(head) {
            Ok(admitted) => admitted,
            Err((reason, detail)) => {
                // It may be meant for an authorization server, at a path that has no single meaning.
                self.journal.without_query();
                return self.refuse(Refused::new(reason, detail));
            }
        };
        self.journal.admitted(engine, head, &admitted);
        let tokens: Vec<&[u8]> = admitted.authorization.iter().map(Vec::as_slice).collect();
        let peer = Peer { uri_san: head.uri_san.as_deref(), connection: head.connection };
        let verified = engine.identity.verify(&tokens, peer, now.seconds());
        let principal = match verified {
            Ok(principal) => principal,
            Err(unauthorized) => return self.refuse(Refused::unauthorized(&unauthorized)),
        };
        self.journal.called_by(engine, &principal, identity::token(&tokens));
        let session = admitted.session(&engine.digest_key, &principal);
        self.journal.joined(&session);
        admitted.session = Some(session);
        if let Some(refused) = self.killed(engine) {
            return self.refuse(refused);
        }
        if let Some(hold) = hold_status::asked(&admitted.normal_path) {
            return self.ask_for_status(engine, &principal, hold, head, now);
        }
        if admitted.said.dry_run {
            self.journal.record.dry_run = true;
            if let Some(refused) = dry_run::take(engine, &principal, now) {
                return self.refuse(refused);
            }
            self.dry_run = true;
        }
        if let Some(name) = head.route.name.sections.unknown_to(&engine.bundle) {
            return self.refuse(Refused::unknown_section(name));
        }
        let mut steps = head::edits(head);
        let seals = head.route.kind != Kind::Http;
        let cluster = &head.route.name.cluster;
        let seal = seals.then(|| Seal::new(&engine.digest_key, &principal, cluster));
        if let Some(seal) = &seal {
            match sealed::open_head(seal, head, &mut admitted) {
                Ok(opened) => steps.extend(opened),
                Err((reason, detail)) => return self.refuse(Refused::new(reason, detail)),
            }
        }
        self.state = State::Receiving(Box::new(Receiving {
            principal,
            admitted,
            route: head.route.clone(),
            method: head.method.clone(),
            seal,
        }));
        steps.push(Step::SetRoute(head.route.name.clone()));
        if head.end_of_stream {
            let judged = self.on_request_body(engine, b"", 0, now);
            steps.extend(judged.list);
            return Steps::with(steps, judged.flow);
        }
        // All there is of the record if the VM does not live to the end of the exchange.
        steps.push(self.journal.write());
        // The one callback that lets go before the verdict: the buffer filter keeps the head.
        Steps::with(steps, Flow::Continue)
    }

    pub(super) fn on_request_body(
        &mut self,
        engine: &mut Engine,
        body: &[u8],
        upstream_attempts: u64,
        now: Now,
    ) -> Steps {
        if let Some(steps) = self.on_kill(engine, now) {
            return steps;
        }
        let receiving = match std::mem::take(&mut self.state) {
            State::Receiving(receiving) => receiving,
            other => {
                self.state = other;
                return Steps::new(self.flow());
            }
        };
        self.journal.record.timings.body_ms = self.journal.since(now);
        if let Some(refused) = refuse::early(engine, body.len(), upstream_attempts) {
            return self.refuse(refused);
        }
        let charged = spend::charge(engine, &receiving, body, now);
        self.journal.record.verdict.budgets = charged.exceeded;
        if let Some(refused) = charged.refused {
            self.asked = spend::asked(&receiving, body);
            if let Some(run) = self.asked.mcp.as_ref().and_then(|mcp| mcp.run.as_deref()) {
                let key = &engine.digest_key;
                self.journal.joined(&Session::of_run(key, &receiving.principal, run));
            }
            self.journal.not_read(engine, body, "request body: over a budget, refused unread");
            return self.refuse(refused);
        }
        self.spending = charged.spending;
        let at = (receiving.route.kind, receiving.admitted.normal_path.as_str());
        let opened = receiving.seal.as_ref().map(|seal| sealed::open_body(seal, at, body));
        let opened = match opened.transpose() {
            Ok(opened) => opened.flatten(),
            Err((reason, detail)) => {
                self.asked = spend::asked(&receiving, body);
                self.journal.not_read(engine, body, "request body: names what is not the caller's");
                return self.refuse(Refused::new(reason, detail));
            }
        };
        let body = opened.as_deref().unwrap_or(body);
        let Receiving { principal, mut admitted, route, method, seal } = *receiving;
        seal.iter().for_each(|seal| sealed::open_name(seal, &mut admitted));
        let RouteName { route: named, cluster, .. } = &route.name;
        let observed = |set: &PinSet, tool: &str| {
            engine.definitions.observed(Shown { route: named, cluster, set: &set.name, tool })
        };
        let by = By {
            bundle: &engine.bundle,
            key: &engine.digest_key,
            observed: &observed,
            known: Known::default(),
        };
        let judged = judge::judge(by, &principal, &route, &method, &admitted, body, now);
        let mut judged = match judged {
            Ok(judged) => judged,
            Err(unreadable) => {
                self.asked.kind = unreadable.kind;
                self.journal.not_read(engine, body, "request body: unreadable, refused");
                return self.refuse(Refused::new(unreadable.reason, unreadable.detail));
            }
        };
        self.asked = Asked { kind: judged.call.kind, mcp: judged.mcp.clone() };
        self.action = action(&judged);
        self.journal.judged(engine, body, &judged, now);
        judged.rewritten = judged.rewritten.or(opened);
        if let Some(refused) = judged.rewritten.as_ref().and_then(|own| refuse::grown(engine, own))
        {
            return self.refuse(refused);
        }
        admitted.session.clone_from(&judged.session);
        self.follow(engine, judged, admitted, (route, seal), now)
    }

    pub(super) fn is_receiving(&self) -> bool {
        matches!(self.state, State::Receiving(_))
    }
}

/// The tool, what else a message of MCP asks for, or method and path.
fn action(judged: &Judged) -> String {
    match &judged.mcp {
        Some(mcp) => Earlier::short(mcp.tool.as_ref().unwrap_or(&mcp.method)),
        None => Earlier::short(&format!("{} {}", judged.call.method, judged.call.path_only())),
    }
}
