/*! What an upstream answers: its times, its cost, and what is learned of it. */

use super::event::{Now, RouteName};
use super::response::Response;
use super::step::{Flow, Step, Steps};
use super::{Exchange, State};
use crate::answer::ShownTool;
use crate::engine::{Engine, Shown};

impl Exchange {
    pub(super) fn answer_comes(&mut self, end_of_stream: bool, now: Now) {
        if matches!(self.state, State::Released(_)) {
            let since = self.journal.since(now);
            self.journal.record.timings.answered_ms = since;
            self.answer_ends(end_of_stream, now);
        }
    }

    pub(super) fn answer_ends(&mut self, end_of_stream: bool, now: Now) {
        if end_of_stream && self.journal.record.timings.answered_ms.is_some() {
            let since = self.journal.since(now);
            self.journal.record.timings.answer_end_ms = since;
        }
    }

    pub(super) fn respond(&mut self, act: impl FnOnce(&mut Response) -> Steps) -> Steps {
        match &mut self.state {
            State::Released(response) => act(response),
            // Our own answer on its way out, or Envoy's: nothing of the upstream is in it. Of an answer that is
            // withheld nothing more comes.
            State::New
            | State::Receiving(_)
            | State::Held(..)
            | State::Cancelling(_)
            | State::Inquiring(_)
            | State::Withheld(..)
            | State::Refused => Steps::new(Flow::Continue),
        }
    }

    /// Whether the time matters for what an upstream answers.
    pub fn is_timed(&self) -> bool {
        let waits = matches!(&self.state, State::Released(one) if one.may_wait() || one.shows());
        waits || self.asks_service() || self.spending.is_counting()
    }

    /// What came so far of an answer that goes on.
    pub(super) fn show(&mut self, engine: &Engine, now: Now) -> Option<Step> {
        let State::Released(response) = &mut self.state else { return None };
        let began = self.journal.record.started_ms;
        self.journal.show(&response.show(engine, began, now.unix_ms)?)
    }

    /// Bytes of the upstream; the gateway's own answers cost nothing.
    pub(super) fn spend(&mut self, engine: &mut Engine, bytes: usize, last: bool, now: Now) {
        if let State::Released(response) = &self.state
            && !response.is_refused()
        {
            self.spending.more(engine, bytes, last, now);
        }
    }

    /// What the upstream shows of itself.
    pub(super) fn learn(&mut self, engine: &mut Engine, chunk: &[u8], last: bool) {
        if let State::Released(response) = &mut self.state
            && let Some(place) = response.proves(chunk, last)
        {
            engine.spoken.learn(place);
        }
    }

    /// What a list showed of pinned tools, before its caller can call one.
    pub(super) fn remember(&mut self, engine: &mut Engine) {
        let State::Released(response) = &mut self.state else { return };
        for shown in response.shown() {
            let RouteName { route, cluster, .. } = &self.route;
            let ShownTool { set, tool, digest, pinned, .. } = &shown;
            engine.definitions.learn(Shown { route, cluster, set, tool }, *digest, *pinned);
        }
    }
}
