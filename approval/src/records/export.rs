/*!
A session as one file of HTML, for whoever has neither the console nor the records: the same timeline, the
same replay. It loads nothing and runs nothing but its own script, which its policy names by digest.

It comes in pieces, so that a long session is never whole in memory.
*/

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::laid_out::LaidOut;
use super::session::Session;
use super::timeline::{Timeline, Turn};
use super::{Exchange, describe, times};
use crate::view::visible_line;

const SCRIPT: &str = include_str!("../../static/sessions.js");

static STYLE: LazyLock<String> = LazyLock::new(|| {
    [include_str!("../../static/app.css"), include_str!("../../static/sessions.css")].concat()
});

/// Only what has these digests is a style or a script; nothing is loaded from anywhere.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = |text: &str| STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(&STYLE),
        digest(SCRIPT),
    )
});

/// What is said of a session above its timeline.
pub struct Head {
    pub id: String,
    pub who: String,
    pub joined: String,
    pub client_id: String,
    pub began: String,
    /// From the first exchange's begin to the last one's, in milliseconds and in words.
    pub span: u64,
    pub within: String,
    pub exchanges: usize,
    pub dry_runs: usize,
    pub held: usize,
    pub refused: usize,
    pub redacted: usize,
}

impl Head {
    pub fn of(session: &Session) -> Self {
        let span = session.last_ms.saturating_sub(session.started_ms);
        Self {
            id: visible_line(&session.id),
            who: session.subject.as_deref().map_or_else(|| "nobody known".to_owned(), visible_line),
            joined: session.joined_by.map(|by| describe::word(&by)).unwrap_or_default(),
            client_id: session.client_id.as_deref().map(visible_line).unwrap_or_default(),
            began: times::date(session.started_ms),
            span,
            within: times::lasted(span),
            exchanges: session.exchanges,
            dry_runs: session.dry_runs,
            held: session.held,
            refused: session.refused,
            redacted: session.redacted,
        }
    }
}

#[derive(Template)]
#[template(path = "export_head.html")]
struct Begin<'a> {
    head: &'a Head,
    made: String,
    policy: &'a str,
    style: &'a str,
}

#[derive(Template)]
#[template(path = "export_turn.html")]
struct One<'a> {
    turn: &'a Turn,
    one: &'a LaidOut,
    /// There is no console behind a file.
    links: bool,
}

pub struct Export(Timeline);

impl Export {
    /// With the begin of the file. `now` in Unix milliseconds.
    pub fn begin(session: &Session, now: u64) -> askama::Result<(Self, String)> {
        let begin = Begin {
            head: &Head::of(session),
            made: times::date(now),
            policy: &POLICY,
            style: &STYLE,
        };
        Ok((Self(Timeline::new(session.started_ms)), begin.render()?))
    }

    /// The next exchange, by when they began.
    pub fn exchange(&mut self, exchange: &Exchange) -> askama::Result<String> {
        let turn = self.0.turn(exchange);
        One { turn: &turn, one: &LaidOut::of(exchange), links: false }.render()
    }

    pub fn end(self) -> String {
        format!("</ol>\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
    }
}

/// The name of the file that is exported.
pub fn file_name(session: &str, extension: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = session.chars().filter(plain).take(64).collect();
    format!("session-{name}.{extension}")
}
