/*! Members that only one protocol has: of a message of MCP, and of a request to a model. */

use super::Expect::{Denied, Passes, Untold};
use super::speech::Speech;
use super::{Expect, Table, UNREADABLE};

fn messages(rows: &[(&str, Expect)]) -> Table {
    let mut table = Table::default();
    for speech in Speech::MCP {
        for (body, expect) in rows {
            table.row(body, speech, *expect, |path| {
                let call = integration::Call::post(path).header("content-type", "application/json");
                call.body(*body)
            });
        }
    }
    table
}

#[test]
fn of_mcp() {
    messages(&[
        (r#"{"jsonrpc":"2.0","id":"7\u0041","method":"tools/call","params":{"name":"run"}}"#, Passes),
        (r#"{"params":{"arguments":{"id":1,"name":"run"},"name":"delete"},"id":"7\u0041","method":"tools/call","jsonrpc":"2.0"}"#, Denied("tool")),
        (r#"{"params":{"_meta":{"name":"run"},"name":"delete"},"method":"tools/call","id":"7\u0041","jsonrpc":"2.0"}"#, Denied("tool")),
        (r#"{"jsonrpc":"2.0","id":"7\u0041","method":"tools/call","params":{"name":"\u0064elete"}}"#, Denied("tool")),
        (r#"{"jsonrpc":"2.0","id":"7\u0041","method":"tools\/call","params":{"name":"delete"}}"#, Denied("tool")),
        (r#"{"jsonrpc":"2.0","id":"7\u0041","m\u0065thod":"tools/call","p\u0061rams":{"n\u0061me":"delete"}}"#, Denied("tool")),
        (r#"{"jsonrpc":"\u0032.0","\u0069d":"7\u0041","method":"tools/call","params":{"name":"delete"}}"#, Denied("tool")),
        (r#"{"jsonrpc":"2.0","id":100000000000000000001,"method":"tools/call","params":{"name":"run"}}"#, Passes),
        (r#"{"jsonrpc":"2.0","id":1e400,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","n\u0061me":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","Name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","name\u0000":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","__proto__":{"name":"delete"}}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"},"__proto__":{"params":{"name":"delete"}}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"},"params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"},"Params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"},"param\u017f":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call","params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method\u0000":"tools/call","params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"ID":2,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete\u0000"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call\u0000","params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call\n","params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["delete"]}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":["tools/call"],"params":{"name":"delete"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","arguments":["delete"]}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","arguments":"{\"sink\":\"prod\"}"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"},"result":{}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":2.0,"id":1,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"JsonRpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
        (r#"{"jsonrpc":"2.0","jsonrpc\u0000":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}"#, UNREADABLE),
    ])
    .done();
}

#[test]
fn of_a_model_request() {
    let mut table = Table::default();
    let tool = r#"{"type":"mcp","server_label":"a","server_url":"https://a.example"}"#;
    for (members, expect) in [
        (r#""model":"cheap""#.to_owned(), Passes),
        (r#""model":"dear""#.to_owned(), Denied("model")),
        (r#""model":"\u0064ear""#.to_owned(), Denied("model")),
        (r#""m\u006fdel":"dear""#.to_owned(), Denied("model")),
        (r#""a":{"model":"cheap"},"model":"dear""#.to_owned(), Denied("model")),
        (r#""model":"cheap","model":"dear""#.to_owned(), UNREADABLE),
        (r#""model":"cheap","mod\u0065l":"dear""#.to_owned(), UNREADABLE),
        (r#""model":"cheap","Model":"dear""#.to_owned(), Denied("model")),
        (r#""model":"cheap","model\u0000":"dear""#.to_owned(), UNREADABLE),
        // Then nothing is known of the tools either, and that rule is the first.
        (r#""model":"dear\u0000x""#.to_owned(), Untold("hosted")),
        (r#""model":"cheap","__proto__":{"model":"dear"}"#.to_owned(), UNREADABLE),
        (r#""model":["dear"]"#.to_owned(), Untold("hosted")),
        (format!(r#""model":"cheap","tools":[{tool}]"#), Denied("hosted")),
        (format!(r#""model":"cheap","t\u006fols":[{tool}]"#), Denied("hosted")),
        (format!(r#""model":"cheap","Tools":[{tool}]"#), Denied("hosted")),
        (
            format!(
                r#""model":"cheap","tools":[{}]"#,
                tool.replace("\"type\":\"mcp\"", r#""typ\u0065":"\u006dcp""#)
            ),
            Denied("hosted"),
        ),
        (format!(r#""model":"cheap","tools":[],"tools":[{tool}]"#), UNREADABLE),
        (format!(r#""model":"cheap","tools":[],"TOOLS":[{tool}]"#), Denied("hosted")),
        (format!(r#""model":"cheap","tools\u0000":[{tool}]"#), UNREADABLE),
    ] {
        for speech in Speech::MODEL {
            table.row(&members, speech, expect, |path| {
                speech.call(path).body(format!("{{{members}}}"))
            });
        }
    }
    table.done();
}
