/*! Does what the verdict says: lets go, refuses, or takes a place on hold. */

use std::sync::Arc;

use super::again::Again;
use super::event::{Now, RouteFacts};
use super::head::Admitted;
use super::held::Held;
use super::judge::Judged;
use super::refuse::Refused;
use super::response::Response;
use super::step::{Step, Steps};
use super::{Exchange, State, sealed, weight};
use crate::answer::{Answer, Asker};
use crate::call::Kind;
use crate::engine::Engine;
use crate::protocol::List;
use crate::rule::Effect;
use crate::seal::Seal;
use crate::session::JoinedBy;

impl Exchange {
    /// Does what the verdict says.
    pub(super) fn follow(
        &mut self,
        engine: &mut Engine,
        judged: Judged,
        admitted: Admitted,
        (route, seal): (RouteFacts, Option<Seal>),
        now: Now,
    ) -> Steps {
        if self.dry_run {
            return self.tell(&judged.verdict, &route);
        }
        let Judged { mut call, verdict, plan, rewritten, .. } = judged;
        self.route = route.name.clone();
        self.wait_seconds = admitted.said.wait_seconds.unwrap_or(engine.limits.wait_seconds);
        let seal =
            seal.filter(|_| sealed::gives_out(call.kind, &call.method, &admitted.normal_path));
        let mut answer = Answer::new(call.kind, seal).said(route.kind == Kind::Mcp);
        if matches!(call.kind, Kind::Mcp | Kind::Openai) {
            answer = answer.to(Asker {
                bundle: Arc::clone(&engine.bundle),
                call: call.without_body(),
                path: admitted.normal_path.clone(),
                host: admitted.host.clone(),
                sections: route.name.sections.clone(),
                mcp: self.asked.mcp.clone(),
                said: call.proven,
                now: now.seconds(),
            });
        }
        let mut response =
            Box::new(Response::new((plan, answer), &self.id, self.asked.clone(), &call.method));
        // Messages are posted; the same path may answer GET as another service does.
        if call.kind == Kind::Mcp && !call.proven && call.method == "POST" {
            let place = engine.spoken.place(&call);
            call.proven = engine.spoken.knows(place);
            if !call.proven {
                response.watch(place);
            }
        }
        if let Some(told) = self.cancels(engine, &call) {
            return self.cancel(engine, (told, &call), &verdict, (response, rewritten), now);
        }
        match verdict.effect {
            Effect::Allow | Effect::Redact => self.release(response, rewritten, now),
            Effect::Deny => self.refuse(Refused::denied(&verdict)),
            Effect::Hold if self.asks_for_list() => self.refuse(Refused::unasked(&verdict)),
            Effect::Hold if !route.replay_off => self.refuse(Refused::unsafe_route()),
            Effect::Hold => {
                let bytes = weight::of_call(&call, self.asked.mcp.as_ref(), rewritten.as_ref());
                let taken = engine.holding.take(&engine.limits, &call.principal, 1, bytes);
                let place = match taken {
                    Ok(place) => place,
                    Err(full) => return self.refuse(Refused::no_room(full)),
                };
                let wait = self.wait_seconds;
                let again = Again::new(admitted, route, response.plan().clone(), now);
                let wait = (wait, Some(again));
                let mut held = Held::new(&self.id, call, rewritten, &verdict, wait, now);
                held.within(engine, self.journal.record.session.as_ref());
                held.called(engine, self.asked.mcp.as_ref(), self.run_id());
                let outcome = held.ask(engine, now);
                self.state = State::Held(Box::new(held), response);
                self.place = Some(place);
                // All there is of the record if the VM does not live to the end of the hold.
                let record = self.journal.write();
                let mut steps = self.proceed(engine, outcome, now);
                steps.list.insert(0, record);
                steps
            }
        }
    }

    pub(super) fn asks_for_list(&self) -> bool {
        let mcp = self.asked.mcp.as_ref().filter(|call| call.id.is_some());
        mcp.is_some_and(|call| List::asked_by(call).is_some())
    }

    /// Of the session, where the caller named its run. Traces and tokens may differ from message to message.
    pub(super) fn run_id(&self) -> Option<&str> {
        let session = self.journal.record.session.as_ref();
        let run = session.filter(|session| session.joined_by == JoinedBy::Run);
        run.map(|session| session.id.as_str())
    }

    pub(super) fn release(
        &mut self,
        response: Box<Response>,
        rewritten: Option<Vec<u8>>,
        now: Now,
    ) -> Steps {
        self.journal.record.timings.released_ms = self.journal.since(now);
        self.state = State::Released(response);
        let mut steps = Steps::new(self.flow());
        steps.list.extend(rewritten.map(Step::ReplaceRequestBody));
        steps.list.push(Step::SetVerdict("allow"));
        steps.list.push(self.journal.write());
        steps
    }
}
