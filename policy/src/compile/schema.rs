/*! The JSON Schema of a bundle's files, for editors: made from the very shapes that check them. */

use serde_json::{Map, Value, json};

use super::condition;
use super::document::FILE;
use super::shape::{Field, Shape};

/// JSON Schema, draft 2020-12, of any file of a bundle.
pub fn schema() -> Value {
    let mut schema = record(FILE);
    if let Value::Object(members) = &mut schema {
        members.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        members.insert("title".into(), "A file of a Gatehouse policy bundle".into());
    }
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Condition => json!({ "type": "string" }),
        Shape::Name => {
            json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64 })
        }
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Count => json!({ "type": "integer", "minimum": 0 }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Duration => json!({ "type": "string", "pattern": "^[0-9]+[smhd]$" }),
        Shape::Size => json!({ "anyOf": [{ "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)?$" }] }),
        Shape::Instant => json!({ "type": "string", "format": "date-time" }),
        Shape::OneOf(names) => json!({ "enum": names() }),
        // A single entry may stand for a list of one.
        Shape::List(entry) => {
            let entry = of(entry);
            json!({ "anyOf": [{ "type": "array", "items": entry }, entry] })
        }
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": of(value) }),
        Shape::Record(fields) => record(fields),
        Shape::Either(map, list) => json!({ "anyOf": [of(list), of(map)] }),
        Shape::Parts => {
            json!({ "anyOf": [{ "type": "string" },
                { "type": "array", "items": { "type": "string" } }] })
        }
        Shape::Any => json!({}),
    }
}

/// An editor has no reference to look names up in.
fn about(field: &Field) -> String {
    match field.shape {
        Shape::Condition => format!("{} {}", field.about, condition::about()),
        _ => field.about.to_owned(),
    }
}

fn record(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = of(&field.shape);
        if let Value::Object(members) = &mut schema {
            members.insert("description".into(), about(field).into());
        }
        properties.insert(field.name.into(), schema);
    }
    let required: Vec<&str> =
        fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
