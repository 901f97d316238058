/*! A token in compact form (RFC 7515), read strictly and not yet believed. */

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claims::Claims;
use super::unauthorized::Unauthorized;
use crate::json;

const MAX_DEPTH: usize = 32;

/// Types of what the gateway itself signs: grants, receipts, bundles. Never an access token,
/// whatever is configured.
pub(super) const OWN_TYPES: &str = "gatehouse-";

/// Types taken where none are configured. Others with `+jwt` are for other purposes: a logout
/// token or a proof of possession says nothing about who may call.
const DEFAULT_TYPES: &[&str] = &["jwt", "at+jwt"];

pub(super) struct Token<'a> {
    pub compact: &'a str,
    pub algorithm: String,
    pub kid: Option<String>,
    /// As in the header.
    pub typ: Option<String>,
    pub claims: Claims,
}

impl<'a> Token<'a> {
    pub(super) fn read(compact: &'a str) -> Result<Self, Unauthorized> {
        let mut parts = compact.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Unauthorized::invalid("token is not in three parts"));
        };
        let header = object(header)?;
        let claims = Claims(object(claims)?);
        if signature.is_empty() {
            return Err(Unauthorized::invalid("token is not signed"));
        }
        // An extension that must be understood is not; `b64` among them.
        if header.contains_key("crit") {
            return Err(Unauthorized::invalid("token has a critical header"));
        }
        let algorithm = text(&header, "alg")?;
        let algorithm = algorithm.ok_or(Unauthorized::invalid("token names no algorithm"))?;
        let (kid, typ) = (text(&header, "kid")?, text(&header, "typ")?);
        Ok(Self { compact, algorithm, kid, typ, claims })
    }

    pub(super) fn check_type(&self, accepted: Option<&[String]>) -> Result<(), Unauthorized> {
        let typ = self.typ.as_deref().map(media_type);
        let fits = match (&typ, accepted) {
            (Some(typ), _) if typ.starts_with(OWN_TYPES) => false,
            (Some(typ), Some(accepted)) => accepted.iter().any(|other| media_type(other) == *typ),
            (Some(typ), None) => DEFAULT_TYPES.contains(&typ.as_str()),
            (None, accepted) => accepted.is_none(),
        };
        if fits { Ok(()) } else { Err(Unauthorized::invalid("token is of another type")) }
    }
}

/// Lower case and without `application/`, which RFC 7515 lets a token leave out.
pub(super) fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
}

fn object(part: &str) -> Result<Map<String, Value>, Unauthorized> {
    let malformed = Unauthorized::invalid("token is not base64url of strict JSON objects");
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed)?;
    match json::parse_strict(text, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(malformed),
    }
}

fn text(header: &Map<String, Value>, member: &str) -> Result<Option<String>, Unauthorized> {
    match header.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Unauthorized::invalid("token header has a member of the wrong type")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_configuration_makes_the_gateways_own_types_access_tokens() {
        for typ in ["gatehouse-grant+jwt", "application/GATEHOUSE-bundle+jwt"] {
            let token = Token {
                compact: "",
                algorithm: String::new(),
                kid: None,
                typ: Some(typ.to_owned()),
                claims: Claims(Map::new()),
            };
            assert!(token.check_type(Some(&[typ.to_owned()])).is_err(), "{typ}");
        }
    }
}
