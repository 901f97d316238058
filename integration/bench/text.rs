/*! What is sent to and fro: nothing is to be found in it, as in most of what agents see. */

/// Makes a line of a text from its number and a number that looks drawn by lot.
type Line = fn(usize, u64) -> String;

pub struct Text {
    pub name: &'static str,
    pub content_type: &'static str,
    before: &'static str,
    between: &'static str,
    after: &'static str,
    line: Line,
}

/// Records have many short values, logs many digits, prose many words.
pub const TEXTS: [Text; 3] = [
    Text {
        name: "records",
        content_type: "application/json",
        before: r#"{"rows":["#,
        between: ",",
        after: "]}",
        line: |number, _| {
            format!(r#"{{"id":{number},"name":"Ada Quill","city":"Accra","note":"no news"}}"#)
        },
    },
    Text {
        name: "log",
        content_type: "text/plain",
        before: "",
        between: "\n",
        after: "\n",
        line: |number, lot| {
            format!(
                "2026-01-02T03:{:02}:{:02}.{:03}Z info trace={lot:016x} order={} served in {} ms",
                number / 60 % 60,
                number % 60,
                lot % 1000,
                lot % 100_000_000,
                lot % 313
            )
        },
    },
    Text {
        name: "prose",
        content_type: "text/plain",
        before: "",
        between: " ",
        after: "\n",
        line: |number, _| {
            let sentences = [
                "The key to a good password policy is that people can live with it.",
                "Every account has an owner, and the owner's card shows where to call.",
                "Rain is expected in the north, with some sun towards the evening.",
            ];
            sentences[number % sentences.len()].to_owned()
        },
    },
];

impl Text {
    /// `size` bytes; the rest after the last line is blanks.
    pub fn body(&self, size: usize) -> String {
        let mut body = self.before.to_owned();
        let mut lot = 0x9e37_79b9_7f4a_7c15_u64;
        for number in 0.. {
            // Numerical Recipes' generator: any would do, as long as each run has the same text.
            lot =
                lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let line = (self.line)(number, lot >> 16);
            if body.len() + self.between.len() + line.len() + self.after.len() > size {
                break;
            }
            if number > 0 {
                body += self.between;
            }
            body += &line;
        }
        body += self.after;
        body.clone() + &" ".repeat(size.saturating_sub(body.len()))
    }
}
