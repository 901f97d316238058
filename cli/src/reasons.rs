/*! What each reason means and what helps, for `gatehouse explain`. */

use policy::reason::Reason;

pub fn explanation(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthenticated => {
            "the token did not prove who calls; `detail` says which check failed. Send a fresh one \
             of a configured issuer, meant for this gateway"
        }
        Reason::Denied => "a rule denies the call; change the call, or the rule named below",
        Reason::NoRule => {
            "no rule lets the call pass, and the bundle says `default: deny`; add a rule with \
             `effect: allow`, or call something else"
        }
        Reason::EndpointNotAllowed => {
            "the route is one to a model's API, and the call goes to an endpoint that the gateway \
             does not know; a rule with `effect: allow` that names its path in `match.http.path` \
             opens it"
        }
        Reason::InsufficientScope => {
            "the caller's token lacks a scope that the rule named below asks for; `detail` names the \
             scopes. OAuth clients ask their authorization server for a token with them"
        }
        Reason::FactUnavailable => {
            "a rule asks for a fact that the call lacks, or that could not be read from it, so it was \
             refused; `detail` names the fact. Check that the route has the right --kind, or narrow \
             the rule by its `match`"
        }
        Reason::Pending => {
            "the call waits for an approver; decide it in the console or with `gatehouse approvals`"
        }
        Reason::HoldDenied => "an approver refused the call",
        Reason::HoldExpired => "nobody decided in time; repeat the call to ask again",
        Reason::HoldUsed => "another try of the same call used the approval; it lets one pass",
        Reason::ApprovalUnavailable => {
            "the approval service did not answer as it must; see that it runs and that the filter \
             reaches it"
        }
        Reason::HoldUnknown => {
            "the caller asked for a hold that is not there, or that another principal's call waits on"
        }
        Reason::RedemptionUnknown => {
            "the approval service went away while the approval was used, and was not back before the \
             caller's wait was over; look at the hold in the console: if it is redeemed, the call was \
             still not sent, and has to be asked for anew"
        }
        Reason::GrantInvalid => {
            "what came as an approval does not prove one for this call; the keys of filter and \
             approval service may differ, or the call changed"
        }
        Reason::HoldsFull => {
            "as many calls are on hold as one worker or the approval service takes on; decide some, or \
             raise --holds and --held-bytes of the gateway or the limits of the service"
        }
        Reason::HoldLimit => {
            "the caller has as many calls on hold as it may have; decide some, or raise \
             --holds-per-principal of the gateway or `open_per_principal` of the service's `[limits]`"
        }
        Reason::Killed => {
            "the kill switch stops the caller or its token; `kill` names it. `gatehouse kills list` shows who \
             set it, why and until when, and `gatehouse kills lift` ends it"
        }
        Reason::BudgetExceeded => {
            "a budget of the caller, named below, is used up until its window ends; wait, or raise \
             its limit in the bundle"
        }
        Reason::DryRunLimit => {
            "the caller made as many dry runs in this minute as it may; wait, or raise \
             --dry-runs-per-minute"
        }
        Reason::RouteUnsafe => {
            "the route changed while the call was on hold, or it may send a call twice; a route \
             for calls on hold has no retries, hedging or mirrors"
        }
        Reason::BodyUnreadable => {
            "the body is not what the route reads: check its JSON, its text encoding, and --kind"
        }
        Reason::BodyTooLarge => {
            "the request body is over --request-limit, as it came or once it was redacted"
        }
        Reason::BodyEncoded => "the request body is compressed or not UTF-8; send it plain",
        Reason::RequestAmbiguous => {
            "a header, the path or the host reads differently to different servers; send it in its \
             plain form"
        }
        Reason::IdUnknown => {
            "the request names a session, an event, a task or a stored object that the upstream did not \
             give to this principal through this gateway, or gave under another digest key; begin anew"
        }
        Reason::MethodNotAllowed => {
            "the gateway does not pass this HTTP method, or a message that lists the tasks of all callers"
        }
        Reason::UpgradeRefused => "the gateway does not pass upgrades such as WebSocket",
        Reason::AuthorizationServer => {
            "the client takes the gateway for an authorization server; see that the real one is \
             among the issuers of --identity, with a URL as its name, so that clients learn of it"
        }
        Reason::ResponseUnreadable => {
            "the upstream's response could not be read, so it could not be masked"
        }
        Reason::ResponseTooLarge => "the response is over --response-limit",
        Reason::ResponseEncoded => {
            "the upstream compressed its response although it was asked not to; turn that off there"
        }
        Reason::ResponseDenied => "a rule denies the response",
        Reason::ResponseRedirect => {
            "the upstream sends the caller to another place, past the gateway; call that place \
             through a route of its own"
        }
        Reason::CredentialRefused => {
            "the upstream does not take the credential the gateway holds for it; renew the file of \
             --credential"
        }
        Reason::OverBudget => "reading the body took more work than one call may cost",
        Reason::UnsafeInstall => {
            "Envoy's filters are in an order in which the gateway cannot protect; put the buffer \
             filter right behind it"
        }
        Reason::UnknownSection => {
            "the metadata of the route names a section that the bundle in force does not declare; \
             `detail` says which. Correct the route, or declare the section in bundle.yaml"
        }
        Reason::NoBundle => "the gateway has no bundle, so it refuses everything",
    }
}
