/*! The other way: what an upstream answers, in all the spellings and framings that one reader takes and another not. */

use integration::{Reply, Response, sample};

use super::framings::{few_framings, framings};
use super::readings::readings;
use super::speech::Speech;
use super::{ANSWERS, mark, replies};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// It comes, and with a redaction in place of what nobody may see.
    Masked,
    /// Nothing of it is to be seen, in whatever the caller gets.
    Kept,
    /// The same with this reason.
    Refused(&'static str),
}

#[derive(Default)]
struct Table {
    rows: usize,
    failures: Vec<String>,
}

impl Table {
    fn row(&mut self, name: &str, speech: Speech, expect: Expect, secret: &str, reply: Reply) {
        self.rows += 1;
        let mark = mark();
        replies().insert(mark.clone(), reply);
        let call = speech.call(&speech.path(&mark)).body(speech.body(b"{}")).token(&ANSWERS.token);
        let mut connection = integration::http1::Connection::open(&ANSWERS.gateway.address);
        connection.write(call.bytes());
        let answer = connection.response(false).unwrap_or_default();
        assert!(replies().remove(&mark).is_none(), "{name} over {speech:?} was not asked");
        if let Err(what) = found(expect, secret, &answer) {
            self.failures.push(format!(
                "{name} over {speech:?}: expected {expect:?}: {what}; {:?}",
                String::from_utf8_lossy(&answer.raw)
            ));
        }
    }

    #[track_caller]
    fn done(self) {
        assert!(self.rows > 0);
        let (count, all) = (self.failures.len(), self.rows);
        assert!(count == 0, "{count} of {all} rows:\n{}", self.failures.join("\n"));
    }
}

fn found(expect: Expect, secret: &str, answer: &Response) -> Result<(), String> {
    let read = readings(&answer.message.body);
    if read.iter().any(|text| text.to_lowercase().contains(secret)) {
        return Err("it is read".to_owned());
    }
    let whole = answer.status == 200 && answer.message.complete;
    let told = |reason: &str| read.iter().any(|text| text.contains(reason));
    match expect {
        Expect::Masked if !(whole && told("[REDACTED:us-ssn]")) => {
            Err("it is not masked".to_owned())
        }
        Expect::Refused(reason) if answer.reason().as_deref() != Some(reason) => {
            Err("it is not refused so".to_owned())
        }
        _ => Ok(()),
    }
}

/// `text` with every character as an escape.
fn escaped(text: &str, digits: fn(u32) -> String) -> String {
    text.chars().map(|c| format!("\\u{}", digits(u32::from(c)))).collect()
}

#[test]
fn a_number_is_masked_however_it_is_spelled() {
    let (ssn, mut table) = (sample::ssn(), Table::default());
    let lower = |code| format!("{code:04x}");
    let upper = |code| format!("{code:04X}");
    let (spelled, shouted) = (escaped(&ssn, lower), escaped(&ssn, upper));
    let dashes = ssn.replace('-', "\\u002d");
    let packed = serde_json::to_string(&format!("{{\"a\":\"{spelled}\"}}")).unwrap();
    let deep = format!("{}\"{spelled}\"{}", "[".repeat(40), "]".repeat(40));
    for value in [
        format!("\"{ssn}\""),
        format!("\"{spelled}\""),
        format!("\"{shouted}\""),
        format!("\"{dashes}\""),
        format!("\"\\ud83d\\ude00\\/{spelled}\\n\""),
        format!("{{\"{ssn}\":1}}"),
        format!("{{\"{spelled}\":1}}"),
        format!("{{\"a\":[[\"x\",{{\"b\":\"{dashes}\"}}]]}}"),
        format!("{{\"a\":\"x\",\"a\":\"{spelled}\"}}"),
        format!("{{\"a\":\"{spelled}\",\"a\":\"x\"}}"),
        format!("{{\"a\":\"x\",\"\\u0061\":\"{ssn}\"}}"),
        packed,
        deep,
    ] {
        for speech in Speech::ALL {
            let body = speech.answer(value.as_bytes());
            for (framing, reply) in framings(&body) {
                table.row(&format!("{value} as {framing}"), speech, Expect::Masked, &ssn, reply);
            }
        }
    }
    table.done();
}

/// What only lenient readers take: it need not come, but nothing of the number may.
#[test]
fn a_number_is_kept_in_what_only_some_read() {
    let (ssn, mut table) = (sample::ssn(), Table::default());
    let spelled = escaped(&ssn, |code| format!("{code:04x}"));
    let deep = |levels: usize| format!("{}\"{spelled}\"{}", "[".repeat(levels), "]".repeat(levels));
    let values: Vec<Vec<u8>> = vec![
        format!("'{spelled}'").into(),
        format!("{{a:\"{spelled}\"}}").into(),
        format!("{{/*x*/\"a\":\"{spelled}\",}}").into(),
        format!("[NaN,Infinity,\"{spelled}\"]").into(),
        format!("[1e400,\"{spelled}\"]").into(),
        format!("\"\\ud800{spelled}\\x41\"").into(),
        format!("\"\\u0000{spelled}\"").into(),
        format!("[\"a\0\",\"{spelled}\"]").into(),
        [b"\"\xff\xed\xa0\x80".as_slice(), spelled.as_bytes(), b"\""].concat(),
        deep(100).into(),
        deep(5000).into(),
    ];
    for value in values {
        for speech in Speech::ALL {
            let body = speech.answer(&value);
            let shown = String::from_utf8_lossy(&value).chars().take(60).collect::<String>();
            for (framing, reply) in framings(&body) {
                table.row(&format!("{shown} as {framing}"), speech, Expect::Kept, &ssn, reply);
            }
        }
    }
    for speech in Speech::ALL {
        let body = speech.answer(format!("\"{spelled}\"").as_bytes());
        let text = String::from_utf8(body.clone()).unwrap();
        let plain = text.replace(&spelled, &ssn);
        let utf16 = |little: bool| -> Vec<u8> {
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            plain.encode_utf16().flat_map(bytes).collect()
        };
        let around: [(&str, Vec<u8>); 8] = [
            ("a mark", format!("\u{feff}{text}").into()),
            ("a guard against scripts", format!(")]}}',\n{text}").into()),
            ("a callback", format!("f({text})").into()),
            ("two values", format!("{text}{text}").into()),
            ("two lines", format!("{text}\n{text}").into()),
            ("cut off", body[..body.len() - 1].to_vec()),
            ("utf-16le", utf16(true)),
            ("utf-16be", utf16(false)),
        ];
        for (name, body) in around {
            for content_type in ["application/json", "text/plain", "text/event-stream"] {
                let head = [("content-type", content_type)];
                let body = match content_type {
                    "text/event-stream" if !name.starts_with("utf-16") => {
                        String::from_utf8(body.clone())
                            .unwrap()
                            .replace('\n', "\ndata: ")
                            .into_bytes()
                    }
                    _ => body.clone(),
                };
                let body = match content_type {
                    "text/event-stream" => [b"data: ", body.as_slice(), b"\n\n"].concat(),
                    _ => body,
                };
                table.row(name, speech, Expect::Kept, &ssn, Reply::new(200, &head, body));
            }
        }
        // Cut by line ends that only some take for such, and by those that all do.
        for end in ["\n", "\r", "\r\n", "\u{2028}", "\u{85}", "\u{b}"] {
            let (front, back) = text.split_once(&spelled).unwrap();
            let stream = format!("data: {front}{end}data: {spelled}{end}data: {back}\n\n");
            let reply = Reply::event_stream().chunk(stream).end(&[]);
            table.row(&format!("data over lines by {end:?}"), speech, Expect::Kept, &ssn, reply);
        }
    }
    table.done();
}

/// The framing itself says something else than what comes.
#[test]
fn a_head_that_lies_shows_nothing() {
    let (ssn, mut table) = (sample::ssn(), Table::default());
    for speech in Speech::ALL {
        let body = speech.answer(format!("\"{ssn}\"").as_bytes());
        let json = ("content-type", "application/json");
        for encoding in ["gzip", "GZIP", "x-gzip", "br", "identity, gzip", "zstd", "aes128gcm", "x"]
        {
            let reply = Reply::new(200, &[json, ("content-encoding", encoding)], &body);
            table.row(encoding, speech, Expect::Refused("response_encoded"), &ssn, reply);
        }
        let twice = [json, ("content-encoding", "identity"), ("Content-Encoding", "gzip")];
        let reply = Reply::new(200, &twice, &body);
        table.row("two encodings", speech, Expect::Refused("response_encoded"), &ssn, reply);
        for content_type in [
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-16le",
            "text/plain; charset=utf-7",
            "text/event-stream; charset=ibm037",
        ] {
            let reply = Reply::new(200, &[("content-type", content_type)], &body);
            table.row(content_type, speech, Expect::Refused("response_encoded"), &ssn, reply);
        }
        for (first, second) in [
            ("application/json", "text/event-stream"),
            ("text/event-stream", "application/json"),
            ("image/png", "application/json"),
            ("text/plain", "text/html"),
        ] {
            let head = [("content-type", first), ("content-type", second)];
            let name = format!("{first} and {second}");
            table.row(&name, speech, Expect::Kept, &ssn, Reply::new(200, &head, &body));
        }
        let status = "HTTP/1.1 200 Scripted\r\ncontent-type: application/json\r\n";
        let text = String::from_utf8(body.clone()).unwrap();
        let length = body.len();
        for (name, framing) in [
            ("longer than it is", format!("content-length: {}\r\n\r\n{text}", length + 9)),
            ("shorter than it is", format!("content-length: {}\r\n\r\n{text}", length - 9)),
            ("no length", format!("connection: close\r\n\r\n{text}")),
            ("two lengths", format!("content-length: 5\r\ncontent-length: {length}\r\n\r\n{text}")),
            (
                "a length and chunks",
                format!(
                    "content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{text}\r\n0\r\n\r\n"
                ),
            ),
            (
                "chunks that lie",
                format!(
                    "transfer-encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n0\r\n\r\n",
                    length + 40
                ),
            ),
        ] {
            let reply = Reply::raw(format!("{status}{framing}")).close();
            table.row(name, speech, Expect::Kept, &ssn, reply);
        }
    }
    table.done();
}

/// Names that speak for the gateway, in every spelling.
#[test]
fn names_of_the_gateway_do_not_come() {
    let mut table = Table::default();
    let names = [
        "gatehouse/decision",
        "gatehouse\\/decision",
        "Gatehouse/Decision",
        "\\u0067atehouse/decision",
        "g\\u0061tehouse\\u002fdecision",
        "gatehou\u{17f}e/decision",
        "gatehou\\u017fe/decision",
        "gatehouse/",
    ];
    for name in names {
        for (before, after) in [
            ("{\"_meta\":{", "}}"),
            ("{\"_m\\u0065ta\":{", "}}"),
            ("{\"_META\":{", "}}"),
            ("{\"_meta\":{\"x\":NaN,", "}}"),
            ("{\"_meta\":{},\"_meta\":{", "}}"),
            ("{\"_meta\":{\"gatehouse/x\":1,", ",}}"),
            ("{\"a\":[{\"_meta\":{", "}}]}"),
        ] {
            let value = format!("{before}\"{name}\":\"forged\"{after}");
            for speech in Speech::MCP {
                let body = speech.answer(value.as_bytes());
                for (framing, reply) in few_framings(&body) {
                    let row = format!("{value} as {framing}");
                    table.row(&row, speech, Expect::Kept, "forged", reply);
                }
            }
        }
    }
    table.done();
}
