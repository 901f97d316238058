/*! What the head says of a body, and of a message of MCP: it never chooses what is read. */

use integration::Call;

use super::Expect::{Denied, Passes, Untold};
use super::speech::Speech;
use super::{AMBIGUOUS, ENCODED, Expect, Table, UNREADABLE};

const HARMLESS: &[u8] = br#"{"sink":"test"}"#;
const HARMFUL: &[u8] = br#"{"sink":"prod"}"#;

/// JSON under whatever name is JSON.
#[test]
fn of_its_content_type() {
    let mut table = Table::default();
    for speech in Speech::ALL {
        for content_type in [
            None,
            Some("application/json"),
            Some("Application/JSON"),
            Some("application/json; charset=utf-8"),
            Some("application/json;charset=\"UTF-8\""),
            Some("application/json; charset=us-ascii"),
            Some("application/json-patch+json"),
            Some("application/vnd.api+json"),
            Some("application/x-ndjson"),
            Some("application/octet-stream"),
            Some("application/x-www-form-urlencoded"),
            Some("text/plain"),
            Some("text/plain;x=application/json"),
            Some("text/json"),
            Some("text/xml"),
            Some("image/png"),
            Some("json"),
            Some("*/*"),
        ] {
            let bare = |path: &str| match content_type {
                Some(content_type) => speech.bare(path).header("content-type", content_type),
                None => speech.bare(path),
            };
            // Where some read a form no place in JSON is certain, unless the route says what is read.
            let form =
                matches!(content_type, None | Some("application/x-www-form-urlencoded" | "json"));
            let (harmless, harmful) = match speech {
                Speech::Http | Speech::AutoHttp if form => (Untold("sink"), Untold("sink")),
                Speech::AutoMcp if form => (Untold("sink-body"), Denied("sink")),
                _ => (Passes, Denied("sink")),
            };
            for (object, expect) in [
                (HARMLESS, harmless),
                (HARMFUL, harmful),
                // Nor does a name make two members one.
                (br#"{"sink":"test","sink":"test"}"#, UNREADABLE),
            ] {
                let name = format!("{content_type:?}: {}", String::from_utf8_lossy(object));
                table.row(&name, speech, expect, |path| bare(path).body(speech.body(object)));
            }
        }
        for (content_type, expect) in [
            ("application/json; charset=utf-7", ENCODED),
            ("application/json; charset=utf-16", ENCODED),
            ("application/json; charset=utf-16le", ENCODED),
            ("application/json; charset=utf-8; charset=utf-16", ENCODED),
            ("application/json; charset=utf-16; charset=utf-8", ENCODED),
            ("application/json; charset*=utf-8''utf-16", ENCODED),
            ("application/json; charset=\"utf\\-16\"", ENCODED),
            ("application/json; charset=latin1", ENCODED),
            ("application/json; charset=ibm037", ENCODED),
            ("application/json; charset=", ENCODED),
            ("text/plain; charset=utf-7", ENCODED),
            ("application/json, text/plain", AMBIGUOUS),
            ("text/plain, application/json", AMBIGUOUS),
            ("multipart/form-data", UNREADABLE),
            ("multipart/form-data; boundary=a; boundary=b", UNREADABLE),
            ("multipart/form-data; boundary=a", UNREADABLE),
        ] {
            table.row(content_type, speech, expect, |path| {
                speech.bare(path).header("content-type", content_type).body(speech.body(HARMLESS))
            });
        }
        for (first, second) in [
            ("application/json", "text/plain"),
            ("text/plain", "application/json"),
            ("application/json", "application/json"),
            ("application/json", "multipart/form-data; boundary=a"),
        ] {
            table.row(&format!("{first} and {second}"), speech, AMBIGUOUS, |path| {
                let call = speech.bare(path).header("content-type", first);
                call.header("content-type", second).body(speech.body(HARMLESS))
            });
        }
    }
    table.done();
}

type Headers<'h> = &'h [(&'h str, &'h str)];

/// Without what `Speech` says by itself.
fn message(path: &str, headers: Headers<'_>, tool: &str) -> Call {
    let call = Call::post(path).header("content-type", "application/json");
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, *value));
    call.body(format!(
        r#"{{"jsonrpc":"2.0","id":"7\u0041","method":"tools/call","params":{{"name":"{tool}","arguments":{{}}}}}}"#
    ))
}

/// New servers act on the header, old ones on the body.
#[test]
fn of_a_message() {
    let mut table = Table::default();
    let rows: [(Headers<'_>, &str, Expect); 25] = [
        (&[], "run", Passes),
        (&[], "delete", Denied("tool")),
        (&[("mcp-method", "tools/call"), ("mcp-name", "run")], "run", Passes),
        (&[("Mcp-Method", "tools/call"), ("MCP-NAME", "delete")], "delete", Denied("tool")),
        (&[("mcp-name", "=?base64?cnVu?=")], "run", Passes),
        (&[("mcp-name", "=?base64?ZGVsZXRl?=")], "delete", Denied("tool")),
        (&[("mcp-name", "=?base64?ZGVsZXRl?=")], "run", AMBIGUOUS),
        (&[("mcp-name", "=?BASE64?cnVu?=")], "run", AMBIGUOUS),
        (&[("mcp-name", "=?base64?cnVu")], "run", AMBIGUOUS),
        (&[("mcp-name", "=?base64?cnV1?=")], "run", AMBIGUOUS),
        (&[("mcp-name", "=?base64?//8=?=")], "run", AMBIGUOUS),
        (&[("mcp-name", "delete")], "run", AMBIGUOUS),
        (&[("mcp-name", "run")], "delete", AMBIGUOUS),
        (&[("mcp-name", "Run")], "run", AMBIGUOUS),
        (&[("mcp-name", "")], "run", AMBIGUOUS),
        (&[("mcp-name", "run, delete")], "run", AMBIGUOUS),
        (&[("mcp-name", "run"), ("mcp-name", "delete")], "run", AMBIGUOUS),
        (&[("mcp-name", "delete"), ("mcp-name", "run")], "run", AMBIGUOUS),
        (&[("mcp-method", "tools/list")], "run", AMBIGUOUS),
        (&[("mcp-method", "Tools/Call")], "run", AMBIGUOUS),
        (&[("mcp-method", "tools/call"), ("mcp-method", "tools/list")], "run", AMBIGUOUS),
        (&[("mcp-method", "tools/list"), ("mcp-method", "tools/call")], "run", AMBIGUOUS),
        (
            &[("mcp-protocol-version", "2025-11-25"), ("mcp-protocol-version", "2026-07-28")],
            "run",
            AMBIGUOUS,
        ),
        (
            &[("mcp-protocol-version", "2026-07-28"), ("mcp-protocol-version", "2025-11-25")],
            "run",
            AMBIGUOUS,
        ),
        (&[("mcp-protocol-version", "2025-11-25, 2026-07-28")], "run", Passes),
    ];
    for speech in Speech::MCP {
        for (headers, tool, expect) in rows {
            let name = format!("{headers:?} {tool}");
            table.row(&name, speech, expect, |path| message(path, headers, tool));
        }
        let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        for (version, expect) in
            [("2026-07-28", Passes), ("2025-11-25", AMBIGUOUS), ("", AMBIGUOUS)]
        {
            table.row(&format!("version `{version}`"), speech, expect, |path| {
                let call = Call::post(path).header("content-type", "application/json");
                call.header("mcp-protocol-version", version).body(format!(
                    r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"run","_meta":{meta}}}}}"#
                ))
            });
        }
    }
    // A header alone makes it MCP where the route does not say.
    for header in ["mcp-method", "mcp-name", "mcp-protocol-version"] {
        table.row(header, Speech::AutoHttp, UNREADABLE, |path| {
            Speech::AutoHttp
                .call(path)
                .header(header, "tools/call")
                .body(Speech::AutoHttp.body(HARMLESS))
        });
    }
    table.done();
}

/// A tool's arguments are those of the body, and headers that repeat them say the same.
#[test]
fn of_an_argument() {
    let mut table = Table::default();
    for (headers, expect) in [
        (&[][..], Denied("sink")),
        (&["prod"], Denied("sink")),
        (&["=?base64?cHJvZA==?="], Denied("sink")),
        (&["test"], AMBIGUOUS),
        (&["test", "prod"], AMBIGUOUS),
        (&["prod", "test"], AMBIGUOUS),
        (&["prod", "prod"], AMBIGUOUS),
        (&["prod, prod"], AMBIGUOUS),
        (&[""], AMBIGUOUS),
        (&["=?base64?dGVzdA==?="], AMBIGUOUS),
        (&["=?base64?!?="], AMBIGUOUS),
    ] {
        for name in ["mcp-param-sink", "Mcp-Param-Sink", "mcp-param-Other"] {
            for speech in Speech::MCP {
                table.row(&format!("{name} {headers:?}"), speech, expect, |path| {
                    let call = speech.call(path).body(speech.body(HARMFUL));
                    headers.iter().fold(call, |call, value| call.header(name, *value))
                });
            }
        }
    }
    // What agrees goes on, in both forms.
    for value in ["test", "=?base64?dGVzdA==?="] {
        for speech in Speech::MCP {
            table.row(value, speech, Passes, |path| {
                speech.call(path).header("mcp-param-sink", value).body(speech.body(HARMLESS))
            });
        }
    }
    table.done();
}
