use proptest::prelude::*;

use super::*;
use crate::rule::Severity;
use crate::session::JoinedBy;
use crate::sql::SqlEffect;

#[test]
fn ascii_json_reads_back() {
    let record = Record { route: "é\u{1F600}\u{7f}\n\"".into(), ..Default::default() };
    let line = record.to_ascii_json();
    assert!(line.is_ascii() && !line.contains('\n') && !line.contains('\u{7f}'));
    assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
}

/// Every form that a record has.
#[test]
fn a_full_record_is_written() {
    let finding = FindingCount { kind: "email".into(), count: 2, redacted: true, allowed: true };
    let body = BodyRecord {
        text: "{\"a\":\t1}\u{8}\u{c}\u{1}\r\n".into(),
        truncated: true,
        size: 9,
        digest: "d".into(),
        parts: vec![part::PartRecord { n: 1, from: 9, size: 2, digest: "p".into() }],
        parts_truncated: true,
    };
    let changed = vec![ChangedTool { pins: "p".into(), tool: "t".into(), mode: Mode::Shadow }];
    let record = Record {
        version: RECORD_VERSION,
        sections: vec!["a".into(), "b".into()],
        kind_guessed: true,
        dry_run: true,
        claims: ClientClaims {
            run: Some("r".into()),
            trace: Some("t".into()),
            ..Default::default()
        },
        session: Some(Session { id: "s_1".into(), joined_by: JoinedBy::Run }),
        principal: Some(Principal {
            issuer: "i".into(),
            subject: "s".into(),
            groups: vec!["g".into()],
            agent: Some("a".into()),
            owners: Vec::new(),
            scopes: Vec::new(),
        }),
        request: RequestRecord {
            judged_as: Some(TargetRecord { authority: "h".into(), path: "/p".into() }),
            mcp: Some(McpRecord {
                method: "tools/call".into(),
                prompt: Some("p".into()),
                ..McpRecord::default()
            }),
            headers: vec![HeaderRecord { name: "a".into(), value: "b".into() }],
            model: Some(ModelRecord {
                models: vec!["m".into()],
                stream: true,
                tools: vec!["t".into()],
            }),
            sql: vec![SqlRecord {
                effects: vec![SqlEffect::Read],
                unparsed: true,
                ..SqlRecord::default()
            }],
            headers_cut: true,
            header_findings: vec![finding.clone()],
            path_findings: vec![finding.clone()],
            body: body.clone(),
            ..Default::default()
        },
        response: ResponseRecord {
            status: 200,
            headers: vec![HeaderRecord::default()],
            headers_cut: true,
            body,
            header_findings: vec![finding.clone()],
            findings: vec![finding],
            edits: vec![ResponseEdit::Sealed],
            hidden: 3,
            changed,
            calls: vec![ProposedRecord {
                tool: "t".into(),
                effect: Effect::Hold,
                rules: vec!["r".into()],
            }],
            holds: vec![HoldRecord::default()],
        },
        verdict: VerdictRecord {
            kill: Some("k_1".into()),
            effect: Some(Effect::Hold),
            reason: Some(Reason::Denied),
            detail: Some("d".into()),
            rules: vec![Contribution {
                rule: "r".into(),
                effect: Effect::Deny,
                mode: Mode::Shadow,
                severity: Severity::High,
            }],
            budgets: vec![BudgetRecord {
                budget: "b".into(),
                mode: Mode::Enforce,
                used: Used::Bytes,
            }],
        },
        hold: Some(HoldRecord {
            approver: Some("a".into()),
            approvals: vec![Approval { approver: "a".into(), groups: vec!["g".into()] }],
            standing: Some("s".into()),
            grant: Some(GrantRecord { id: "h".into(), expires_at: 7 }),
            break_glass: true,
            ..HoldRecord::default()
        }),
        caller: "p".into(),
        recording: Some(Recording::None),
        scopes: vec!["s".into()],
        answer: Some(AnswerRecord { by: Speaker::Envoy, status: 503, body: "b".into() }),
        not_inspected: vec!["n".into()],
        timings: Timings { verdict_ms: u64::MAX, body_ms: Some(1), ..Timings::default() },
        envoy: Some(EnvoyRecord { status: 200, flags: "-".into(), ..EnvoyRecord::default() }),
        ..Default::default()
    };
    assert_eq!(record.to_ascii_json(), serde_json::to_string(&record).unwrap());
}

proptest! {
    #[test]
    fn any_text_reads_back(text: String) {
        let record = Record { route: text, ..Default::default() };
        let line = record.to_ascii_json();
        prop_assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }
}
