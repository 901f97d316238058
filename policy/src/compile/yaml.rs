/*! YAML as a tree in which every value knows its place. */

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::diagnostic::{Diagnostics, Place};

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        let Value::Map(members) = &self.value else { return None };
        members.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
    }

    /// The place of a member, or of the whole if it is not there.
    pub(super) fn place_of(&self, name: &str) -> &Place {
        let Value::Map(members) = &self.value else { return &self.place };
        members.iter().find(|(key, _)| key.text() == Some(name)).map_or(&self.place, |m| &m.0.place)
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The entries of a list; a single value is a list of one.
    pub(super) fn entries(&self) -> &[Node] {
        match &self.value {
            Value::List(entries) => entries,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// Text, or a list of texts that are joined.
    pub(super) fn joined(&self) -> String {
        self.entries().iter().filter_map(Node::text).collect()
    }

    /// What messages call its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Flag(_) => "a boolean",
            Value::Whole(_) | Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    fn settle(&mut self, file: &str, lines: &[&str]) {
        self.place.file = file.to_owned();
        let line = lines.get((self.place.line as usize).saturating_sub(1));
        self.place.excerpt = line.copied().unwrap_or_default().to_owned();
        match &mut self.value {
            Value::List(entries) => entries.iter_mut().for_each(|entry| entry.settle(file, lines)),
            Value::Map(members) => members.iter_mut().for_each(|(key, value)| {
                key.settle(file, lines);
                value.settle(file, lines);
            }),
            _ => {}
        }
    }
}

/// Reads one document; `None` if it cannot be read (told in `diagnostics`).
pub(super) fn read(file: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let lines: Vec<&str> = text.lines().collect();
    // YAML 1.2: `on` and `no` are text.
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Node>(text, options) {
        Ok(mut node) => {
            node.settle(file, &lines);
            Some(node)
        }
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            let mut node = Node {
                place: Place { line: line as u32, column: column as u32, ..Place::default() },
                value: Value::Null,
            };
            node.settle(file, &lines);
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or_default();
            let message = message.strip_prefix("error: ").unwrap_or(message);
            diagnostics.add("GH101", &node.place, format!("this is not YAML: {message}"));
            None
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { place: place(&spanned.referenced), value: spanned.value })
    }
}

fn place(location: &Location) -> Place {
    Place { line: location.line() as u32, column: location.column() as u32, ..Place::default() }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Number(number as f64), Value::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_element()? {
            entries.push(entry);
        }
        Ok(Value::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Value::Map(members))
    }
}
