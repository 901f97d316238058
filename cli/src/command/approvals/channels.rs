/*! Channels in a terminal: how each does, and what did not get there. */

use approval::notify::{About, ChannelList, Delivery, DeliveryList};

use crate::lifetime;
use crate::print::table;

pub fn table_of(list: &ChannelList, now: u64) -> String {
    if list.channels.is_empty() {
        return "no channel is configured".to_owned();
    }
    let row = |one: &approval::notify::ChannelState| {
        let (channel, tally) = (&one.channel, &one.tally);
        let sent = tally.sent_at.map_or("nothing yet".to_owned(), |at| lifetime::since(now, at));
        let state = match tally.error.as_str() {
            "" => "working".to_owned(),
            error => format!("failing: {error}"),
        };
        vec![
            channel.name.clone(),
            channel.kind.clone(),
            channel.to.join(", "),
            sent,
            tally.waiting.to_string(),
            tally.dead.to_string(),
            state,
        ]
    };
    let rows: Vec<_> = list.channels.iter().map(row).collect();
    let head = ["CHANNEL", "KIND", "TO", "LAST SENT", "WAITING", "GIVEN UP", "STATE"];
    table(&head, &rows).trim_end().to_owned()
}

/// Messages that were given up.
pub fn given_up(list: &DeliveryList, now: u64) -> String {
    if list.deliveries.is_empty() {
        return "no message was given up".to_owned();
    }
    let row = |one: &Delivery| {
        let at = one.settled_at.unwrap_or(one.created_at);
        let (id, call) = match &one.event.about {
            About::Hold(hold) => (&hold.id, hold.action.clone()),
            About::Kill(kill) => (&kill.id, kill.who()),
        };
        vec![
            one.id.clone(),
            one.channel.clone(),
            lifetime::since(now, at),
            one.tries.to_string(),
            one.event.kind.name().to_owned(),
            id.clone(),
            call,
            one.error.clone(),
        ]
    };
    let rows: Vec<_> = list.deliveries.iter().map(row).collect();
    let head = ["ID", "CHANNEL", "GIVEN UP", "TRIES", "EVENT", "OF", "WHAT", "WHY"];
    table(&head, &rows).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{given_up, table_of};

    #[test]
    fn how_a_channel_does_is_one_line() {
        let list = |channels: serde_json::Value| {
            table_of(&serde_json::from_value(json!({"channels": channels})).unwrap(), 100)
        };
        assert_eq!(list(json!([])), "no channel is configured");
        let channel = |error: &str| {
            json!([{"name": "ops", "kind": "slack", "to": ["a.example"], "severity": "low",
                "per_minute": 20, "waiting": 2, "dead": 1, "sent_at": 40, "error": error}])
        };
        let working = list(channel(""));
        let line = working.lines().nth(1).unwrap();
        assert!(line.starts_with("ops") && line.ends_with("working"), "{working}");
        assert!(list(channel("the answer was 410")).ends_with("failing: the answer was 410"));
        let none = serde_json::from_value(json!({"deliveries": []})).unwrap();
        assert_eq!(given_up(&none, 0), "no message was given up");
    }
}
