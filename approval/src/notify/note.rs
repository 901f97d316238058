/*! What a message says to people, before it is written down for one kind of channel. */

use policy::rule::Severity;

use super::delivery::Message;
use super::event::{About, Event, EventKind, HeldCall, Killed};
use super::plain::{bounded, unlinked};
use crate::console::{machine, span};

/// Events that a digest tells one by one.
const TOLD: usize = 10;
/// Characters of one line.
const LINE: usize = 500;
const DIGEST_LINE: usize = 160;

/// `title` and labels are our words, all other text is somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub title: String,
    pub lines: Vec<Line>,
    pub link: String,
    pub link_words: &'static str,
    /// What it is about, where that is one: `hold-ID` or `kill-ID`.
    pub about: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub label: String,
    pub text: String,
}

impl Note {
    /// `console`: the URL of the console, without a slash at the end.
    pub fn of(message: &Message, console: &str, now: u64) -> Self {
        match message.only() {
            Some(event) => Self::about(event, console, now),
            None => Self::digest(message, console),
        }
    }

    fn about(event: &Event, console: &str, now: u64) -> Self {
        match &event.about {
            About::Hold(hold) => Self::hold(event, hold, console, now),
            About::Kill(kill) => Self::kill(event, kill, console, now),
        }
    }

    fn kill(event: &Event, kill: &Killed, console: &str, now: u64) -> Self {
        let lifted = event.kind == EventKind::KillLifted;
        let gateways = kill.tenant.as_deref().map_or("all", |tenant| match tenant {
            "" => "those without a tenant",
            tenant => tenant,
        });
        let ends = match kill.until.saturating_sub(now) {
            _ if lifted => String::new(),
            0 => format!("it is over since {}", machine(kill.until)),
            seconds => format!("{}, until {}", span(seconds), machine(kill.until)),
        };
        let all = [
            ("Who", kill.who()),
            ("Issuer", kill.issuer.clone().unwrap_or_default()),
            ("Key", kill.whom.key().to_owned()),
            ("Gateways", gateways.to_owned()),
            (by_label(event.kind), event.by.clone()),
            ("Reason", event.reason_text.clone()),
            ("Time left", ends),
        ];
        let told = all.iter().filter(|(_, text)| !text.is_empty());
        Self {
            title: title(event.kind, false).to_owned(),
            lines: told.map(|(label, text)| line(label, text)).collect(),
            link: format!("{console}/kills"),
            link_words: "See the kills",
            about: Some(format!("kill-{}", kill.id)),
        }
    }

    fn hold(event: &Event, hold: &HeldCall, console: &str, now: u64) -> Self {
        let mut lines = vec![
            line("Call", &hold.action),
            line("Who", &who(hold)),
            line(if hold.rules.len() == 1 { "Rule" } else { "Rules" }, &hold.rules.join(", ")),
        ];
        let more = [
            ("Tenant", hold.tenant.clone()),
            ("Why", hold.description.clone()),
            (by_label(event.kind), event.by.clone()),
            ("Reason", event.reason_text.clone()),
            ("Time left", left(event.kind, hold, now)),
        ];
        lines.extend(more.iter().filter(|(_, text)| !text.is_empty()).map(|(l, t)| line(l, t)));
        if let Some((uses, until)) = hold.standing {
            lines
                .push(line("Lets pass", &format!("{uses} calls in all, until {}", machine(until))));
        }
        let standing = matches!(event.kind, EventKind::StandingMade | EventKind::StandingRevoked);
        Self {
            title: format!("{} ({})", title(event.kind, hold.proposed), severity(hold.severity)),
            lines,
            link: if standing {
                format!("{console}/standing")
            } else {
                format!("{console}/holds/{}", hold.id)
            },
            link_words: if standing { "See the standing grants" } else { "Open the hold" },
            about: Some(format!("hold-{}", hold.id)),
        }
    }

    fn digest(message: &Message, console: &str) -> Self {
        let told = message.events.iter().take(TOLD);
        let mut lines: Vec<Line> = told
            .map(|event| {
                let about = match &event.about {
                    About::Hold(hold) => {
                        format!("{}, {}, {}", hold.action, who(hold), hold.rules.join(", "))
                    }
                    About::Kill(kill) => format!("{}, {}", kill.who(), kill.whom.key()),
                };
                line(short(event.kind), &bounded(&about, DIGEST_LINE))
            })
            .collect();
        let rest = message.total.saturating_sub(lines.len() as u64);
        if rest > 0 {
            lines.push(line("And", &format!("{rest} more")));
        }
        let counts: Vec<String> = message
            .kinds
            .iter()
            .map(|(kind, count)| format!("{count} {}", counted(*kind)))
            .collect();
        Self {
            title: format!("{} events: {}", message.total, counts.join(", ")),
            lines,
            link: format!("{console}/"),
            link_words: "Open the queue",
            about: None,
        }
    }
}

fn line(label: &str, text: &str) -> Line {
    Line { label: label.to_owned(), text: unlinked(&bounded(text, LINE)) }
}

fn title(kind: EventKind, proposed: bool) -> &'static str {
    match kind {
        EventKind::BreakGlass => "Break glass: a call is let pass at once",
        EventKind::Held if proposed => "A model's proposal waits for an approver",
        EventKind::Held => "A call waits for an approver",
        EventKind::Approved => "A call was approved",
        EventKind::Denied => "A call was denied",
        EventKind::TakenBack => "An approval was taken back before it was used",
        EventKind::StandingMade => "An approval stands for calls like this one",
        EventKind::StandingRevoked => "A standing grant was revoked",
        EventKind::Expired => "A call on hold expired",
        EventKind::Cancelled => "A call on hold is cancelled",
        EventKind::Killed => "Killed: nothing of it passes any more",
        EventKind::KillLifted => "A kill was lifted: its calls are judged by the rules again",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn short(kind: EventKind) -> &'static str {
    match kind {
        EventKind::BreakGlass => "Break glass",
        EventKind::Killed => "Killed",
        EventKind::KillLifted => "Lifted",
        EventKind::Held => "Waits",
        EventKind::Approved => "Approved",
        EventKind::Denied => "Denied",
        EventKind::TakenBack => "Taken back",
        EventKind::StandingMade => "Stands",
        EventKind::StandingRevoked => "Revoked",
        EventKind::Expired => "Expired",
        EventKind::Cancelled => "Cancelled",
    }
}

fn counted(kind: EventKind) -> &'static str {
    match kind {
        EventKind::BreakGlass => "by break glass",
        EventKind::Killed => "killed",
        EventKind::KillLifted => "kills lifted",
        EventKind::Held => "held",
        EventKind::Approved => "approved",
        EventKind::Denied => "denied",
        EventKind::TakenBack => "taken back",
        EventKind::StandingMade => "let stand",
        EventKind::StandingRevoked => "revoked",
        EventKind::Expired => "expired",
        EventKind::Cancelled => "cancelled",
    }
}

fn by_label(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Denied => "Denied by",
        EventKind::TakenBack => "Taken back by",
        EventKind::StandingRevoked => "Revoked by",
        EventKind::BreakGlass => "Passed by",
        EventKind::Killed => "Killed by",
        EventKind::KillLifted => "Lifted by",
        _ => "Approved by",
    }
}

fn who(hold: &HeldCall) -> String {
    match &hold.agent {
        Some(agent) => format!("{} through {agent}", hold.subject),
        None => hold.subject.clone(),
    }
}

/// Only of what still waits for something.
fn left(kind: EventKind, hold: &HeldCall, now: u64) -> String {
    let at = machine(hold.expires_at);
    match (kind, hold.expires_at.saturating_sub(now)) {
        (EventKind::Held | EventKind::Approved, 0) => format!("none, it expired at {at}"),
        (EventKind::Held | EventKind::Approved, seconds) => {
            format!("{}, until {at}", span(seconds))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
