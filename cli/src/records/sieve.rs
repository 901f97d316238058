/*! Which exchanges are looked for. */

use std::time::Duration;

use clap::Args;
use policy::reason::Reason;

use super::{Exchange, describe};
use crate::lifetime;

/// All that are said have to fit. Text of records is masked, so nothing is found that was.
#[derive(Args, Default)]
#[command(next_help_heading = "Which exchanges")]
pub struct Sieve {
    /// Of this caller: the subject of its token.
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// Begun no longer ago than this.
    #[arg(long, value_name = "TIME", value_parser = lifetime::parse)]
    since: Option<Duration>,
    /// Allowed, redacted, on hold or denied.
    #[arg(long, value_name = "EFFECT", value_parser = ["allow", "redact", "hold", "deny"])]
    effect: Option<String>,
    /// Ended for this reason, such as `hold_expired`.
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// In which a rule of this name had a part, also in shadow.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// That call this tool of MCP.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// With this in path or bodies, in any case.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Sieve {
    /// `now` in Unix milliseconds.
    pub fn lets_through(&self, exchange: &Exchange, now: u64) -> bool {
        let record = &exchange.record;
        let verdict = &record.verdict;
        let subject = record.principal.as_ref().map(|principal| principal.subject.as_str());
        let tool = record.request.mcp.as_ref().and_then(|mcp| mcp.tool.as_deref());
        let age = u128::from(now.saturating_sub(record.started_ms));
        is(&self.principal, subject)
            && is(&self.tool, tool)
            && is(&self.effect, verdict.effect.as_ref().map(describe::word).as_deref())
            && is(&self.reason, verdict.reason.map(Reason::code))
            && self.since.is_none_or(|since| age <= since.as_millis())
            && self.rule.as_ref().is_none_or(|rule| verdict.rules.iter().any(|of| of.rule == *rule))
            && self.text.as_ref().is_none_or(|text| has(exchange, &text.to_lowercase()))
    }
}

fn is(wanted: &Option<String>, found: Option<&str>) -> bool {
    wanted.as_ref().is_none_or(|wanted| found == Some(wanted))
}

fn has(exchange: &Exchange, text: &str) -> bool {
    let record = &exchange.record;
    let (request, response) = (&record.request, &record.response);
    [&request.path, &request.body.text, &response.body.text]
        .into_iter()
        .any(|part| part.to_lowercase().contains(text))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use policy::principal::Principal;
    use policy::record::{McpRecord, Record};
    use policy::rule::{Effect, Mode, Severity};
    use policy::verdict::Contribution;

    use super::*;
    use crate::records::Envoy;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        sieve: Sieve,
    }

    fn exchange() -> Exchange {
        let mut record = Record { started_ms: 100_000, ..Record::default() };
        record.principal = Some(Principal {
            issuer: "i".into(),
            subject: "ada".into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        });
        record.request.mcp = Some(McpRecord {
            method: "tools/call".into(),
            tool: Some("refund".into()),
            ..McpRecord::default()
        });
        record.request.path = "/mcp".into();
        record.response.body.text = "Order 7 of [REDACTED:email]".into();
        record.verdict.effect = Some(Effect::Hold);
        record.verdict.reason = Some(Reason::HoldDenied);
        record.verdict.rules = vec![Contribution {
            rule: "hold-refunds".into(),
            effect: Effect::Hold,
            mode: Mode::Enforce,
            severity: Severity::High,
        }];
        Exchange { record, link: None, envoy: Envoy::default() }
    }

    fn passes(line: &[&str]) -> bool {
        let line = Line::try_parse_from([&["x"], line].concat()).unwrap_or_else(|e| panic!("{e}"));
        line.sieve.lets_through(&exchange(), 160_000)
    }

    #[test]
    fn each_word_of_it_has_to_fit() {
        let fits: [&[&str]; 8] = [
            &[],
            &["--principal", "ada"],
            &["--since", "1m"],
            &["--effect", "hold"],
            &["--reason", "hold_denied"],
            &["--rule", "hold-refunds"],
            &["--tool", "refund"],
            &["--text", "ORDER 7"],
        ];
        let fails: [&[&str]; 7] = [
            &["--principal", "ad"],
            &["--since", "59s"],
            &["--effect", "deny"],
            &["--reason", "denied"],
            &["--rule", "hold"],
            &["--tool", "read"],
            &["--text", "order 8"],
        ];
        for line in fits {
            assert!(passes(line), "{line:?}");
        }
        assert!(passes(&fits.concat()));
        for line in fails {
            assert!(!passes(line), "{line:?}");
            let others = [&["--rule", "hold-refunds"], line].concat();
            assert!(line[0] == "--rule" || !passes(&others), "{others:?}");
        }
        assert!(Line::try_parse_from(["x", "--effect", "kill"]).is_err());
    }
}
