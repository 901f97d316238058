/*! `gatehouse sessions replay`: what agent and upstream said to one another, exchange by exchange. */

use std::time::Duration;

use anyhow::Result;
use approval::records::{Exchange, describe};
use clap::Args;
use policy::record::{BodyRecord, FindingCount};

use crate::print::{self, clean, count};
use crate::records::indented::indented;

/// A record says when it began, and nobody waits for ever for what it says.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Pace {
    /// So many times as fast as it was, and no pause longer than a minute; without it, all at once.
    #[arg(long, value_name = "N", value_parser = speed)]
    speed: Option<f64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.01..=10_000.0).contains(speed));
    speed.ok_or_else(|| "write a number, such as 1 or 20".to_owned())
}

/// Until nobody reads any more.
pub fn replay(shown: &[Exchange], pace: &Pace) -> Result<()> {
    let begin = shown.first().map_or(0, |first| first.record.started_ms);
    let mut at = begin;
    for exchange in shown {
        let pause = exchange.record.started_ms.saturating_sub(at);
        at = at.max(exchange.record.started_ms);
        if let Some(speed) = pace.speed {
            std::thread::sleep(Duration::from_millis(pause).div_f64(speed).min(LONGEST_PAUSE));
        }
        if !print::out_one(&told(exchange, begin))? {
            break;
        }
    }
    Ok(())
}

/// `begin` of the session, in Unix milliseconds.
fn told(exchange: &Exchange, begin: u64) -> String {
    let Exchange { record, envoy, .. } = exchange;
    let after = record.started_ms.saturating_sub(begin);
    let mut lines = vec![format!(
        "+{}.{:03}s  {}  {}  status {}  {} ms",
        after / 1000,
        after % 1000,
        describe::call(record),
        describe::verdict(exchange),
        envoy.status,
        envoy.duration_ms,
    )];
    let rules: Vec<String> = record.verdict.rules.iter().map(super::named).collect();
    if !rules.is_empty() {
        lines.push(format!("  rules     {}", rules.join(", ")));
    }
    for hold in record.holds() {
        let by = hold.approver.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        lines.push(format!(
            "  hold      {} {}{by}, waited {} ms",
            hold.hold, hold.status, hold.waited_ms
        ));
    }
    lines.extend(record.not_inspected.iter().map(|why| format!("  not read  {why}")));
    let mut lines: Vec<String> = lines.iter().map(|line| clean(line)).collect();
    lines.extend(body("request", &record.request.body, &record.request.findings));
    if record.response.status != 0 {
        let name = format!("response {}", record.response.status);
        lines.extend(body(&name, &record.response.body, &record.response.findings));
    }
    // What the caller got in the upstream's place.
    if let Some(answer) = &record.answer {
        let by = describe::word(&answer.by);
        let said = BodyRecord {
            text: answer.body.clone(),
            size: answer.body.len() as u64,
            ..BodyRecord::default()
        };
        lines.extend(body(&format!("answer {} by {by}", answer.status), &said, &[]));
    }
    lines.push(clean(&format!("  ref       {}", record.exchange)));
    lines.push(String::new());
    lines.join("\n")
}

fn body(name: &str, body: &BodyRecord, findings: &[FindingCount]) -> Vec<String> {
    if body.size == 0 {
        return Vec::new();
    }
    let mut head = format!("  {name}, {}", count(body.size, "byte"));
    for finding in findings {
        let redacted = if finding.redacted { "redacted" } else { "left" };
        head.push_str(&format!(", {} {} ({redacted})", finding.count, finding.kind));
    }
    if body.truncated {
        head.push_str(", cut here");
    }
    let text = indented(&body.text).unwrap_or_else(|| body.text.clone());
    let lines = text.lines().map(|line| format!("    {}", clean(line)));
    std::iter::once(clean(&head)).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use approval::records::Envoy;
    use policy::record::{AnswerRecord, Record, Speaker};

    use super::*;

    fn exchange(text: &str, started_ms: u64) -> Exchange {
        let mut record = Record { exchange: "x_1".into(), started_ms, ..Record::default() };
        record.request.method = "POST".into();
        record.request.path = "/a".into();
        record.request.body =
            BodyRecord { text: text.into(), size: text.len() as u64, ..BodyRecord::default() };
        let envoy = Envoy { status: 200, duration_ms: 12, ..Envoy::default() };
        Exchange { record, link: None, envoy }
    }

    #[test]
    fn an_exchange_is_told_with_what_was_said() {
        let mut one = exchange(r#"{"mail":"[REDACTED:email]"}"#, 3_250);
        one.record.request.findings =
            vec![FindingCount { kind: "email".into(), count: 1, redacted: true, allowed: false }];
        let wanted = "+2.250s  POST /a  none  status 200  12 ms\n  request, 27 bytes, 1 email (redacted)\n    \
             {\n      \"mail\": \"[REDACTED:email]\"\n    }\n  ref       x_1\n";
        assert_eq!(told(&one, 1_000), wanted);
    }

    #[test]
    fn what_the_gateway_said_itself_is_told() {
        let mut one = exchange("", 0);
        let body = r#"{"reason":"denied"}"#.to_owned();
        one.record.answer = Some(AnswerRecord { by: Speaker::Gateway, status: 403, body });
        let wanted =
            "\n  answer 403 by gateway, 19 bytes\n    {\n      \"reason\": \"denied\"\n    }\n";
        let text = told(&one, 0);
        assert!(text.contains(wanted), "{text}");
    }

    #[test]
    fn nothing_in_it_moves_the_cursor_or_writes_a_line_of_ours() {
        let text = told(&exchange("\u{1b}[2J\n+0.000s  forged\r\u{202e}", 0), 0);
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
        assert_eq!(text.lines().filter(|line| line.starts_with('+')).count(), 1, "{text}");
    }

    #[test]
    fn a_pace_is_a_number_that_can_be_waited_for() {
        assert_eq!(speed("2.5"), Ok(2.5));
        for wrong in ["0", "-1", "nan", "inf", "x", "1e9"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
