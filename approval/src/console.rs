/*!
The people's listener: pages for the browser, JSON under `/v1` for the command line.

Pages want the cookie of a login, `/v1` an approver's key; neither takes the other's, and
nothing takes an agent's token. GET never decides.
*/

mod assets;
mod decision;
mod events;
mod gateways;
mod guard;
mod history;
mod hold;
mod json;
mod login;
mod logins;
mod page;
mod paint;
mod queue;
mod standing;
mod when;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::approver::Person;
use crate::config::LocalApprover;
use crate::error::Problem;
use crate::filter_api;
use crate::holds::Holds;
use crate::random;
pub(crate) use guard::Places;
use logins::Logins;

const BODY_LIMIT: usize = 64 * 1024;

pub struct Console {
    pub holds: Arc<Holds>,
    logins: Logins,
    places: Places,
    /// By the digests of their keys.
    approvers: HashMap<[u8; 32], Person>,
}

impl Console {
    pub fn new(
        holds: Arc<Holds>,
        approvers: &[LocalApprover],
        address: SocketAddr,
    ) -> anyhow::Result<Arc<Self>> {
        let places = Places::new(address, &holds.console_url)?;
        let codes = approvers.iter().map(|one| (&one.person, one.login_code.as_str()));
        let logins = Logins::new(codes);
        let keys = approvers.iter().map(|one| (random::digest(&one.key), one.person.clone()));
        Ok(Arc::new(Self { holds, logins, places, approvers: keys.collect() }))
    }

    fn now(&self) -> u64 {
        self.holds.clock.now()
    }
}

pub fn router(console: Arc<Console>) -> Router {
    let pages = Router::new()
        .route("/", get(queue::page))
        .route("/events", get(events::stream))
        .route("/history", get(history::page))
        .route("/standing", get(standing::page))
        .route("/standing/{id}/revocation", post(standing::revoke))
        .route("/gateways", get(gateways::page))
        .route("/holds/{id}", get(hold::page))
        .route("/holds/{id}/decision", post(decision::form))
        .route("/login", get(login::with_code))
        .route("/logout", post(login::out))
        .route("/static/{file}", get(assets::file));
    let command_line = Router::new()
        .route("/v1/holds", get(json::list))
        .route("/v1/holds/{id}", get(json::show))
        .route("/v1/holds/{id}/decision", post(json::decide))
        .route("/v1/standing-grants", get(standing::list))
        .route("/v1/standing-grants/{id}/revocation", post(standing::revoke_by_key))
        .route("/v1/gateways", get(gateways::list))
        .route("/v1/login-links", post(json::login_link));
    let guarded = pages
        .merge(command_line)
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(console.clone(), guard::check));
    // Probes come by any host name; this tells nothing.
    let health =
        Router::new().route("/healthz", get(filter_api::health)).with_state(console.holds.clone());
    guarded.with_state(console).merge(health)
}

#[cfg(test)]
mod tests;
