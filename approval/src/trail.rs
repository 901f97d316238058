/*! The audit trail of a hold, or of a kill, in words, the same on pages and in a terminal. */

/// What was done; whoever did it comes behind.
pub fn words(action: &str) -> &'static str {
    match action {
        "held" => "put on hold for",
        "approve" => "approved by",
        "deny" => "denied by",
        "approve_standing" => "approved, for calls like it too, by",
        "granted" => "lets pass by standing grant",
        "revoked" => "standing grant revoked by",
        "break_glass" => "approved at once, by break glass, by",
        "break_glass_barred" => "break glass refused to",
        "break_glass_refused" => "break glass came too late from",
        "approve_again" => "approved again by",
        "approve_barred" => "approval refused, as it takes somebody else than",
        "taken_back" => "approval taken back by",
        "deny_again" => "denied again by",
        "approve_refused" => "approval came too late from",
        "deny_refused" => "denial came too late from",
        "redeemed" => "approval taken by a gateway, for exchange",
        "cancelled" => "cancelled: the caller left, exchange",
        "lapsed" => "cancelled: not enough approvals count any more without",
        "told_again" => "a message that was not delivered is sent again by",
        "untold" => "a message that was not delivered is dropped by",
        "killed" => "killed by",
        "kill_longer" => "made longer by",
        "kill_again" => "killed again, no longer than it was, by",
        "kill_lifted" => "lifted by",
        "kill_lift_barred" => "lifting refused, as it takes somebody else than",
        "expired" => "expired",
        _ => "noted for",
    }
}
