/*! Where people are told of holds, what did not get there, and another try. */

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use serde::Deserialize;

use super::json::Keyed;
use super::page::{Frame, Visitor, problem, render};
use super::{Console, when};
use crate::error::Problem;
use crate::filter_api::json;
use crate::notify::{
    About, ChannelList, ChannelState, Delivery, DeliveryList, DeliveryState, EventKind,
};
use crate::store::{Dead, Fate};

/// Of each table of the page, and of the JSON.
const SHOWN: u32 = 50;
const LISTED: u32 = 200;

#[derive(Template)]
#[template(path = "channels.html")]
struct ChannelsPage {
    frame: Frame,
    channels: Vec<Row>,
    dead: Vec<Told>,
    latest: Vec<Told>,
}

struct Row {
    name: String,
    kind: String,
    to: String,
    gets: String,
    waiting: u64,
    dead: u64,
    sent: Option<Time>,
    /// Of a channel that was not reached since.
    failed: Option<Time>,
    error: String,
}

struct Told {
    id: String,
    /// Its page.
    link: String,
    what: &'static str,
    action: String,
    channel: String,
    state: &'static str,
    at: Time,
    tries: u32,
    error: String,
    more: u64,
}

struct Time {
    words: String,
    machine: String,
}

pub async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    match read(&console, &visitor).await {
        Ok(page) => render(StatusCode::OK, &page),
        Err(error) => problem(&visitor, &error, "/"),
    }
}

async fn read(console: &Console, visitor: &Visitor) -> Result<ChannelsPage, Problem> {
    let store = &console.holds.store;
    let channels = console.holds.channel_states().await?;
    let dead = store.deliveries(None, Some(DeliveryState::Dead), SHOWN).await?;
    let latest = store.deliveries(None, None, SHOWN).await?;
    Ok(ChannelsPage {
        frame: visitor.frame("channels"),
        channels: channels.into_iter().map(row).collect(),
        dead: dead.into_iter().map(told).collect(),
        latest: latest.into_iter().map(told).collect(),
    })
}

fn row(ChannelState { channel, tally }: ChannelState) -> Row {
    let mut gets =
        vec![format!("severity {} and above", super::queue::severity_words(channel.severity))];
    if !channel.groups.is_empty() {
        gets.push(format!("holds for {}", channel.groups.join(" or ")));
    }
    if !channel.events.is_empty() {
        let names: Vec<&str> = channel.events.iter().map(|kind| kind.name()).collect();
        gets.push(format!("only {}", names.join(", ")));
    }
    Row {
        name: channel.name,
        kind: channel.kind,
        to: channel.to.join(", "),
        gets: gets.join("; "),
        waiting: tally.waiting,
        dead: tally.dead,
        sent: tally.sent_at.map(time),
        failed: tally.failed_at.filter(|_| !tally.error.is_empty()).map(time),
        error: tally.error,
    }
}

fn told(delivery: Delivery) -> Told {
    Told {
        what: what(delivery.event.kind),
        link: match &delivery.event.about {
            About::Hold(hold) => format!("/holds/{}", hold.id),
            About::Kill(_) => "/kills".to_owned(),
        },
        action: match delivery.event.about {
            About::Hold(hold) => hold.action,
            About::Kill(kill) => kill.who(),
        },
        id: delivery.id,
        channel: delivery.channel,
        state: delivery.state.name(),
        at: time(delivery.settled_at.unwrap_or(delivery.created_at)),
        tries: delivery.tries,
        error: delivery.error,
        more: delivery.more,
    }
}

fn what(kind: EventKind) -> &'static str {
    match kind {
        EventKind::BreakGlass => "break glass",
        EventKind::Killed => "killed",
        EventKind::KillLifted => "kill lifted",
        EventKind::Held => "held",
        EventKind::Approved => "approved",
        EventKind::Denied => "denied",
        EventKind::TakenBack => "approval taken back",
        EventKind::StandingMade => "standing grant made",
        EventKind::StandingRevoked => "standing grant revoked",
        EventKind::Expired => "expired",
        EventKind::Cancelled => "cancelled",
    }
}

fn time(at: u64) -> Time {
    Time { words: when::date(at), machine: when::machine(at) }
}

#[derive(Deserialize)]
pub struct Settlement {
    csrf: String,
    fate: Fate,
}

type Settled = Result<Form<Settlement>, FormRejection>;

/// One that was given up.
pub async fn settle(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Settled,
) -> Response {
    settled(&console, &visitor, peer, Dead::One(&id), &headers, form).await
}

/// All of a channel.
pub async fn settle_all(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    form: Settled,
) -> Response {
    settled(&console, &visitor, peer, Dead::AllOf(&channel), &headers, form).await
}

async fn settled(
    console: &Console,
    visitor: &Visitor,
    peer: SocketAddr,
    dead: Dead<'_>,
    headers: &HeaderMap,
    form: Settled,
) -> Response {
    let Ok(Form(Settlement { csrf, fate })) = form else {
        return problem(visitor, &Problem::bad_request("the form is not whole"), "/channels");
    };
    if let Err(refused) = visitor.sent(console, headers, &csrf) {
        return problem(visitor, &refused, "/channels");
    }
    match console.holds.revive(dead, fate, &visitor.approver, &peer.ip().to_string()).await {
        Ok(_) => Redirect::to("/channels").into_response(),
        Err(error) => problem(visitor, &error, "/channels"),
    }
}

pub async fn list(
    State(console): State<Arc<Console>>,
    _approver: Keyed,
) -> Result<Json<ChannelList>, Problem> {
    Ok(Json(ChannelList { channels: console.holds.channel_states().await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    channel: Option<String>,
    state: Option<DeliveryState>,
}

pub async fn deliveries(
    State(console): State<Arc<Console>>,
    _approver: Keyed,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<DeliveryList>, Problem> {
    let Query(wanted) = wanted.map_err(|error| Problem::bad_request(error.body_text()))?;
    let channel = wanted.channel.as_deref().filter(|name| !name.is_empty());
    let deliveries = console.holds.store.deliveries(channel, wanted.state, LISTED).await?;
    Ok(Json(DeliveryList { deliveries }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    fate: Fate,
}

/// One that was given up, by key.
pub async fn settle_by_key(
    State(console): State<Arc<Console>>,
    Keyed(approver): Keyed,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let SettleRequest { fate } = json(body)?;
    console.holds.revive(Dead::One(&id), fate, &approver, &peer.ip().to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}
