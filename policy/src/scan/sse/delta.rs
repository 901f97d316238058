/*!
Which strings of an event go on where the same string of an earlier event ended, as the answers of models
come: OpenAI's Responses and Chat Completions, Anthropic's Messages and whatever calls such strings `delta`.

A text goes on in events that have the same names around it and the same numbers: item, choice, content.
*/

use std::ops::Range;

use crate::json::Node;
use crate::scan::BOUNDARY_MAX;
use crate::scan::json::{LeafKind, leaves};
use crate::scan::label::ByName;

/// Levels of JSON an event of a model has at most, with room to spare.
const DEPTH: u32 = 32;
/// What tells one text of an answer from another.
const NUMBERS: &[&str] = &["index", "item_id", "output_index", "content_index", "summary_index"];
/// Strings beside a text that are whole in each event.
const WHOLE: &[&str] = &[
    "call_id",
    "finish_reason",
    "id",
    "item_id",
    "model",
    "name",
    "object",
    "role",
    "signature",
    "status",
    "stop_reason",
    "stop_sequence",
    "type",
];

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
    let Some((node, spans)) = parsed(data) else { return (Vec::new(), Ends::All) };
    let mut reader = Reader { spans: spans.into_iter(), pieces: Vec::new(), ended: Vec::new() };
    reader.walk(&node, &Place::default());
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let last = ["completed", "failed", "incomplete", "error", "message_stop"];
    let ends = if last.iter().any(|end| kind.ends_with(end)) {
        Ends::All
    } else {
        if reader.pieces.is_empty() {
            reader.ended.push(numbers(&node, ""));
        }
        reader.ended.retain(|numbers| !numbers.is_empty());
        if reader.ended.is_empty() { Ends::None } else { Ends::With(reader.ended) }
    };
    (reader.pieces, ends)
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
}

struct Reader {
    spans: std::vec::IntoIter<Range<usize>>,
    pieces: Vec<Piece>,
    ended: Vec<Vec<Number>>,
}

impl Reader {
    /// Members stand in the order of the text, as the spans do.
    fn walk(&mut self, node: &Node<'_>, place: &Place) {
        match node {
            Node::Text(_) => {
                let Some(span) = self.spans.next() else { return };
                // Completions of old have no delta.
                let goes_on = place.delta || place.path == "/choices/text";
                if goes_on && !WHOLE.contains(&place.name.as_str()) {
                    let numbers = place.numbers.clone();
                    let text = format!("{} {numbers:?}", place.path);
                    self.pieces.push(Piece { text, numbers, span });
                }
            }
            Node::Array(items) => items.iter().for_each(|item| self.walk(item, place)),
            Node::Object(members) => {
                let mut inner = place.clone();
                inner.numbers.extend(numbers(node, &place.path));
                for (name, member) in members {
                    inner.path = format!("{}/{name}", place.path);
                    inner.name = name.to_string();
                    inner.delta = place.delta || name == "delta";
                    self.walk(member, &inner);
                }
                if place.path == "/choices"
                    && node.get("finish_reason").is_some_and(|reason| reason.text().is_some())
                {
                    self.ended.push(numbers(node, &place.path));
                }
            }
            Node::Number(_) | Node::Bool(_) | Node::Null => {}
        }
    }
}

/// The numbers that an object has itself, below the names of what is around it.
fn numbers(node: &Node<'_>, path: &str) -> Vec<Number> {
    let members = node.members().unwrap_or_default().iter();
    let own = members.filter(|(name, _)| NUMBERS.contains(&name.as_ref()));
    own.filter_map(|(name, value)| {
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
        }
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
            (json!("[DONE]"), true, true),
        ] {
            let ends = read(event.to_string().as_bytes()).1;
            assert_eq!(
                (ends.holds(&output), ends.holds(&choice)),
                (of_output, of_choice),
                "{event}"
            );
        }
    }
}
