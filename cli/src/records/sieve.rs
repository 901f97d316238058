/*! Which exchanges are looked for. */

use std::time::Duration;

use approval::records::sieve;
use clap::Args;

use crate::lifetime;

/// All that are said have to fit. Text of records is masked, so nothing is found that was.
#[derive(Args, Default)]
#[command(next_help_heading = "Which exchanges")]
pub struct Sieve {
    /// Of this caller: the subject of its token.
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// Begun no longer ago than this, such as 15m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = lifetime::parse)]
    since: Option<Duration>,
    /// Whose rules say so: allow, redact, hold or deny. What was held and then denied by people is `hold`.
    #[arg(long, value_name = "EFFECT", value_parser = ["allow", "redact", "hold", "deny"])]
    effect: Option<String>,
    /// Refused, for whatever reason: by a rule, by people, by a kill.
    #[arg(long)]
    refused: bool,
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
    pub fn at(&self, now: u64) -> sieve::Sieve {
        let said = |word: &Option<String>| word.clone().unwrap_or_default();
        let age = |since: Duration| u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        sieve::Sieve {
            principal: said(&self.principal),
            since_ms: self.since.map_or(0, |since| now.saturating_sub(age(since))),
            effect: said(&self.effect),
            refused: self.refused,
            reason: said(&self.reason),
            rule: said(&self.rule),
            tool: said(&self.tool),
            text: said(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use approval::records::{Envoy, Exchange};
    use clap::Parser;
    use policy::principal::Principal;
    use policy::reason::Reason;
    use policy::record::{McpRecord, Record};
    use policy::rule::{Effect, Mode, Severity};
    use policy::verdict::Contribution;

    use super::*;

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
        record.request.mcp =
            Some(McpRecord { tool: Some("refund".into()), ..McpRecord::default() });
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
        line.sieve.at(160_000).lets_through(&exchange())
    }

    #[test]
    fn each_word_of_it_has_to_fit() {
        let fits: [&[&str]; 9] = [
            &[],
            &["--principal", "ada"],
            &["--since", "1m"],
            &["--effect", "hold"],
            &["--refused"],
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
