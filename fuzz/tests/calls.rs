/*! Any call, judged by a bundle that looks at everything. */

use bolero::check;
use bolero::generator::*;
use policy::call::Kind;
use policy::case::{Body, Case, Expect, Request, run};
use serde_json::json;

const KINDS: [Kind; 4] = [Kind::Auto, Kind::Http, Kind::Mcp, Kind::Openai];
const TYPES: [&str; 9] = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/event-stream",
    "application/xml; charset=utf-8",
    "application/x-ndjson",
    "text/csv",
    "text/html",
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

/// A call with that JSON.
fn asking(path: &str, json: serde_json::Value) -> Case {
    let mut case = call(1, 0, path, String::new());
    case.request.body = Body { body: None, json: Some(json) };
    case
}

/// The pieces that the bytes stand for.
fn picked<'p>(pieces: &'p [&str], order: &'p [u8]) -> impl Iterator<Item = &'p str> {
    order.iter().map(|at| pieces[usize::from(*at) % pieces.len()])
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
    const PIECES: &[&str] = &[
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
        "{\"__proto__\":",
        "\"query\\u0000\":",
        "\u{feff}",
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
        "{\"query\":\"",
        "{\"command\":\"",
        "{\"command\":[",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"run\",\"arguments\":{\"command\":\"",
        "\"}",
        "SET search_path = hr;",
        "USE [hr]",
        "SELECT ssn FROM users",
        "q'[",
        "E'\\\\'",
        "#",
        "`",
        "password: ",
        "db_password=",
        "\"pin\":1234",
        "name,pin\n",
        "a|1234\n",
        "<pin>1234</pin>",
        "aB3-xyzzy",
        "cm0gLXJmIC9zcnY=",
        "ZnpfMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u",
        "667a5f303132333435363738396162636465666768696a6b6c6d6e",
        "%66%7a%5f",
        "&#102;",
        "ｆｚ＿０１２３",
        "\u{202e}",
    ];
    let bundle = fuzz::decoded();
    check!().with_generator((produce::<u8>(), produce::<u8>(), produce::<Vec<u8>>())).for_each(
        |(kind, of, order)| {
            let body = picked(PIECES, order).collect();
            run(&bundle, &call(*kind, *of, "a?b=c", body));
        },
    );
}

/// What a shell reads, in any order, where the bundle looks for commands.
#[test]
fn commands() {
    const PIECES: &[&str] = &[
        " ",
        "\n",
        ";",
        "|",
        "&",
        "(",
        ")",
        "{",
        "}",
        "'",
        "\"",
        "`",
        "$(",
        "$",
        "\\",
        "<<E\n",
        "E\n",
        ">",
        "<(",
        "*",
        "!",
        "[[ ",
        "]]",
        "if ",
        "then ",
        "fi",
        "for x in ",
        "do ",
        "done",
        "case x in ",
        "esac",
        "f()",
        "$'\\x72'",
        "${x:-",
        "{a,b}",
        "rm -rf /srv",
        "x=",
        "$x",
        "sudo ",
        "sh -c ",
        "ssh h ",
        "xargs ",
        "parallel ",
        "tmux ",
        "bwrap / / ",
        "ip netns exec a ",
        "sed ",
        "1e ",
        "s/x/y/e",
        "awk ",
        "BEGIN{system(",
        "| getline",
        "make -f - ",
        "a:;",
        "gdb -ex ",
        "vim -c ",
        "expect -c ",
        "spawn ",
        "python3 -c ",
        "os.system(",
        "git -c alias.x=",
        "BASH_ENV=",
        "env ",
        "psql -c ",
        "DROP TABLE a",
        "find . -exec ",
        "\u{1}",
        "\u{2}",
        "ü",
    ];
    let bundle = fuzz::decoded();
    check!().with_type::<(bool, Vec<u8>)>().for_each(|(listed, order)| {
        let words: Vec<&str> = picked(PIECES, order).collect();
        let command = if *listed { json!(words) } else { json!(words.concat()) };
        run(&bundle, &asking("exec", json!({"command": command})));
    });
}

/// What databases read, where the bundle looks for SQL of each of them.
#[test]
fn queries() {
    const PIECES: &[&str] = &[
        " ",
        "\n",
        ";",
        "(",
        ")",
        ",",
        ".",
        "*",
        "'",
        "\"",
        "`",
        "[",
        "]",
        "\\",
        "--",
        "/*",
        "*/",
        "/*!50000 ",
        "#",
        "$$",
        "$a$",
        "q'[",
        "E'",
        "U&\"",
        "N'",
        "0x",
        "@",
        ":x",
        "?",
        "=",
        "SELECT ",
        "FROM ",
        "WHERE ",
        "DELETE ",
        "UPDATE ",
        "SET ",
        "INSERT INTO ",
        "DROP TABLE ",
        "WITH a AS ",
        "EXEC ",
        "EXECUTE ",
        "DO ",
        "CREATE FUNCTION ",
        "GRANT ",
        "UNION ",
        "JOIN ",
        "search_path ",
        "TO ",
        "USE ",
        "SCHEMA ",
        "ROLE ",
        "ATTACH ",
        "hr",
        "users",
        "ssn",
        "1",
        "AND ",
        "OR ",
        "NOT ",
        "IN ",
        "EXISTS ",
        "MERGE ",
        "THEN ",
        "COPY ",
        "PROGRAM ",
        "pg_read_file(",
        "xp_cmdshell ",
        "ü",
    ];
    let bundle = fuzz::decoded();
    check!().with_type::<Vec<u8>>().for_each(|order| {
        let query: String = picked(PIECES, order).collect();
        run(&bundle, &asking("db", json!({"query": query})));
    });
}

/// What a response is masked by: names of fields, rows of tables, encodings.
#[test]
fn responses() {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\n",
        " ",
        "|",
        "\t",
        "=",
        "&",
        "<",
        ">",
        "\\",
        "\\u0066",
        "\"pin\":",
        "\"password\":",
        "db_password: ",
        "api_key=",
        "name,pin\n",
        "| name | pin |\n",
        "a,1234\n",
        "| a | 1234 |\n",
        "--+--\n",
        "1234",
        "aB3-xyzzy",
        "fz_0123456789abcdefghijklmn",
        "nr-12345678901234",
        "12-345678",
        "account number ",
        "<pin>",
        "</pin>",
        "data: ",
        "\r\n\r\n",
        "ZnpfMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u",
        "667a5f303132333435363738396162636465666768696a6b6c6d6e",
        "%66%7a%5f",
        "&#102;",
        "ｆｚ＿",
        "\u{200b}",
        "\u{202e}",
        "ü",
        "\"{\\\"pin\\\":1234}\"",
    ];
    let bundle = fuzz::decoded();
    check!().with_type::<(bool, Vec<u8>)>().for_each(|(member, order)| {
        let body: String = picked(PIECES, order).collect();
        let mut case = call(1, 0, "", String::new());
        case.response = Some(match member {
            true => {
                Body { body: None, json: Some(json!({"a": body, "pin": body, "password": body})) }
            }
            false => Body { body: Some(body), json: None },
        });
        run(&bundle, &case);
    });
}
