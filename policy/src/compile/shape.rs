/*!
What a source may hold: the shape of each part, checked in one walk that tells every mistake and
lowers the part to the JSON of the type it becomes.
*/

use serde_json::{Map, Value as Json};

use super::diagnostic::Diagnostics;
use super::suggest;
use super::yaml::{Node, Value};

pub(super) enum Shape {
    Text,
    /// Lower-case words joined by `-`: what names rules, kinds and bundles.
    Name,
    Flag,
    Count,
    Number,
    /// `30s`, `10m`, `4h`; becomes seconds.
    Duration,
    /// `512KiB`, `10MiB`, or a whole number of bytes; becomes bytes.
    Size,
    /// As RFC 3339 writes it; becomes Unix seconds.
    Instant,
    OneOf(fn() -> &'static [&'static str]),
    /// A single entry may stand for a list of one.
    List(&'static Shape),
    Map(&'static Shape),
    Record(&'static [Field]),
    /// A mapping, or a list.
    Either(&'static Shape, &'static Shape),
    /// Text, or a list of texts that are joined.
    Parts,
    /// An expression of CEL.
    Condition,
    /// Any JSON; a mapping with the only key `join` is the text its list makes.
    Any,
}

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// What the lowered member is called.
    pub(super) lowered: &'static str,
    /// For the schema and the reference.
    pub(super) about: &'static str,
}

pub(super) const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: false, lowered: name, about }
}

pub(super) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: true, lowered: name, about }
}

impl Field {
    pub(super) const fn lowered(mut self, lowered: &'static str) -> Self {
        self.lowered = lowered;
        self
    }
}

impl Shape {
    /// The lowered value; `None` if a mistake was found (told in `diagnostics`).
    pub(super) fn check(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<Json> {
        match (self, &node.value) {
            (Self::Text | Self::Condition, Value::Text(text)) => Some(text.as_str().into()),
            (Self::Name, Value::Text(text)) => name(text, node, diagnostics),
            (Self::Flag, Value::Flag(flag)) => Some((*flag).into()),
            (Self::Count | Self::Size, Value::Whole(number)) if *number >= 0 => {
                Some((*number).into())
            }
            (Self::Number, Value::Whole(number)) => Some((*number).into()),
            (Self::Number, Value::Number(number)) => Some((*number).into()),
            (Self::Duration, Value::Text(text)) => duration(text, node, diagnostics),
            (Self::Size, Value::Text(text)) => size(text, node, diagnostics),
            (Self::Instant, Value::Text(text)) => instant(text, node, diagnostics),
            (Self::OneOf(names), Value::Text(text)) => one_of(names(), text, node, diagnostics),
            (Self::List(shape), _)
                if !matches!(node.value, Value::Map(_) | Value::Null)
                    || matches!(shape, Self::Record(_)) =>
            {
                let entries: Vec<_> =
                    node.entries().iter().map(|entry| shape.check(entry, diagnostics)).collect();
                entries.into_iter().collect::<Option<Vec<_>>>().map(Json::from)
            }
            (Self::Map(shape), Value::Map(members)) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| {
                        let value = shape.check(value, diagnostics);
                        Some((key.text()?.to_owned(), value?))
                    })
                    .collect();
                members.into_iter().collect::<Option<Map<_, _>>>().map(Json::from)
            }
            (Self::Record(fields), Value::Map(members)) => {
                record(fields, node, members, diagnostics)
            }
            (Self::Either(map, _), Value::Map(_)) => map.check(node, diagnostics),
            (Self::Either(_, list), _) => list.check(node, diagnostics),
            (Self::Any, _) => Some(any(node)),
            (Self::Parts, Value::Text(_)) => Some(node.joined().into()),
            (Self::Parts, Value::List(parts)) if parts.iter().all(|part| part.text().is_some()) => {
                Some(node.joined().into())
            }
            _ => {
                let message = format!("expected {}, found {}", self.expected(), node.type_name());
                match (self, &node.value) {
                    (
                        Self::Text | Self::Name | Self::Parts | Self::Condition,
                        Value::Whole(_) | Value::Number(_) | Value::Flag(_),
                    ) => {
                        diagnostics.add_with_help(
                            "GH104",
                            &node.place,
                            message,
                            "put it in quotes",
                        );
                    }
                    (Self::Duration, Value::Whole(number)) => {
                        let help = format!("name the unit, such as `{number}s`");
                        diagnostics.add_with_help("GH104", &node.place, message, help);
                    }
                    _ => diagnostics.add("GH104", &node.place, message),
                }
                None
            }
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Self::Text | Self::OneOf(_) => "text",
            Self::Condition => "a condition",
            Self::Name => "a name",
            Self::Flag => "`true` or `false`",
            Self::Count => "a whole number",
            Self::Number => "a number",
            Self::Duration => "a duration such as `10m`",
            Self::Size => "a size such as `10MiB`",
            Self::Instant => "a moment such as `2027-01-31T18:00:00Z`",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Record(_) => "a mapping",
            Self::Any => "a value",
            Self::Either(_, list) => list.expected(),
            Self::Parts => "text or a list of texts to join",
        }
    }
}

fn any(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Flag(flag) => (*flag).into(),
        Value::Whole(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(entries) => entries.iter().map(any).collect(),
        Value::Map(members) => match members.as_slice() {
            [(key, parts)] if key.text() == Some("join") => parts.joined().into(),
            members => members
                .iter()
                .map(|(key, value)| (key.text().unwrap_or_default().to_owned(), any(value)))
                .collect::<Map<_, _>>()
                .into(),
        },
    }
}

fn record(
    fields: &'static [Field],
    node: &Node,
    members: &[(Node, Node)],
    diagnostics: &mut Diagnostics,
) -> Option<Json> {
    let mut lowered = Map::new();
    let mut sound = true;
    let mut meant = Vec::new();
    for (key, value) in members {
        let name = key.text().unwrap_or_default();
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names = fields.iter().map(|field| field.name);
            meant.extend(suggest::nearest(name, names.clone()));
            let help = suggest::help(name, names);
            diagnostics.add_with_help("GH102", &key.place, format!("unknown field `{name}`"), help);
            sound = false;
            continue;
        };
        match field.shape.check(value, diagnostics) {
            Some(value) => drop(lowered.insert(field.lowered.to_owned(), value)),
            None => sound = false,
        }
    }
    let given = |field: &&Field| node.get(field.name).is_some() || meant.contains(&field.name);
    for field in fields.iter().filter(|field| field.required && !given(field)) {
        diagnostics.add("GH103", &node.place, format!("the field `{}` is missing", field.name));
        sound = false;
    }
    sound.then_some(Json::Object(lowered))
}

fn name(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Json> {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if text.len() <= 64 && text.split('-').all(word) {
        return Some(text.into());
    }
    diagnostics.add_with_help(
        "GH106",
        &node.place,
        format!("`{text}` is not a name"),
        "names are lower-case letters and digits, words joined by `-`, at most 64 characters",
    );
    None
}

fn duration(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Json> {
    let seconds = text.char_indices().last().and_then(|(at, unit)| {
        let count: u32 = text.get(..at)?.parse().ok()?;
        let unit = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => return None,
        };
        count.checked_mul(unit)
    });
    if seconds.is_none() {
        let message = format!("`{text}` is not a duration");
        diagnostics.add_with_help(
            "GH106",
            &node.place,
            message,
            "write it as `30s`, `10m` or `4h`",
        );
    }
    seconds.map(Json::from)
}

fn size(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Json> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let bytes = text.split_at_checked(at).and_then(|(count, unit)| {
        let count: u64 = count.parse().ok()?;
        let unit: u64 = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        // What YAML and JSON hold alike everywhere.
        count.checked_mul(unit).filter(|bytes| *bytes < 1 << 53)
    });
    if bytes.is_none() {
        let message = format!("`{text}` is not a size");
        let help = "write it as `512KiB`, `10MiB` or `2GiB`";
        diagnostics.add_with_help("GH106", &node.place, message, help);
    }
    bytes.map(Json::from)
}

fn instant(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Json> {
    let seconds = super::instant::parse(text);
    if seconds.is_none() {
        let message = format!("`{text}` is not a moment");
        let help = "write it with its zone, as `2027-01-31T18:00:00Z`";
        diagnostics.add_with_help("GH106", &node.place, message, help);
    }
    seconds.map(Json::from)
}

fn one_of(
    names: &'static [&'static str],
    text: &str,
    node: &Node,
    diagnostics: &mut Diagnostics,
) -> Option<Json> {
    if names.contains(&text) {
        return Some(text.into());
    }
    let help = suggest::help(text, names.iter().copied());
    diagnostics.add_with_help("GH105", &node.place, format!("unknown value `{text}`"), help);
    None
}
