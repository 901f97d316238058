/*! Who may look at records: they show what all agents did, which is more than what an approver is asked. */

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::response::Response;

use super::Console;
use super::json::Keyed;
use super::page::{Visitor, problem};
use crate::approver::Approver;
use crate::error::Problem;
use crate::records::sieve::Sieve;
use crate::store::Audit;
use crate::view::{shorten, visible_line};

fn barred() -> Problem {
    Problem::forbidden(
        "you may not look at records; who may is said by `sessions.viewers` in the configuration of this service",
    )
}

/// A visitor who may look.
pub struct Viewer {
    pub visitor: Visitor,
    pub peer: String,
}

impl FromRequestParts<Arc<Console>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, console).await?;
        if !visitor.looks {
            return Err(problem(&visitor, &barred(), "/"));
        }
        Ok(Self { visitor, peer: peer(parts, console).await })
    }
}

/// As `Viewer`, with a key.
pub struct KeyedViewer {
    pub approver: Approver,
    pub peer: String,
}

impl FromRequestParts<Arc<Console>> for KeyedViewer {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Problem> {
        let Keyed(approver) = Keyed::from_request_parts(parts, console).await?;
        if !console.viewers.let_in(&approver.person) {
            return Err(barred());
        }
        Ok(Self { approver, peer: peer(parts, console).await })
    }
}

pub(super) async fn peer(parts: &mut Parts, console: &Arc<Console>) -> String {
    let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, console).await;
    peer.map(|ConnectInfo(peer)| peer.ip().to_string()).unwrap_or_default()
}

impl Console {
    /// Notes who looks at what. What cannot be noted is not shown.
    pub(super) async fn looked(
        &self,
        approver: &Approver,
        peer: &str,
        action: &str,
        at: &str,
    ) -> Result<(), Problem> {
        let audit = Audit {
            at: self.now(),
            actor: approver.name(),
            door: approver.door.name().into(),
            peer: peer.to_owned(),
            action: action.into(),
            reason_text: shorten(&visible_line(at), 200),
        };
        Ok(self.holds.store.audit(None, &audit).await?)
    }

    /// Who looks for a text learns of bodies by what is found, and opens none.
    pub(super) async fn searched(
        &self,
        approver: &Approver,
        peer: &str,
        sieve: &Sieve,
    ) -> Result<(), Problem> {
        match sieve.text.as_str() {
            "" => Ok(()),
            text => self.looked(approver, peer, "session_searched", text).await,
        }
    }
}
