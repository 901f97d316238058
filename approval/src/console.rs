/*!
The people's listener: pages for the browser, JSON under `/v1` for the command line.

Pages want the cookie of a login, `/v1` an approver's key; neither takes the other's, and
nothing takes an agent's token. GET never decides.
*/

mod allowed;
pub(crate) mod assets;
mod breaking;
mod channels;
mod checkpoints;
mod connections;
mod decision;
mod events;
mod exchange;
mod gateways;
mod guard;
mod history;
mod hold;
mod json;
mod killers;
mod kills;
mod leaf;
mod local;
mod login;
mod logins;
mod numbers;
mod outcome;
mod page;
pub(crate) mod paint;
mod provider;
mod queue;
mod reading;
mod sessions;
mod sieve;
mod standing;
mod viewers;
mod when;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::approver::{Approver, Person};
use crate::config::{LocalApprover, Oidc};
use crate::error::{self, Problem};
use crate::filter_api;
use crate::holds::Holds;
use crate::oidc::Provider;
use crate::openapi;
use crate::pace::Pace;
use crate::random;
pub use connections::Connections;
pub(crate) use guard::Places;
use logins::Logins;
/// Who may look at records.
pub type Viewers = Allowed;
pub use allowed::Allowed;

pub(crate) use when::{machine, span};

const BODY_LIMIT: usize = 64 * 1024;

/// Who may come, and how often.
pub struct Access<'a> {
    pub approvers: &'a [LocalApprover],
    pub oidc: Option<Oidc>,
    pub decisions_per_minute: u32,
    /// Of records.
    pub viewers: Viewers,
    /// Who may set and lift kills.
    pub killers: Allowed,
}

pub struct Console {
    pub holds: Arc<Holds>,
    logins: Logins,
    pub provider: Option<Provider>,
    places: Places,
    /// By the digests of their keys.
    approvers: HashMap<[u8; 32], Person>,
    refusals: Pace,
    /// Questions that reach the login provider, of each address.
    provider_asks: Pace,
    decisions: Pace,
    decisions_per_minute: u32,
    viewers: Viewers,
    killers: Allowed,
}

impl Console {
    pub fn new(
        holds: Arc<Holds>,
        access: Access<'_>,
        address: SocketAddr,
    ) -> anyhow::Result<Arc<Self>> {
        let Access { approvers, oidc, decisions_per_minute, viewers, killers } = access;
        let places = Places::new(address, &holds.console_url)?;
        let provider =
            oidc.clone().map(|one| Provider::new(one, &holds.console_url)).transpose()?;
        let logins = Logins::new(holds.store.clone(), approvers, oidc, places.secure);
        let keys = approvers.iter().map(|one| (random::digest(&one.key), one.person.clone()));
        let approvers = keys.collect();
        let [refusals, provider_asks, decisions] = [(); 3].map(|()| Pace::default());
        let console = Self {
            holds,
            logins,
            provider,
            places,
            approvers,
            refusals,
            provider_asks,
            decisions,
            decisions_per_minute,
            viewers,
            killers,
        };
        Ok(Arc::new(console))
    }

    /// Whether this approver may decide once more now.
    fn paced(&self, approver: &Approver) -> Result<(), Problem> {
        let most = self.decisions_per_minute;
        if self.decisions.take(&approver.name(), most, self.now()) {
            return Ok(());
        }
        Err(Problem::too_fast(format!("at most {most} decisions a minute; wait a little")))
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
        .route("/numbers", get(numbers::page))
        .route("/sessions", get(sessions::list::page))
        .route("/sessions/{id}", get(sessions::timeline::page))
        .route("/sessions/{id}/events", get(sessions::live::stream))
        .route("/sessions/{id}/export", get(sessions::export::page))
        .route("/exchanges/{reference}", get(exchange::page))
        .route("/kills", get(kills::list::page).post(kills::form::send))
        .route("/kills/new", get(kills::form::page))
        .route("/kills/{id}/lift", post(kills::list::lift))
        .route("/gateways", get(gateways::page))
        .route("/channels", get(channels::page))
        .route("/channels/{channel}/dead", post(channels::settle_all))
        .route("/channels/deliveries/{id}", post(channels::settle))
        .route("/holds/{id}", get(hold::page))
        .route("/holds/{id}/decision", post(decision::form))
        .route("/holds/{id}/break-glass", get(breaking::page).post(breaking::form))
        .route("/login", get(login::with_code).post(login::by_code))
        .route("/login/oidc", get(provider::begin))
        .route("/login/callback", get(provider::callback))
        .route("/logout", post(login::out))
        .route("/static/{file}", get(assets::file));
    let command_line = Router::new()
        .route("/v1/holds", get(json::list))
        .route("/v1/holds/{id}", get(json::show))
        .route("/v1/holds/{id}/decision", post(json::decide))
        .route("/v1/standing-grants", get(standing::list))
        .route("/v1/standing-grants/{id}/revocation", post(standing::revoke_by_key))
        .route("/v1/sessions", get(sessions::api::list))
        .route("/v1/sessions/{id}", get(sessions::api::show))
        .route("/v1/sessions/{id}/exchanges", get(sessions::api::exchanges))
        .route("/v1/sessions/{id}/export", get(sessions::export::by_key))
        .route("/v1/exchanges/{reference}", get(sessions::api::exchange))
        .route("/v1/kills", get(kills::api::list).post(kills::api::kill))
        .route("/v1/kills/{id}/lift", post(kills::api::lift))
        .route("/v1/gateways", get(gateways::list))
        .route("/v1/checkpoints", get(checkpoints::list))
        .route("/v1/checkpoints/tree-head", get(checkpoints::tree_head))
        .route("/v1/channels", get(channels::list))
        .route("/v1/deliveries", get(channels::deliveries))
        .route("/v1/deliveries/{id}", post(channels::settle_by_key))
        .route("/v1/events", get(events::stream_by_key))
        .route("/v1/login-links", post(json::login_link));
    let guarded = pages
        .merge(command_line)
        .fallback(page::missing)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(console.clone(), guard::check));
    // Probes come by any host name; this tells nothing.
    let open = Router::new()
        .route("/healthz", get(filter_api::health))
        .route("/openapi.json", get(openapi::document))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(console.holds.clone());
    guarded.with_state(console).merge(open).layer(middleware::map_response(error::as_problem))
}

#[cfg(test)]
mod tests;
