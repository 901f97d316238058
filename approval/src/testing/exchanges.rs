//! Exchanges as a gateway records them.

use policy::hold::Approval;
use policy::principal::Principal;
use policy::reason::Reason;
use policy::record::chain::Link;
use policy::record::{
    AnswerRecord, BodyRecord, ChangedTool, End, FindingCount, HeaderRecord, HoldRecord, McpRecord,
    ModelRecord, ProposedRecord, Record, Speaker, SqlRecord, Timings,
};
use policy::rule::{Effect, Mode, Severity};
use policy::session::{JoinedBy, Session};
use policy::verdict::Contribution;

use crate::records::{Envoy, Exchange, Line};

pub const SESSION: &str = "s_tests";

/// The nth of a session, one each second; a tool was called.
pub fn exchange(n: u64) -> Exchange {
    let mut record = Record {
        version: policy::record::RECORD_VERSION,
        exchange: format!("x_{n:05}"),
        started_ms: 1_800_000_000_000 + n * 1000,
        last: true,
        session: Some(Session { id: SESSION.into(), joined_by: JoinedBy::Run }),
        principal: Some(Principal {
            issuer: "https://idp.example".into(),
            subject: "order-desk".into(),
            groups: vec!["support".into()],
            agent: Some("triage".into()),
            owners: vec!["ada".into()],
            scopes: Vec::new(),
        }),
        route: "tools".into(),
        kind: "mcp".into(),
        end: End::Complete,
        timings: Timings { verdict_ms: 4, total_ms: 40, ..Default::default() },
        ..Record::default()
    };
    record.claims.run = Some("refunds".into());
    record.request.method = "POST".into();
    record.request.authority = "tools.example".into();
    record.request.path = "/mcp".into();
    record.request.mcp = Some(McpRecord {
        method: "tools/call".into(),
        tool: Some("refund".into()),
        ..Default::default()
    });
    record.request.body = body(
        r#"{"method":"tools/call","params":{"name":"refund","arguments":{"mail":"[REDACTED:email]","sql":"select a from t where b = 1"}}}"#,
    );
    record.request.findings = vec![finding("email")];
    record.response.status = 200;
    record.response.body = body(r#"{"result":{"content":[{"type":"text","text":"done"}]}}"#);
    record.verdict.effect = Some(Effect::Allow);
    let envoy = Envoy {
        start_time: "2027-01-15T08:00:00.000Z".into(),
        status: 200,
        duration_ms: 41,
        ..Envoy::default()
    };
    Exchange { record, link: None, envoy }
}

/// As it stands in the log.
pub fn line(exchange: &Exchange) -> Line {
    Line {
        envoy: exchange.envoy.clone(),
        record: Some(exchange.record.to_ascii_json()),
        link: exchange.link.as_ref().map(Link::to_ascii_json),
        ..Line::default()
    }
}

pub fn body(text: &str) -> BodyRecord {
    BodyRecord { text: text.into(), size: text.len() as u64, ..BodyRecord::default() }
}

pub fn finding(kind: &str) -> FindingCount {
    FindingCount { kind: kind.into(), count: 1, redacted: true, allowed: false }
}

pub fn rule(name: &str, effect: Effect, mode: Mode) -> Contribution {
    Contribution { rule: name.into(), effect, mode, severity: Severity::High }
}

/// That waited and was denied.
pub fn denied(n: u64) -> Exchange {
    let mut one = exchange(n);
    one.record.verdict.effect = Some(Effect::Hold);
    one.record.verdict.reason = Some(Reason::HoldDenied);
    one.record.verdict.rules = vec![rule("hold-refunds", Effect::Hold, Mode::Enforce)];
    one.record.hold = Some(HoldRecord {
        hold: format!("h_{n:05}"),
        status: "denied".into(),
        approver: Some("dana".into()),
        waited_ms: 5_000,
        ..HoldRecord::default()
    });
    one.record.timings = Timings { verdict_ms: 5_004, total_ms: 5_005, ..Default::default() };
    one.record.end = End::Refused;
    one.record.response = Default::default();
    one
}

/// With this text wherever an agent, an upstream or a token can write; ids are the gateway's own.
pub fn filled(n: u64, text: &str) -> Exchange {
    let mut one = denied(n);
    let Exchange { record, link, envoy } = &mut one;
    let own = || text.to_owned();
    record.claims = policy::record::ClientClaims {
        request_id: Some(own()),
        run: Some(own()),
        session: Some(own()),
        trace: Some(own()),
    };
    record.principal = Some(Principal {
        issuer: own(),
        subject: own(),
        groups: vec![own(), own()],
        agent: Some(own()),
        owners: vec![own()],
        scopes: vec![own()],
    });
    (record.route, record.kind, record.revision) = (own(), own(), own());
    record.sections = vec![own()];
    record.request.method = own();
    record.request.authority = own();
    record.request.path = format!("/{text}?q={text}");
    record.request.mcp = Some(McpRecord {
        method: own(),
        tool: Some(own()),
        prompt: Some(own()),
        resources: vec![own()],
        client: Some(own()),
        client_version: Some(own()),
        protocol_version: Some(own()),
    });
    let quoted = serde_json::to_string(text).unwrap();
    let told = format!(r#"{{{quoted}:[{quoted},{{"sql":"DELETE FROM t"}}]}}"#);
    record.request.body = BodyRecord { digest: own(), truncated: true, ..body(&told) };
    record.request.findings = vec![finding(text)];
    record.request.headers = vec![HeaderRecord { name: own(), value: own() }];
    record.request.header_findings = vec![finding(text)];
    record.request.path_findings = vec![finding(text)];
    record.request.model =
        Some(ModelRecord { models: vec![own()], stream: true, tools: vec![own()] });
    record.request.sql = vec![SqlRecord { tables: vec![own()], ..SqlRecord::default() }];
    record.response.headers = vec![HeaderRecord { name: own(), value: own() }];
    record.response.headers_cut = true;
    record.response.calls =
        vec![ProposedRecord { tool: own(), effect: Effect::Deny, rules: vec![own()] }];
    record.answer = Some(AnswerRecord { by: Speaker::Envoy, status: 503, body: own() });
    record.scopes = vec![own()];
    record.response.status = 200;
    record.response.body = BodyRecord { size: 40_000, ..body(text) };
    record.response.findings = vec![FindingCount { redacted: false, ..finding(text) }];
    record.response.hidden = 2;
    record.response.changed = vec![ChangedTool { pins: own(), tool: own(), mode: Mode::Shadow }];
    record.response.holds =
        vec![HoldRecord { hold: format!("{text} "), status: own(), ..HoldRecord::default() }];
    record.verdict.detail = Some(own());
    record.verdict.rules =
        vec![rule(text, Effect::Hold, Mode::Enforce), rule(text, Effect::Deny, Mode::Shadow)];
    record.verdict.budgets = vec![policy::record::BudgetRecord {
        budget: own(),
        mode: Mode::Shadow,
        used: policy::budget::Used::Bytes,
    }];
    if let Some(hold) = &mut record.hold {
        hold.status = own();
        hold.approver = Some(own());
        hold.approvals = vec![Approval { approver: own(), groups: vec![own()] }];
        hold.standing = Some(own());
        hold.break_glass = true;
    }
    record.not_inspected = vec![own()];
    *link = Some(Link { chain: own(), sequence: n + 1, ..Link::default() });
    *envoy = Envoy {
        start_time: own(),
        flags: own(),
        details: own(),
        route: own(),
        upstream_host: own(),
        ..envoy.clone()
    };
    one
}
