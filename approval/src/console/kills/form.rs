/*! The form that kills. It is reached from an exchange, whose record says whom; or it asks for a key or a name. */

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use policy::kill::Whom;
use policy::record::Record;
use serde::Deserialize;

use crate::api::KillRequest;
use crate::console::Console;
use crate::console::exchange::{OfTenant, exchange_path, found, kill_link};
use crate::console::killers::Killer;
use crate::console::page::{Frame, Visitor, problem, render};
use crate::error::Problem;
use crate::records::store::Found;
use crate::view::visible_line;

#[derive(Template)]
#[template(path = "kill.html")]
struct KillPage {
    frame: Frame,
    /// What a record says of whom; absent where the form asks.
    seen: Option<Seen>,
    said: Said,
    notice: String,
}

/// Of a record.
struct Seen {
    exchange: String,
    /// Whose gateway wrote it; empty for the only one.
    tenant: String,
    /// Its page, and this one.
    page: String,
    here: String,
    /// Empty where the record names nobody, or somebody else than its key is of.
    subject: String,
    agent: String,
    issuer: String,
    caller: String,
    token: String,
}

/// What was typed, which a refusal gives back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    csrf: String,
    /// Reference of the exchange, and whose it is.
    exchange: String,
    of: String,
    /// `caller` or `token`; of an exchange.
    whom: String,
    /// Where there is no exchange: a key, or both of the next.
    key: String,
    issuer: String,
    subject: String,
    /// `one`: of the tenant alone.
    gateways: String,
    tenant: String,
    /// How many of which unit.
    lasts: String,
    unit: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    exchange: String,
    tenant: String,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Killer { visitor, .. }: Killer,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else {
        return problem(&visitor, &Problem::bad_request("this is no link of ours"), "/kills");
    };
    let said = Said { exchange: asked.exchange, of: asked.tenant, ..Said::default() };
    match seen(&console, &visitor, &said).await {
        Ok(found) => show(&console, &visitor, found.as_ref(), said, StatusCode::OK, ""),
        Err(error) => problem(&visitor, &error, "/kills"),
    }
}

/// The record that says whom. Who may not look at records learns nothing of one here.
async fn seen(console: &Console, visitor: &Visitor, said: &Said) -> Result<Option<Found>, Problem> {
    if said.exchange.is_empty() {
        return Ok(None);
    }
    if !visitor.looks {
        return Err(Problem::forbidden("you may not look at records; name whom by a key instead"));
    }
    let of = OfTenant { tenant: Some(said.of.clone()) };
    let found = found(console, &said.exchange, of).await?;
    if found.exchange.record.caller.is_empty() {
        return Err(Problem::unprocessable("nobody was proven to make that call"));
    }
    Ok(Some(found))
}

fn show(
    console: &Console,
    visitor: &Visitor,
    found: Option<&Found>,
    said: Said,
    status: StatusCode,
    notice: &str,
) -> Response {
    let seen = found.map(|Found { tenant, exchange }| {
        let record = &exchange.record;
        let principal = console.holds.proven(record);
        let principal = principal.as_ref();
        let agent = principal.and_then(|one| one.agent.as_deref());
        Seen {
            page: exchange_path(tenant, record),
            here: kill_link(visitor, tenant, exchange),
            exchange: record.exchange.clone(),
            tenant: tenant.clone(),
            subject: principal.map(|one| visible_line(&one.subject)).unwrap_or_default(),
            agent: agent.map(visible_line).unwrap_or_default(),
            issuer: principal.map(|one| visible_line(&one.issuer)).unwrap_or_default(),
            caller: visible_line(&record.caller),
            token: visible_line(&record.token),
        }
    });
    let notice = notice.to_owned();
    render(status, &KillPage { frame: visitor.frame("kills"), seen, said, notice })
}

impl Said {
    fn request(&self, record: Option<&Found>) -> Result<KillRequest, Problem> {
        let text = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut request = KillRequest {
            seconds: Some(self.seconds()?),
            reason: self.reason.clone(),
            ..KillRequest::default()
        };
        match record {
            Some(Found { tenant, exchange }) => {
                let Record { caller, token, .. } = &exchange.record;
                match self.whom.as_str() {
                    "token" if token.is_empty() => {
                        return Err(Problem::unprocessable("that record names no token"));
                    }
                    "token" => request.token = Some(token.clone()),
                    "caller" => request.caller = Some(caller.clone()),
                    _ => {
                        return Err(Problem::unprocessable("say whom: the principal or its token"));
                    }
                }
                request.tenant = (self.gateways == "one").then(|| tenant.clone());
            }
            None => {
                match text(&self.key) {
                    Some(key) if key.starts_with("t_") => request.token = Some(key),
                    key => request.caller = key,
                }
                (request.issuer, request.subject) = (text(&self.issuer), text(&self.subject));
                self.asked_for(&request)?;
                request.tenant = text(&self.tenant);
            }
        }
        Ok(request)
    }

    /// In the words of the form: whoever fills it in does not see the fields of the JSON.
    fn asked_for(&self, said: &KillRequest) -> Result<(), Problem> {
        let key = said.caller.is_some() || said.token.is_some();
        let wrong = match (key, &said.issuer, &said.subject) {
            (true, None, None) | (false, Some(_), Some(_)) => return Ok(()),
            (true, ..) => "say it in one way: the key, or issuer and subject, and not both",
            (false, None, None) => "say of whom: a key, or issuer and subject",
            (false, Some(_), None) => "the subject is missing: an issuer alone names nobody",
            (false, None, Some(_)) => "the issuer is missing: a subject alone names nobody",
        };
        Err(Problem::unprocessable(wrong))
    }

    fn seconds(&self) -> Result<u64, Problem> {
        let unit = match self.unit.as_str() {
            "minutes" => Some(60),
            "hours" => Some(3600),
            "days" => Some(24 * 3600),
            _ => None,
        };
        let many = self.lasts.trim().parse::<u64>().ok();
        let seconds = many.zip(unit).and_then(|(many, unit)| many.checked_mul(unit));
        seconds.ok_or_else(|| {
            Problem::unprocessable(
                "say how long in whole minutes, hours or days: 1 minute to 7 days",
            )
        })
    }

    /// What was typed for a key, if it is one: a token that was pasted here does not come back in a page.
    fn key_shown(&self) -> &str {
        let key = self.key.trim();
        Whom::named(key).map_or("", |_| key)
    }

    fn unit_is(&self, unit: &str) -> bool {
        self.unit == unit || (self.unit.is_empty() && unit == "hours")
    }
}

pub async fn send(
    State(console): State<Arc<Console>>,
    Killer { visitor, peer }: Killer,
    headers: HeaderMap,
    form: Result<Form<Said>, FormRejection>,
) -> Response {
    let Ok(Form(said)) = form else {
        return problem(&visitor, &Problem::bad_request("this is no form of the page"), "/kills");
    };
    if let Err(refused) = visitor.decides(&console, &headers, &said.csrf) {
        return problem(&visitor, &refused, "/kills");
    }
    let found = match seen(&console, &visitor, &said).await {
        Ok(found) => found,
        Err(error) => return problem(&visitor, &error, "/kills"),
    };
    let made = async {
        let request = said.request(found.as_ref())?;
        let record = found.as_ref().map(|one| &one.exchange.record);
        console.holds.kill(&request, record, &visitor.approver, &peer).await
    };
    match made.await {
        Ok((kill, _)) if found.is_none() && console.holds.recorded(&kill).await == Some(false) => {
            Redirect::to(&format!("/kills?unrecorded={}", kill.id)).into_response()
        }
        Ok(_) => Redirect::to("/kills").into_response(),
        Err(error)
            if matches!(
                error.status(),
                StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT
            ) =>
        {
            show(&console, &visitor, found.as_ref(), said, error.status(), error.detail())
        }
        Err(error) => problem(&visitor, &error, "/kills"),
    }
}
