/*! Who may look at records: they show what all agents did, which is more than what an approver is asked. */

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use super::page::Visitor;
use super::{Console, allowed};
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
        let may = |visitor: &Visitor| visitor.looks;
        let (visitor, peer) = allowed::visitor(parts, console, may, barred).await?;
        Ok(Self { visitor, peer })
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
        let (approver, peer) = allowed::keyed(parts, console, &console.viewers, barred).await?;
        Ok(Self { approver, peer })
    }
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
