/*! Why a call did not pass: one stable code each, for logs, metrics, answers and people. */

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $status:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The code that never changes once released.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)* }
            }

            /// The HTTP status where the protocol has no answer of its own.
            pub fn status(self) -> u16 {
                match self { $(Reason::$name => $status,)* }
            }
        }
    };
}

reasons! {
    /// No token, or one that does not prove who calls.
    Unauthenticated = "unauthenticated", 401;
    /// A rule denies the call.
    Denied = "denied", 403;
    /// No rule lets the call pass, and the bundle denies such calls.
    NoRule = "no_rule", 403;
    /// No rule opens this endpoint of a model's API, and it is none that rules can judge.
    EndpointNotAllowed = "endpoint_not_allowed", 403;
    /// The token lacks a scope that a rule asks for.
    InsufficientScope = "insufficient_scope", 403;
    /// A fact that a rule needs could not be read from the call.
    FactUnavailable = "fact_unavailable", 403;
    /// The call waits for an approver; repeat it later.
    Pending = "pending", 403;
    /// An approver said no.
    HoldDenied = "hold_denied", 403;
    /// Nobody decided in time.
    HoldExpired = "hold_expired", 403;
    /// Another try of the same call used the approval.
    HoldUsed = "hold_used", 403;
    /// The approval service did not answer as it must.
    ApprovalUnavailable = "approval_unavailable", 503;
    /// It is not known whether the approval was used: the answer to its redemption was lost.
    RedemptionUnknown = "redemption_unknown", 403;
    /// No hold of this name is the caller's.
    HoldUnknown = "hold_unknown", 404;
    /// What came back as an approval does not prove one for this call.
    GrantInvalid = "grant_invalid", 403;
    /// The principal has too many calls on hold.
    HoldLimit = "hold_limit", 429;
    /// There is no room for more calls on hold, whoever makes them.
    HoldsFull = "holds_full", 503;
    /// The kill switch stops the principal or its token.
    Killed = "killed", 403;
    /// A budget of the principal is used up until its window ends.
    BudgetExceeded = "budget_exceeded", 429;
    /// The principal has asked for too many dry runs in this minute.
    DryRunLimit = "dry_run_limit", 429;
    /// The route changed while the call was on hold, or may send a call twice.
    RouteUnsafe = "route_unsafe", 403;
    /// The body cannot be read as what the route expects.
    BodyUnreadable = "body_unreadable", 400;
    BodyTooLarge = "body_too_large", 413;
    /// A content encoding or character set the gateway does not read.
    BodyEncoded = "body_encoded", 415;
    /// A header, path or host that reads differently to different servers.
    RequestAmbiguous = "request_ambiguous", 400;
    /// An id of a session, a task or a stored object that the upstream did not give to this principal.
    IdUnknown = "id_unknown", 404;
    MethodNotAllowed = "method_not_allowed", 405;
    UpgradeRefused = "upgrade_refused", 403;
    /// The caller takes the gateway for an authorization server.
    AuthorizationServer = "authorization_server", 404;
    /// The upstream's response cannot be read, so it cannot be masked.
    ResponseUnreadable = "response_unreadable", 502;
    ResponseTooLarge = "response_too_large", 502;
    ResponseEncoded = "response_encoded", 502;
    /// A rule denies the response.
    ResponseDenied = "response_denied", 502;
    /// The upstream tries to lead the caller past the gateway.
    ResponseRedirect = "response_redirect", 502;
    /// The upstream does not accept the credential the gateway holds for it.
    CredentialRefused = "credential_refused", 502;
    /// Reading the body took more work than the budget allows.
    OverBudget = "over_budget", 413;
    /// The gateway is installed in a way in which it cannot protect.
    UnsafeInstall = "unsafe_install", 503;
    /// The route names a section that the bundle does not declare.
    UnknownSection = "unknown_section", 503;
    /// The gateway has no bundle.
    NoBundle = "no_bundle", 503;
}
