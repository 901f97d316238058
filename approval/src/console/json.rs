/*! The command line's JSON, for whoever holds an approver's key. */

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{ConnectInfo, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use policy::hold::HoldStatus;
use serde::Deserialize;

use super::Console;
use super::leaf::{Leaf, Turn};
use super::logins::LINK_SECONDS;
use super::sieve::Sieve;
use crate::api::{DecisionRequest, HoldDetail, HoldList, HoldSummary, LoginLink};
use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::filter_api::json;
use crate::holds::Verdict;
use crate::random;
use crate::store::{Audit, Decision, Hold, Shelf};
use crate::view::visible_line;

const LISTED: usize = 200;

/// An approver, known by the key.
pub struct Keyed(pub Approver);

impl FromRequestParts<Arc<Console>> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Problem> {
        let key = bearer(&parts.headers).ok_or_else(Problem::unauthorized)?;
        let person = console.approvers.get(&random::digest(key));
        let person = person.ok_or_else(Problem::unauthorized)?.clone();
        Ok(Self(Approver { person, door: Door::Key }))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(())?;
    value.strip_prefix("Bearer ")
}

#[derive(Deserialize)]
pub struct Wanted {
    status: Option<String>,
}

pub async fn list(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    wanted: Result<Query<Wanted>, QueryRejection>,
    turn: Result<Query<Turn>, QueryRejection>,
    sieve: Result<Query<Sieve>, QueryRejection>,
) -> Result<Json<HoldList>, Problem> {
    let unread = |error: QueryRejection| Problem::bad_request(error.body_text());
    let (Query(wanted), Query(sieve)) = (wanted.map_err(unread)?, sieve.map_err(unread)?);
    let cut = turn.map_err(unread)?.0.cut()?;
    let shelf = match wanted.status.as_deref() {
        None | Some("open") => Shelf::Open,
        Some("settled") => Shelf::Settled,
        Some("pending") => Shelf::Only(HoldStatus::Pending),
        Some("approved") => Shelf::Only(HoldStatus::Approved),
        Some("denied") => Shelf::Only(HoldStatus::Denied),
        Some("expired") => Shelf::Only(HoldStatus::Expired),
        Some("cancelled") => Shelf::Only(HoldStatus::Cancelled),
        Some("redeemed") => Shelf::Only(HoldStatus::Redeemed),
        Some(other) => {
            let other = visible_line(other);
            return Err(Problem::bad_request(format!(
                "`{other}` is no status of a hold; there are: open, settled, pending, approved, denied, expired, \
                 cancelled, redeemed"
            )));
        }
    };
    let leaf = Leaf::read(&console, &approver, &sieve, shelf, cut, LISTED).await?;
    let holds = leaf.holds.iter().map(|hold| summary(&console, hold)).collect();
    let [previous, next] = [leaf.previous, leaf.next].map(|place| place.map(|one| one.to_string()));
    Ok(Json(HoldList { holds, previous, next }))
}

pub async fn show(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    Path(id): Path<String>,
) -> Result<Json<HoldDetail>, Problem> {
    let hold = console.holds.found(&id).await?;
    detail(&console, hold, &approver).await
}

pub async fn decide(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HoldDetail>, Problem> {
    let request: DecisionRequest = json(body)?;
    console.paced(&approver)?;
    let peer = peer.ip().to_string();
    let decided = console.holds.decide(&id, &request, &approver, &peer).await?;
    match decided {
        Verdict::Stands(hold) => answer(&console, hold, &approver, true).await,
        Verdict::Again(hold) => answer(&console, hold, &approver, false).await,
        Verdict::TooLate(hold) => Err(Problem::conflict(too_late(&hold, console.now()))),
    }
}

async fn answer(
    console: &Console,
    hold: Hold,
    approver: &Approver,
    changed: bool,
) -> Result<Json<HoldDetail>, Problem> {
    let Json(hold) = detail(console, hold, approver).await?;
    Ok(Json(HoldDetail { changed: Some(changed), ..hold }))
}

fn too_late(hold: &Hold, now: u64) -> String {
    if hold.status == HoldStatus::Redeemed {
        return "a gateway took the approval already, and the call is under way or over; nothing changed".to_owned();
    }
    let status = hold.status_at(now).name();
    let by = |decision: &Decision| format!(" (`{}` decided)", visible_line(&decision.approver));
    let by = hold.decision.as_ref().map(by).unwrap_or_default();
    format!("the hold is already {status}{by}; nothing changed")
}

pub async fn login_link(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Result<Json<LoginLink>, Problem> {
    let now = console.now();
    console.paced(&approver)?;
    let code = console.logins.link(&approver.person, now).await?;
    let audit = Audit {
        at: now,
        actor: approver.name(),
        door: approver.door.name().into(),
        peer: peer.ip().to_string(),
        action: "login_link".into(),
        reason_text: String::new(),
    };
    console.holds.store.audit(None, &audit).await?;
    let url = format!("{}/login?code={code}", console.holds.console_url);
    Ok(Json(LoginLink { url, expires_at: now + LINK_SECONDS }))
}

fn summary(console: &Console, hold: &Hold) -> HoldSummary {
    HoldSummary::new(hold, console.holds.url(&hold.id), console.now())
}

async fn detail(
    console: &Console,
    hold: Hold,
    approver: &Approver,
) -> Result<Json<HoldDetail>, Problem> {
    let summary = summary(console, &hold);
    let trail = console.holds.store.trail(&hold.id).await?;
    let revision = visible_line(&hold.revision);
    let waiting = console.holds.wake.sleeping(&hold.id);
    let barred = console.holds.bar(&hold, approver).map(|bar| bar.words().to_owned());
    let view = hold.view;
    Ok(Json(HoldDetail { summary, revision, waiting, changed: None, barred, view, trail }))
}
