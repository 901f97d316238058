/*! Any call, judged by a bundle that looks at everything. */

use bolero::check;
use bolero::generator::*;
use policy::call::Kind;
use policy::case::{Body, Case, Expect, Request, run};

const KINDS: [Kind; 4] = [Kind::Auto, Kind::Http, Kind::Mcp, Kind::Openai];
const TYPES: [&str; 6] = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/event-stream",
    "application/xml; charset=utf-8",
];

fn call(kind: u8, content_type: u8, path: &str, body: String) -> Case {
    let content_type = TYPES[usize::from(content_type) % TYPES.len()].to_owned();
    let request = Request {
        kind: KINDS[usize::from(kind) % KINDS.len()],
        path: Some(format!("/{path}")),
        headers: [("content-type".to_owned(), content_type)].into(),
        body: Body { body: Some(body), json: None },
        ..Request::default()
    };
    Case {
        name: "any".into(),
        principal: Default::default(),
        request,
        response: None,
        expect: Expect::default(),
    }
}

#[test]
fn calls() {
    let bundle = fuzz::decoded();
    check!().with_type::<(u8, u8, String, String)>().for_each(|(kind, of, path, body)| {
        run(&bundle, &call(*kind, *of, path, body.clone()));
    });
}

/// Pieces that mean something to a reader, in any order.
#[test]
fn pieces() {
    const PIECES: [&str; 24] = [
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"refund\",\"arguments\":",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\\"",
        "\\u0000",
        "\\ud800",
        "1e999",
        "-0",
        "DROP TABLE a",
        "DELETE FROM a WHERE 1=1",
        "--x\r\n",
        "--x--",
        "\r\n\r\n",
        "content-disposition: form-data; name=\"a\"",
        "fz_0123456789abcdefghijklmn",
        "&a=%44ROP",
        "data: ",
        "/*",
        "$$",
    ];
    let bundle = fuzz::decoded();
    check!().with_generator((produce::<u8>(), produce::<u8>(), produce::<Vec<u8>>())).for_each(
        |(kind, of, order)| {
            let body = order.iter().map(|at| PIECES[usize::from(*at) % PIECES.len()]).collect();
            run(&bundle, &call(*kind, *of, "a?b=c", body));
        },
    );
}
