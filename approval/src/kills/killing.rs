/*! People set and lift kills. One person is enough for either, and either is audited. */

use std::collections::BTreeSet;

use policy::kill::{KILL_LONGEST, KILL_SHORTEST, Whom};
use policy::principal::{Principal, caller, owner};
use policy::record::Record;

use crate::api::KillRequest;
use crate::approver::{Account, Approver};
use crate::config::Owner;
use crate::error::Problem;
use crate::holds::{Holds, reason};
use crate::random;
use crate::separation::{Bar, Separation};
use crate::store::{Audit, Kill, Killing, Lifting, NewKill};
use crate::tenant::Tenant;

/// How long one lasts where nobody says, in seconds.
pub const LASTS: u64 = 3600;
/// Over that are no more shown.
const OVER: u32 = 200;
/// Bytes of an issuer or a subject.
const LONGEST_NAME: usize = 2048;
/// Bytes of a key: its kind and 128 bits.
const KEY: usize = 24;
const PASTED: &str = "that looks like a token itself, which is asked for nowhere here, and is kept and said again nowhere: \
    a kill takes its key, `t_` and 22 characters, which records and `gatehouse explain` have as `token`";

impl Holds {
    /// What is in force, the latest first, then what is over.
    pub async fn kill_list(&self) -> Result<Vec<Kill>, Problem> {
        let now = self.clock.now();
        let mut kills = self.store.kills_in_force(now).await?;
        kills.extend(self.store.kills_over(OVER, now).await?);
        Ok(kills)
    }

    /// With whether anything changed. `seen`: the record from which the key was taken.
    pub async fn kill(
        &self,
        said: &KillRequest,
        seen: Option<&Record>,
        approver: &Approver,
        peer: &str,
    ) -> Result<(Kill, bool), Problem> {
        let (whom, principal, whose) = self.whom(said, seen)?;
        let lasts = said.seconds.unwrap_or(LASTS);
        if !(KILL_SHORTEST..=KILL_LONGEST).contains(&lasts) {
            return Err(Problem::unprocessable("a kill lasts 1 minute to 7 days"));
        }
        let reason_text = reason(self, &said.reason)?;
        if reason_text.is_empty() {
            return Err(Problem::unprocessable("say why: a kill needs a reason"));
        }
        let tenant = said.tenant.as_deref().map(|name| {
            let tenant = Tenant::of_name(name);
            tenant.ok_or_else(|| Problem::unprocessable("that is no name of a tenant"))
        });
        let now = self.clock.now();
        let id = random::id().map_err(|error| Problem::internal(&error))?;
        let new = NewKill {
            id: format!("k_{id}"),
            tenant: tenant.transpose()?,
            whom,
            principal,
            whose,
            until: now + lasts,
        };
        let audit = audit(approver, peer, "killed", reason_text, now);
        let made = match self.store.kill(&new, &audit).await? {
            Killing::New(kill) | Killing::Longer(kill) => (kill, true),
            Killing::Same(kill) => (kill, false),
            Killing::Full => return Err(Problem::kills_full()),
        };
        self.tell_at_once().await;
        Ok(made)
    }

    pub async fn lift(
        &self,
        id: &str,
        said: &str,
        approver: &Approver,
        peer: &str,
    ) -> Result<Kill, Problem> {
        let kill = self.store.kill_of(id).await?.ok_or_else(Problem::no_such_kill)?;
        let now = self.clock.now();
        let audit = audit(approver, peer, "kill_lifted", reason(self, said)?, now);
        if let Some(bar) = self.bar_of_kill(&kill, approver) {
            if kill.in_force(now) {
                let audit = Audit { action: "kill_lift_barred".into(), ..audit };
                self.store.audit_kill(id, &audit).await?;
            }
            return Err(Problem::forbidden(words(bar)));
        }
        match self.store.lift(id, &audit).await? {
            Lifting::Now(kill) => {
                self.tell_at_once().await;
                Ok(kill)
            }
            Lifting::Before(_) => {
                Err(Problem::conflict("this kill is over already; nothing changed"))
            }
            Lifting::NoSuchKill => Err(Problem::no_such_kill()),
        }
    }

    /// Why this approver may not lift it: nobody lets themselves, or an agent of theirs, go on.
    pub fn bar_of_kill(&self, kill: &Kill, approver: &Approver) -> Option<Bar> {
        let account = approver.person.account.as_ref();
        let own = |account: &Account| {
            let key = caller(&account.issuer, &account.subject, &self.digest_key);
            key == kill.whom.key() || kill.whose.contains(&key)
        };
        if account.is_some_and(own) {
            return Some(Bar::Principal);
        }
        if approver.names().any(|name| kill.whose.contains(&owner(name, &self.digest_key))) {
            return Some(Bar::Owner);
        }
        match &kill.principal {
            Some(principal) => Bar::by(&self.owners, principal, approver),
            None => approver.person.human().is_none().then_some(Bar::Nameless),
        }
    }

    /// Whether it is known who must not lift it.
    pub fn separation_of(&self, kill: &Kill) -> Separation {
        let of_record = kill.whose.iter().any(|key| key.starts_with("o_"));
        let named = |principal| !Owner::of(&self.owners, principal).is_empty();
        match of_record || kill.principal.as_ref().is_some_and(named) {
            true => Separation::Proven,
            false => Separation::NotProven,
        }
    }

    /// A commit wakes whoever reads the store; whoever made it wants it told before they hear that it is made.
    async fn tell_at_once(&self) {
        if let Err(error) = self.read_kills().await {
            tracing::error!(%error, "a kill is stored and not told yet");
        }
    }

    fn whom(
        &self,
        said: &KillRequest,
        seen: Option<&Record>,
    ) -> Result<(Whom, Option<Principal>, BTreeSet<String>), Problem> {
        let KillRequest { caller: key, token, issuer, subject, .. } = said;
        let (key, wanted) = match (key, token, issuer, subject) {
            (None, None, Some(issuer), Some(subject)) => {
                let (whom, principal) = self.named(issuer, subject)?;
                return Ok((whom, Some(principal), BTreeSet::new()));
            }
            (Some(key), None, None, None) => (key, 'p'),
            (None, Some(key), None, None) => (key, 't'),
            (None, None, Some(_), None) => {
                return Err(Problem::unprocessable("an `issuer` needs its `subject`"));
            }
            (None, None, None, Some(_)) => {
                return Err(Problem::unprocessable("a `subject` needs its `issuer`"));
            }
            (None, None, None, None) => {
                return Err(Problem::unprocessable(
                    "say of whom: one of `caller`, `token`, or `issuer` with `subject`",
                ));
            }
            _ => {
                return Err(Problem::unprocessable(
                    "a kill is of one: `caller`, `token`, or `issuer` with `subject`, and not several of them",
                ));
            }
        };
        if looks_like_token(key) {
            return Err(Problem::unprocessable(PASTED));
        }
        // What came in its place may be a token: it is told to nobody.
        let whom = Whom::named(key).filter(|_| key.starts_with(wanted)).ok_or_else(|| {
            Problem::unprocessable(match wanted {
                't' => {
                    "a token is named by its key, `t_` and 22 characters, as records have it; never by itself"
                }
                _ => "a principal is named by its key, `p_` and 22 characters, as records have it",
            })
        })?;
        let is_of = |record: &&Record| match &whom {
            Whom::Caller(key) => record.caller == *key,
            Whom::Token(key) => record.token == *key,
        };
        let seen = seen.filter(is_of);
        let whose = seen.map(whose).unwrap_or_default();
        Ok((whom, seen.and_then(|record| self.proven(record)), whose))
    }

    /// A record of a gateway that is not ours to trust may name anybody beside a key: a name that does not make its
    /// key is none.
    pub fn proven(&self, record: &Record) -> Option<Principal> {
        let principal = record.principal.as_ref()?;
        (principal.caller(&self.digest_key) == record.caller).then(|| self.with_owners(principal))
    }

    fn named(&self, issuer: &str, subject: &str) -> Result<(Whom, Principal), Problem> {
        let fits = |text: &str| (1..=LONGEST_NAME).contains(&text.len()) && !text.contains('\0');
        if !fits(issuer) || !fits(subject) {
            return Err(Problem::unprocessable(
                "an issuer and a subject are 1 to 2048 bytes, as the token has them",
            ));
        }
        let principal = Principal {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        };
        let key = Whom::Caller(principal.caller(&self.digest_key));
        Ok((key, self.with_owners(&principal)))
    }

    fn with_owners(&self, principal: &Principal) -> Principal {
        Principal { owners: Owner::of(&self.owners, principal), ..principal.clone() }
    }
}

/// A token of JSON in three parts, or the begin of one. No key has dots.
fn looks_like_token(text: &str) -> bool {
    let text = text.trim();
    text.strip_prefix("Bearer ").unwrap_or(text).trim_start().starts_with("eyJ")
        || text.matches('.').count() >= 2
}

/// Keys that a record has of its principal and of whom that belongs to. Whoever forges some bars more people, and none less.
fn whose(record: &Record) -> BTreeSet<String> {
    let is_key = |key: &&String| key.len() == KEY && key.is_ascii() && !key.contains('\0');
    let owners = record.owner_keys.iter().filter(|key| key.starts_with("o_")).take(Owner::MOST);
    owners.chain([&record.caller]).filter(is_key).cloned().collect()
}

fn audit(approver: &Approver, peer: &str, action: &str, reason_text: String, at: u64) -> Audit {
    Audit {
        at,
        actor: approver.name(),
        door: approver.door.name().into(),
        peer: peer.into(),
        action: action.into(),
        reason_text,
    }
}

/// To the approver.
pub fn words(bar: Bar) -> &'static str {
    match bar {
        Bar::Principal => "This kill is of yourself: to lift it is for somebody else.",
        Bar::Owner => "This kill is of an agent of yours: to lift it is for somebody else.",
        Bar::Nameless => {
            "Your login does not prove which person you are, as its address is not verified: to lift a kill is for \
             somebody else."
        }
    }
}
