/*! `gatehouse approvals`: the console's queue in a terminal. */

mod channels;
mod shown;
mod standing;
mod watch;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use approval::api::{DecisionRequest, HoldSummary};
use approval::store::{Choice, Fate};
use clap::{Args, Subcommand};
use policy::hold::HoldStatus;

use super::DATA;
use crate::console::Console;
use crate::console::place::Place;
use crate::print::{self, Format, clean};
use shown::{detail, queue};

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// Under which name, where `gatehouse run` was told of several approvers.
    #[arg(long = "as", value_name = "NAME", global = true)]
    who: Option<String>,
    #[command(flatten)]
    place: Place,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// Calls on hold.
    List {
        /// open, settled, pending, approved, denied, expired, cancelled or redeemed.
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
        /// Only what you may approve.
        #[arg(long)]
        mine: bool,
        /// More than the first 200.
        #[arg(long)]
        all: bool,
    },
    /// Calls on hold as they come, one line each, until you end it with Ctrl-C.
    Watch {
        /// Only what you may approve.
        #[arg(long)]
        mine: bool,
    },
    /// One call: what it would do, and what was decided.
    Show { id: String },
    /// Let it pass, once, or with --standing calls like it as well.
    Approve {
        #[command(flatten)]
        decision: Decision,
        /// Calls like this one, too, as far as the rule's `hold.scope` goes.
        #[arg(long)]
        standing: bool,
    },
    /// Refuse it, or take back an approval that nobody used yet.
    Deny(Decision),
    /// Approvals that stand for calls like the one they were given for.
    Standing,
    /// End one of them.
    Revoke { id: String },
    /// Where people are told of holds, and how each channel does.
    Channels {
        /// The messages that were given up instead.
        #[arg(long)]
        given_up: bool,
    },
    /// Send a message that was given up again.
    Resend { id: String },
    /// Drop one.
    Drop { id: String },
    /// Print a link that opens the console in a browser, once.
    Login,
}

#[derive(Args)]
struct Decision {
    id: String,
    /// Why; it is kept, and the agent reads that of a denial alone.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let who = arguments.who.as_deref();
    let console = Console::of(&arguments.place, DATA, who)?;
    if !matches!(
        arguments.action,
        Action::List { mine: false, .. }
            | Action::Watch { mine: false }
            | Action::Show { .. }
            | Action::Standing
            | Action::Channels { .. }
    ) {
        console.knows_who(who)?;
    }
    if let Action::Watch { mine } = arguments.action {
        super::block_on(watch::run(&console, mine, arguments.format))?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = super::block_on(answer(&console, &arguments.action, arguments.format))?;
    print::out(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn answer(console: &Console, action: &Action, format: Format) -> Result<String> {
    let human = format == Format::Human;
    match action {
        Action::Watch { .. } => bail!("a watch prints as it goes"),
        Action::List { status, mine, all } => {
            let status = status.as_deref();
            let list = match all {
                true => console.list_all(status, *mine).await?,
                false => console.list(status, *mine).await?,
            };
            if human { Ok(queue(&list)) } else { print::json(&list) }
        }
        Action::Show { id } => {
            let hold = console.show(id).await?;
            if human { Ok(detail(&hold)) } else { print::json(&hold) }
        }
        Action::Approve { decision, standing } => {
            let request = decision.request(Choice::Approve, *standing);
            decide(console, &decision.id, &request, human).await
        }
        Action::Deny(decision) => {
            let request = decision.request(Choice::Deny, false);
            decide(console, &decision.id, &request, human).await
        }
        Action::Standing => {
            let list = console.standing_grants().await?;
            if human { Ok(standing::table_of(&list, now())) } else { print::json(&list) }
        }
        Action::Revoke { id } => {
            let list = console.revoke(id).await?;
            if human { Ok(format!("revoked {}", clean(id))) } else { print::json(&list) }
        }
        Action::Channels { given_up: false } => {
            let list = console.channels().await?;
            if human { Ok(channels::table_of(&list, now())) } else { print::json(&list) }
        }
        Action::Channels { given_up: true } => {
            let list = console.given_up().await?;
            if human { Ok(channels::given_up(&list, now())) } else { print::json(&list) }
        }
        Action::Resend { id } => {
            console.settle(id, Fate::Again).await?;
            Ok(format!("{} is sent again", clean(id)))
        }
        Action::Drop { id } => {
            console.settle(id, Fate::Drop).await?;
            Ok(format!("{} is dropped", clean(id)))
        }
        Action::Login => {
            let link = console.login_link().await?;
            if human { Ok(link.url) } else { print::json(&link) }
        }
    }
}

impl Decision {
    fn request(&self, decision: Choice, standing: bool) -> DecisionRequest {
        DecisionRequest { decision, reason: self.reason.clone(), standing }
    }
}

async fn decide(
    console: &Console,
    id: &str,
    request: &DecisionRequest,
    human: bool,
) -> Result<String> {
    if request.reason.trim().is_empty() {
        let hold = console.show(id).await?.summary;
        if let Some(asked) = reason_asked(&hold, request.decision) {
            bail!(asked);
        }
    }
    let hold = console.decide(id, request).await?;
    if !human {
        return print::json(&hold);
    }
    let summary = &hold.summary;
    let mut told = outcome(summary, request, hold.changed);
    if request.standing && hold.changed != Some(false) {
        told.push_str("; ");
        told.push_str(&standing::made(&console.standing_grants().await?, summary, now()));
    }
    Ok(told)
}

fn outcome(hold: &HoldSummary, said: &DecisionRequest, changed: Option<bool>) -> String {
    let mut told = format!("{} {}: {}", hold.status.name(), clean(&hold.id), clean(&hold.action));
    if said.decision == Choice::Approve && hold.status == HoldStatus::Pending {
        let missing: Vec<_> = hold.requirements.iter().map(|one| one.missing.as_str()).collect();
        let missing: Vec<_> = missing.into_iter().filter(|one| !one.is_empty()).collect();
        told.push_str(&format!("; your approval counts, missing: {}", clean(&missing.join(", "))));
    }
    if hold.decision.as_ref().is_some_and(|one| one.took_back) {
        told.push_str("; the approval was taken back before it was used");
    }
    if changed == Some(false) {
        let before = match said.decision {
            Choice::Approve => "; you approved it before, nothing changed",
            Choice::Deny => "; you denied it before, nothing changed",
        };
        told.push_str(before);
        if !said.reason.trim().is_empty() {
            told.push_str(" and this reason is not kept");
        }
    }
    told
}

/// What to tell whoever gives no reason. What is decided already is told as such by the console.
fn reason_asked(hold: &HoldSummary, said: Choice) -> Option<String> {
    let changes = match hold.status {
        HoldStatus::Pending => true,
        HoldStatus::Approved => said == Choice::Deny,
        _ => false,
    };
    (hold.reason_required && changes).then(|| {
        format!("the rule that holds `{}` asks for a reason; add --reason TEXT", clean(&hold.id))
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod surfaces;
#[cfg(test)]
mod tests;
