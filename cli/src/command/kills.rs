/*! `gatehouse kills`: the kill switch in a terminal. */

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use approval::api::{
    KillList, KillRequest, KillState, KillSummary, LiftRequest, Reach, TenantReach,
};
use approval::separation::Separation;
use clap::{ArgGroup, Args, Subcommand};
use policy::kill::{KILL_LONGEST, KILL_SHORTEST, Whom};

use super::DATA;
use crate::console::Console;
use crate::console::place::Place;
use crate::lifetime;
use crate::print::{self, Format, clean, table};

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
    /// Kills in force, and the latest that are over.
    List,
    /// Let nothing of a principal, or of one of its tokens, pass until a time.
    Add(Box<Add>),
    /// End one before its time.
    Lift {
        /// The kill, k_…, as `gatehouse kills list` names it.
        id: String,
        /// Why; it is kept.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
}

/// Of whom, in one of three ways. Values are looked at here and not by the parser, which says again what it refuses: it
/// may be a token.
#[derive(Args)]
#[command(group(ArgGroup::new("whom").required(true).multiple(true).args(["caller", "token", "issuer", "subject"])))]
struct Add {
    /// A principal by its key, p_…: `caller` of its records.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["token", "issuer", "subject"])]
    caller: Option<String>,
    /// One token by its key, t_…: `token` of its records, never the token itself.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["issuer", "subject"])]
    token: Option<String>,
    /// A principal by what its token says: who issued it, with --subject.
    #[arg(long, value_name = "URL", requires = "subject")]
    issuer: Option<String>,
    /// And whom it names, with --issuer.
    #[arg(long, value_name = "TEXT", requires = "issuer")]
    subject: Option<String>,
    /// On the gateways of this tenant alone.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// How long, 1m to 7d.
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = lifetime::parse)]
    lasts: Duration,
    /// Why; people read it, and the agent does not.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let who = arguments.who.as_deref();
    let console = Console::of(&arguments.place, DATA, who)?;
    if !matches!(arguments.action, Action::List) {
        console.knows_who(who)?;
    }
    let text = super::block_on(answer(&console, &arguments.action, arguments.format))?;
    print::out(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn answer(console: &Console, action: &Action, format: Format) -> Result<String> {
    let human = format == Format::Human;
    match action {
        Action::List => {
            let list = console.kills().await?;
            if human { Ok(table_of(&list, now())) } else { print::json(&list) }
        }
        Action::Add(add) => {
            let kill = console.kill(&add.request()?).await?;
            if human { Ok(made(&kill, now())) } else { print::json(&kill) }
        }
        Action::Lift { id, reason } => {
            let kill = console.lift(id, &LiftRequest { reason: reason.clone() }).await?;
            let told = || format!("lifted {}: the rules judge {} again", clean(id), whom(&kill));
            if human { Ok(told()) } else { print::json(&kill) }
        }
    }
}

impl Add {
    fn request(&self) -> Result<KillRequest> {
        let is = |key: &Option<String>, kind: &str| {
            key.as_deref().is_none_or(|key| key.starts_with(kind) && Whom::named(key).is_some())
        };
        ensure!(
            is(&self.token, "t_"),
            "--token takes the key of a token, `t_` and 22 characters, and never the token: `gatehouse explain REF` \
             shows it"
        );
        ensure!(
            is(&self.caller, "p_"),
            "--caller takes the key of a principal, `p_` and 22 characters: `gatehouse explain REF` shows it; by \
             name it is --issuer and --subject"
        );
        let seconds = self.lasts.as_secs();
        ensure!((KILL_SHORTEST..=KILL_LONGEST).contains(&seconds), "--for takes 1m to 7d");
        if self.reason.trim().is_empty() {
            bail!("a kill needs a reason; say why with --reason TEXT");
        }
        Ok(KillRequest {
            caller: self.caller.clone(),
            token: self.token.clone(),
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            tenant: self.tenant.clone(),
            seconds: Some(seconds),
            reason: self.reason.clone(),
        })
    }
}

fn made(kill: &KillSummary, now: u64) -> String {
    let (id, whom, ends) = (clean(&kill.id), whom(kill), lifetime::until(now, kill.until));
    match kill.changed {
        Some(false) => format!("{id} of {whom} is in force already, and ends {ends}"),
        _ => {
            let unowned = match kill.separation {
                Separation::Proven => "",
                Separation::NotProven => " (nobody knows whose it is: its owner may, too)",
            };
            let unknown = match kill.recorded {
                Some(false) => ". No record has this name so far: is it right, and its issuer?",
                _ => "",
            };
            let gateways = gateways(kill);
            format!(
                "{id}: nothing of {whom} passes {gateways}; it ends {ends}. To end it before: gatehouse kills lift \
                 {id}{unowned}{unknown}"
            )
        }
    }
}

/// `order-desk (p_…)`, or the key alone.
fn whom(kill: &KillSummary) -> String {
    let key = kill.whom.key();
    let token = if matches!(kill.whom, Whom::Token(_)) { "a token of " } else { "" };
    match &kill.subject {
        Some(subject) => clean(&format!("{token}{subject} ({key})")),
        None => key.to_owned(),
    }
}

fn gateways(kill: &KillSummary) -> String {
    match kill.tenant.as_deref() {
        None => "any gateway".to_owned(),
        Some("") => "the gateways without a tenant".to_owned(),
        Some(tenant) => clean(&format!("the gateways of {tenant}")),
    }
}

/// `4 of 4`, and which tenants do not have it everywhere: how many workers one has is its own word.
fn workers(reach: &Reach) -> String {
    let behind = reach.tenants.iter().filter(|one| one.workers < one.heard);
    let behind: Vec<String> = behind
        .map(|TenantReach { tenant, workers, heard }| {
            let tenant = if tenant.is_empty() { "no tenant" } else { tenant };
            format!("{tenant}: {workers} of {heard}")
        })
        .collect();
    let all = format!("{} of {}", reach.workers, reach.heard);
    if behind.is_empty() { all } else { clean(&format!("{all} ({})", behind.join(", "))) }
}

fn table_of(list: &KillList, now: u64) -> String {
    if list.kills.is_empty() {
        return "nobody is killed".to_owned();
    }
    let row = |kill: &KillSummary| {
        let ends = match kill.state {
            KillState::InForce => lifetime::until(now, kill.until),
            _ => lifetime::since(now, kill.lifted_at.unwrap_or(kill.until)),
        };
        vec![
            kill.id.clone(),
            kill.state.words().to_owned(),
            whom(kill),
            kill.tenant.clone().unwrap_or_else(|| "all".to_owned()),
            ends,
            kill.reach.as_ref().map(workers).unwrap_or_default(),
            kill.killed_by.clone(),
            kill.reason_text.clone(),
        ]
    };
    let rows: Vec<_> = list.kills.iter().map(row).collect();
    let head = ["ID", "STATE", "WHOM", "GATEWAYS", "ENDS", "WORKERS", "BY", "WHY"];
    let unowned: Vec<String> = (list.kills.iter())
        .filter(|kill| kill.state == KillState::InForce)
        .filter(|kill| kill.separation == Separation::NotProven)
        .map(|kill| clean(&kill.id))
        .collect();
    let mut told = table(&head, &rows).trim_end().to_owned();
    if !unowned.is_empty() {
        let ids = unowned.join(", ");
        told.push_str(&format!(
            "\n\nNobody knows whose these are, so their owners may lift them: {ids}"
        ));
    }
    told
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
