/*! The words of a refusal: what happened, and what to do next. */

use super::Refusal;
use crate::reason::Reason;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Called a tool, reads the text and acts on it: everything has to be in it.
    Model,
    /// Reads nothing but the text, of something else than a tool's call.
    Reader,
    /// Reads the reference and the address from members of their own.
    Program,
}

pub(super) fn sentence(refusal: &Refusal, audience: Audience) -> String {
    let words = match refusal.reason {
        // An approver's words are quoted as they are.
        Reason::HoldDenied => stopped,
        _ => sentence_end,
    };
    let message = refusal.message.as_deref().map(words).filter(|text| !text.is_empty());
    if refusal.reason == Reason::Pending {
        return pending(refusal, message.as_deref(), audience);
    }
    let mut text = match (&refusal.rule, refusal.reason) {
        (
            Some(rule),
            Reason::Denied
            | Reason::InsufficientScope
            | Reason::ResponseDenied
            | Reason::FactUnavailable,
        ) => {
            format!("Blocked by policy {rule}: ")
        }
        (
            _,
            Reason::Denied | Reason::NoRule | Reason::EndpointNotAllowed | Reason::ResponseDenied,
        ) => "Blocked by policy: ".to_owned(),
        (_, Reason::HoldDenied) if message.is_some() => "Denied by an approver: ".to_owned(),
        _ => String::new(),
    };
    if refusal.reason == Reason::FactUnavailable {
        // What the rule says is about the calls it is meant for, and this may be none.
        text.push_str(&unavailable(refusal.fact.as_deref()));
        text.extend(message.map(|message| format!(" {message}")));
    } else {
        text.push_str(message.as_deref().unwrap_or(happened(refusal.reason)));
    }
    text.push(' ');
    text.push_str(advice(refusal.reason));
    if audience != Audience::Program {
        text.push_str(&format!(" ref={}", refusal.reference));
    }
    text
}

/// What the rule says stands behind what clients look for at the begin.
fn pending(refusal: &Refusal, message: Option<&str>, audience: Audience) -> String {
    let mut text = "Approval pending".to_owned();
    if audience != Audience::Program {
        text.push_str(&format!(", ref={}", refusal.reference));
        text.extend(refusal.url.as_ref().map(|url| format!(", url={url}")));
    }
    text.push_str(". ");
    // Behind what clients find the page by.
    let status = refusal.status_path().filter(|_| audience != Audience::Program);
    text.extend(status.map(|path| format!("Its status is at {path}. ")));
    text.extend(message.map(|message| format!("{message} ")));
    text.push_str(match audience {
        Audience::Model => "Call this tool again with the same arguments after approval.",
        Audience::Reader | Audience::Program => "Send the same request again after approval.",
    });
    text
}

/// Of a call that nobody made.
pub(super) fn needs_approval(refusal: &Refusal) -> String {
    let message = refusal.message.as_deref().map(sentence_end).unwrap_or_default();
    format!("This call waits for an approver. {message}").trim_end().to_owned()
}

fn unavailable(fact: Option<&str>) -> String {
    match fact {
        Some(fact) => format!(
            "The rule needs {fact}, which this call lacks or has in a form that cannot be judged."
        ),
        None => happened(Reason::FactUnavailable).to_owned(),
    }
}

/// With a capital letter in front and a full stop behind, as sentences of an answer have.
fn sentence_end(message: &str) -> String {
    let text = stopped(message);
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn stopped(message: &str) -> String {
    let mut text = message.trim().to_owned();
    if !text.is_empty() && !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

fn happened(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthenticated => "No valid access token came with the request.",
        Reason::Denied => "This call is not allowed.",
        Reason::NoRule => "No rule lets this call pass.",
        Reason::EndpointNotAllowed => "This endpoint or method is not allowed.",
        Reason::InsufficientScope => "The access token lacks a scope that this call needs.",
        Reason::FactUnavailable => "A rule needs a part of this call that cannot be read.",
        Reason::Pending => "Approval pending.",
        Reason::HoldDenied => "Denied by an approver.",
        Reason::HoldExpired => "Nobody approved this call in time.",
        Reason::HoldUsed => "The approval of this call was already used.",
        Reason::ApprovalUnavailable => "This call needs approval, which cannot be asked for now.",
        Reason::RedemptionUnknown => "The call was not sent, and its approval may be used up.",
        Reason::HoldUnknown => "This caller has no such hold.",
        Reason::GrantInvalid => "The approval is not for this call.",
        Reason::HoldLimit => "Too many calls of this caller wait for approval.",
        Reason::HoldsFull => "Too many calls wait for approval.",
        Reason::Killed => "An operator has stopped this caller.",
        Reason::BudgetExceeded => "A budget of this caller is used up.",
        Reason::DryRunLimit => "This caller has no dry runs left.",
        Reason::RouteUnsafe => "The route of this call is not safe for calls that need approval.",
        Reason::BodyUnreadable => "The body cannot be read.",
        Reason::BodyTooLarge => "The body is too large.",
        Reason::BodyEncoded => "The body is compressed or not UTF-8.",
        Reason::RequestAmbiguous => "The request reads differently to different servers.",
        Reason::IdUnknown => "No such session, task or object of this caller.",
        Reason::MethodNotAllowed => "This method is not allowed.",
        Reason::AuthorizationServer => "The gateway is no authorization server.",
        Reason::UpgradeRefused => "The connection cannot be upgraded here.",
        Reason::ResponseUnreadable => "The response cannot be read.",
        Reason::ResponseTooLarge => "The response is too large.",
        Reason::ResponseEncoded => "The response is compressed or not UTF-8.",
        Reason::ResponseDenied => "The response is not allowed to pass.",
        Reason::ResponseRedirect => "The response leads away from the gateway.",
        Reason::CredentialRefused => "The upstream did not accept the gateway's credential.",
        Reason::OverBudget => "Reading the body takes too much work.",
        Reason::UnsafeInstall => "The gateway is not installed safely.",
        Reason::UnknownSection => "The gateway has no rules for this route.",
        Reason::NoBundle => "The gateway has no rules loaded.",
    }
}

fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthenticated => "Send a valid bearer token.",
        Reason::InsufficientScope => "Get a token with the scopes that are named.",
        Reason::AuthorizationServer => "Get tokens from that server.",
        Reason::Pending => "Repeat the call after approval.",
        Reason::HoldExpired | Reason::HoldUsed => "Repeat the call to ask again.",
        Reason::HoldLimit | Reason::HoldsFull => "Wait until some of them are decided.",
        Reason::ApprovalUnavailable => "Try again later.",
        Reason::RedemptionUnknown => "Ask the approver before you send it again.",
        Reason::BudgetExceeded | Reason::DryRunLimit => "Do not retry before then.",
        Reason::BodyUnreadable | Reason::BodyEncoded | Reason::RequestAmbiguous => {
            "Change the request before sending it again."
        }
        Reason::FactUnavailable => "Do not send it again as it is.",
        Reason::IdUnknown => "Begin a new one.",
        Reason::BodyTooLarge => "Send less at once.",
        Reason::OverBudget => "Send or ask for less at once.",
        Reason::ResponseTooLarge => "Ask for less at once.",
        Reason::Killed => "Do not retry; stop what you are doing.",
        Reason::UnsafeInstall
        | Reason::UnknownSection
        | Reason::NoBundle
        | Reason::CredentialRefused => "Tell the operator of the gateway.",
        Reason::Denied
        | Reason::NoRule
        | Reason::EndpointNotAllowed
        | Reason::HoldDenied
        | Reason::GrantInvalid
        | Reason::HoldUnknown
        | Reason::RouteUnsafe
        | Reason::MethodNotAllowed
        | Reason::UpgradeRefused
        | Reason::ResponseUnreadable
        | Reason::ResponseEncoded
        | Reason::ResponseDenied
        | Reason::ResponseRedirect => "Do not retry.",
    }
}
