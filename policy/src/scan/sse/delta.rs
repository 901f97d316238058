/*!
Which strings of an event go on where the same string of an earlier event ended, as the answers of models
come: OpenAI's Responses and Chat Completions, Anthropic's Messages, AG-UI and what is made like them.

A text goes on in events of the same type that have the same names around it and the same numbers: item,
choice, content. Only strings that are known to flow are joined: what stands beside them says the same in
each event, and would read as one long word.
*/

use std::ops::Range;

use crate::json::Node;
use crate::scan::BOUNDARY_MAX;
use crate::scan::json::{LeafKind, leaves};
use crate::scan::label::ByName;

/// Levels of JSON an event of a model has at most, with room to spare.
const DEPTH: u32 = 32;
/// What tells one text of an answer from another.
const NUMBERS: &[&str] = &[
    "content_index",
    "index",
    "item_id",
    "messageId",
    "output_index",
    "response_id",
    "summary_index",
    "toolCallId",
];
/// Strings below a `delta` that go on.
const FLOWING: &[&str] = &[
    "arguments",
    "content",
    "partial_json",
    "reasoning",
    "reasoning_content",
    "refusal",
    "text",
    "thinking",
    "transcript",
];
/// Those that go on without one: of Completions, and of Gemini's answers.
const PATHS: &[&str] = &["/choices/text", "/candidates/content/parts/text"];
/// Types of events that end all texts.
const LAST: &[&str] = &[
    "RUN_FINISHED",
    "error",
    "message_stop",
    "response.completed",
    "response.failed",
    "response.incomplete",
];
/// Ends of the types of events that end those they name.
const DONE: &[&str] = &["done", "end", "stop"];

/// A name and a number that tell texts apart.
pub(super) type Number = (String, String);

/// A piece of a text: the inside of a string in the data of an event.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    /// Names the text it is of.
    pub(super) text: String,
    pub(super) numbers: Vec<Number>,
    pub(super) span: Range<usize>,
}

impl Piece {
    /// Whether a part of the data lies in the piece, and what decides on it reaches out of the piece.
    pub(super) fn has_at_an_end(&self, part: &Range<usize>) -> bool {
        let Range { start, end } = self.span;
        start <= part.start
            && part.end <= end
            && (part.start < start + BOUNDARY_MAX || end < part.end + BOUNDARY_MAX)
    }
}

/// Which texts end with an event.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Ends {
    #[default]
    None,
    All,
    /// Those that have at least one of these numbers, and no other in the place of any.
    With(Vec<Vec<Number>>),
}

/// The pieces in the data of an event, in order, and what ends with it.
pub(super) fn read(data: &[u8]) -> (Vec<Piece>, Ends) {
    if data.trim_ascii() == b"[DONE]" {
        return (Vec::new(), Ends::All);
    }
    let Some((node, spans)) = parsed(data) else { return (Vec::new(), Ends::None) };
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let mut reader =
        Reader { kind, spans: spans.into_iter(), pieces: Vec::new(), ended: Vec::new() };
    reader.walk(&node, &Place::default());
    let done = DONE.iter().any(|end| kind.to_ascii_lowercase().ends_with(end));
    let ends = if LAST.contains(&kind) {
        Ends::All
    } else {
        if done && reader.pieces.is_empty() {
            reader.ended.push(numbers(&node, ""));
        }
        reader.ended.retain(|numbers| !numbers.is_empty());
        if reader.ended.is_empty() { Ends::None } else { Ends::With(reader.ended) }
    };
    (reader.pieces, ends)
}

/// Whether there may be a piece in the data, at a glance: the events of most services have none.
pub(super) fn may_hold(data: &[u8]) -> bool {
    // What a piece is called ends with one of the first two, unless its letters are escaped.
    let parts: [&[u8]; 3] = [b"elta", b"text", b"\\u"];
    parts.iter().any(|part| data.windows(part.len()).any(|bytes| bytes == *part))
}

/// An object, and the span of each string that is a value in it.
fn parsed(data: &[u8]) -> Option<(Node<'_>, Vec<Range<usize>>)> {
    let text = std::str::from_utf8(data).ok()?;
    let node = Node::parse(text, DEPTH as usize).ok()?;
    node.members()?;
    let is_value = |kind: &LeafKind| matches!(kind, LeafKind::Text { name: false, .. });
    let leaves = leaves(data, 0, DEPTH, &ByName::default()).ok()??;
    let spans = leaves.all.into_iter().filter(|leaf| is_value(&leaf.kind)).map(|leaf| leaf.span);
    Some((node, spans.collect()))
}

/// Where in an event a value stands.
#[derive(Clone, Default)]
struct Place {
    /// The names around it.
    path: String,
    /// Its own.
    name: String,
    numbers: Vec<Number>,
    /// Something around it is called delta.
    delta: bool,
    /// It is one of a list, and nothing says which.
    listed: bool,
}

struct Reader<'k> {
    /// The type of the event.
    kind: &'k str,
    spans: std::vec::IntoIter<Range<usize>>,
    pieces: Vec<Piece>,
    ended: Vec<Vec<Number>>,
}

impl Reader<'_> {
    /// Members stand in the order of the text, as the spans do.
    fn walk(&mut self, node: &Node<'_>, place: &Place) {
        match node {
            Node::Text(_) => {
                let Some(span) = self.spans.next() else { return };
                if place.goes_on() {
                    let numbers = place.numbers.clone();
                    let text = format!("{} {} {numbers:?}", self.kind, place.path);
                    self.pieces.push(Piece { text, numbers, span });
                }
            }
            Node::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let mut inner = place.clone();
                    if place.path == "/choices" && item.get("index").is_none() {
                        inner.numbers.push(("/choices/index".to_owned(), position.to_string()));
                    } else {
                        inner.listed |= place.delta && item.get("index").is_none();
                    }
                    self.walk(item, &inner);
                }
            }
            Node::Object(members) => {
                let mut inner = place.clone();
                inner.numbers.extend(numbers(node, &place.path));
                for (name, member) in members {
                    inner.path = format!("{}/{name}", place.path);
                    inner.name = name.to_string();
                    inner.delta = place.delta || is_delta(name);
                    self.walk(member, &inner);
                }
                let reason = node.get("finish_reason").and_then(Node::text);
                // Some write `""` or `"null"` for null.
                if place.path == "/choices" && !matches!(reason, None | Some("" | "null")) {
                    let choice = |(name, _): &&Number| name == "/choices/index";
                    self.ended.push(inner.numbers.iter().filter(choice).cloned().collect());
                }
            }
            Node::Number(_) | Node::Bool(_) | Node::Null => {}
        }
    }
}

impl Place {
    fn goes_on(&self) -> bool {
        let flows = is_delta(&self.name) || FLOWING.contains(&self.name.as_str());
        !self.listed && ((self.delta && flows) || PATHS.contains(&self.path.as_str()))
    }
}

fn is_delta(name: &str) -> bool {
    name == "delta" || name.ends_with("Delta") || name.ends_with("_delta")
}

/// The numbers that an object has itself, below the names of what is around it.
fn numbers(node: &Node<'_>, path: &str) -> Vec<Number> {
    let members = node.members().unwrap_or_default().iter();
    let told = |name: &str| {
        NUMBERS.contains(&name)
            // The id of an item is another one in each event of some, whose place is the same.
            && !(name == "item_id" && node.get("output_index").is_some())
    };
    members
        .filter(|(name, _)| told(name))
        .filter_map(|(name, value)| {
            let value = match value {
                Node::Text(text) => text.to_string(),
                Node::Number(literal) => (*literal).to_owned(),
                _ => return None,
            };
            Some((format!("{path}/{name}"), value))
        })
        .collect()
}

impl Ends {
    pub(super) fn holds(&self, numbers: &[Number]) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::With(ended) => ended.iter().any(|ended| {
                let mut both = ended.iter().filter_map(|(name, value)| {
                    let (_, own) = numbers.iter().find(|(other, _)| other == name)?;
                    Some(own == value)
                });
                both.next().is_some_and(|same| same && both.all(|same| same))
            }),
        }
    }
}

/// The choice a text is of, where there may be several.
pub(super) fn choice(numbers: &[Number]) -> Option<&Number> {
    numbers.iter().find(|(name, _)| name == "/choices/index")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(data: &str) -> Vec<&str> {
        read(data.as_bytes()).0.into_iter().map(|piece| &data[piece.span]).collect()
    }

    fn same_text(one: &serde_json::Value, other: &serde_json::Value) -> bool {
        let [one, other] = [one, other].map(|event| read(event.to_string().as_bytes()).0);
        assert_eq!((one.len(), other.len()), (1, 1));
        one[0].text == other[0].text
    }

    #[test]
    fn strings_that_go_on() {
        for (data, expected) in [
            (r#"{"type":"response.output_text.delta","item_id":"m1","delta":"a\n"}"#, vec![r"a\n"]),
            (
                r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}"#,
                vec!["a"],
            ),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{"}}]}}]}"#,
                vec!["{"],
            ),
            (
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1"}}"#,
                vec!["1"],
            ),
            (r#"{"choices":[{"text":"a"},{"text":"b"}],"model":"m"}"#, vec!["a", "b"]),
            (r#"{"type":"response.output_text.done","text":"abc"}"#, vec![]),
            ("[DONE]", vec![]),
            ("hello", vec![]),
        ] {
            assert_eq!(texts(data), expected, "{data}");
            assert!(expected.is_empty() || may_hold(data.as_bytes()), "{data}");
        }
        let others = [r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#, ""];
        assert!(!others.iter().any(|data| may_hold(data.as_bytes())));
    }

    #[test]
    fn texts_are_told_apart() {
        let of = |item: &str, index: u32| json!({"type": "x.delta", "item_id": item, "content_index": index, "delta": "a"});
        assert!(same_text(&of("a", 0), &of("a", 0)));
        assert!(!same_text(&of("a", 0), &of("b", 0)) && !same_text(&of("a", 0), &of("a", 1)));
        let choice = |index: u32| json!({"choices": [{"delta": {"content": "a"}, "index": index}]});
        assert!(same_text(&choice(1), &choice(1)) && !same_text(&choice(1), &choice(0)));
    }

    #[test]
    fn texts_end() {
        let piece =
            |event: serde_json::Value| read(event.to_string().as_bytes()).0.remove(0).numbers;
        let output = piece(
            json!({"type": "x.delta", "item_id": "a", "output_index": 0, "content_index": 1, "delta": "a"}),
        );
        let choice = piece(json!({"choices": [{"index": 2, "delta": {"content": "a"}}]}));
        for (event, of_output, of_choice) in [
            (
                json!({"type": "x.done", "item_id": "a", "output_index": 0, "content_index": 1}),
                true,
                false,
            ),
            (
                json!({"type": "x.done", "item_id": "a", "output_index": 0, "content_index": 2}),
                false,
                false,
            ),
            (json!({"type": "response.output_item.done", "output_index": 0}), true, false),
            (json!({"type": "response.completed"}), true, true),
            (json!({"type": "ping"}), false, false),
            (json!({"choices": [{"index": 2, "delta": {}, "finish_reason": "stop"}]}), false, true),
            (
                json!({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}),
                false,
                false,
            ),
            (
                json!({"choices": [{"index": 2, "delta": {"content": "b"}, "finish_reason": null}]}),
                false,
                false,
            ),
        ] {
            let ends = read(event.to_string().as_bytes()).1;
            assert_eq!(
                (ends.holds(&output), ends.holds(&choice)),
                (of_output, of_choice),
                "{event}"
            );
        }
        assert_eq!((read(b"[DONE]").1, read(b"ping").1), (Ends::All, Ends::None));
    }
}
