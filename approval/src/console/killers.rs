/*! Who may end what a principal does, and let it go on: the list of kills is for them alone, too. */

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use super::Console;
use super::json::Keyed;
use super::page::{Visitor, problem};
use super::viewers::peer;
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
        let visitor = Visitor::from_request_parts(parts, console).await?;
        if !visitor.kills {
            return Err(problem(&visitor, &barred(), "/"));
        }
        Ok(Self { visitor, peer: peer(parts, console).await })
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
        let Keyed(approver) = Keyed::from_request_parts(parts, console).await?;
        if !console.killers.let_in(&approver.person) {
            return Err(barred());
        }
        Ok(Self { approver, peer: peer(parts, console).await })
    }
}
