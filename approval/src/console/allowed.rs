/*! Which approvers may do what not everybody may who decides. */

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::response::Response;

use super::Console;
use super::json::Keyed;
use super::page::{Visitor, problem};
use crate::approver::{Approver, Person};
use crate::error::Problem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Every approver: whoever runs the gateway is the one who decides.
    Approvers,
    /// Who is in one of these groups; nobody without one.
    Groups(Vec<String>),
}

impl Allowed {
    pub fn let_in(&self, person: &Person) -> bool {
        match self {
            Self::Approvers => true,
            Self::Groups(groups) => {
                let own = person.groups.as_deref();
                groups.iter().any(|group| own.is_none_or(|own| own.contains(group)))
            }
        }
    }
}

/// A visitor who may, and from where.
pub async fn visitor(
    parts: &mut Parts,
    console: &Arc<Console>,
    may: impl FnOnce(&Visitor) -> bool,
    barred: fn() -> Problem,
) -> Result<(Visitor, String), Response> {
    let visitor = Visitor::from_request_parts(parts, console).await?;
    if !may(&visitor) {
        return Err(problem(&visitor, &barred(), "/"));
    }
    Ok((visitor, peer(parts, console).await))
}

/// Who has a key and may, and from where.
pub async fn keyed(
    parts: &mut Parts,
    console: &Arc<Console>,
    allowed: &Allowed,
    barred: fn() -> Problem,
) -> Result<(Approver, String), Problem> {
    let Keyed(approver) = Keyed::from_request_parts(parts, console).await?;
    if !allowed.let_in(&approver.person) {
        return Err(barred());
    }
    Ok((approver, peer(parts, console).await))
}

async fn peer(parts: &mut Parts, console: &Arc<Console>) -> String {
    let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, console).await;
    peer.map(|ConnectInfo(peer)| peer.ip().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Person};

    #[test]
    fn nobody_may_until_a_group_is_named() {
        let person = |groups: Option<&[&str]>| {
            let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
            Person::local("ada", groups.map(own))
        };
        let groups =
            |all: &[&str]| Allowed::Groups(all.iter().map(|one| (*one).to_owned()).collect());
        let people = [person(None), person(Some(&["audit"])), person(Some(&[]))];
        let may = |allowed: Allowed| people.each_ref().map(|one| allowed.let_in(one));
        assert_eq!(may(Allowed::Approvers), [true, true, true]);
        assert_eq!(may(groups(&[])), [false, false, false]);
        assert_eq!(may(groups(&["audit"])), [true, true, false]);
        assert_eq!(may(groups(&["other"])), [true, false, false]);
    }
}
