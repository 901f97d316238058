/*! Who may end what a principal does, and let it go on: the list of kills is for them alone, too. */

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use super::page::Visitor;
use super::{Console, allowed};
use crate::approver::Approver;
use crate::error::Problem;

fn barred() -> Problem {
    Problem::forbidden(
        "you may not kill, nor lift a kill; who may is said by `kills.groups` in the configuration of this service",
    )
}

/// A visitor who may.
pub struct Killer {
    pub visitor: Visitor,
    pub peer: String,
}

impl FromRequestParts<Arc<Console>> for Killer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Response> {
        let may = |visitor: &Visitor| visitor.kills;
        let (visitor, peer) = allowed::visitor(parts, console, may, barred).await?;
        Ok(Self { visitor, peer })
    }
}

/// As `Killer`, with a key.
pub struct KeyedKiller {
    pub approver: Approver,
    pub peer: String,
}

impl FromRequestParts<Arc<Console>> for KeyedKiller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Problem> {
        let (approver, peer) = allowed::keyed(parts, console, &console.killers, barred).await?;
        Ok(Self { approver, peer })
    }
}
