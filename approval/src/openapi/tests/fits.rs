//! Whether a value is as the document says, and nothing in it goes undescribed.

use serde_json::Value;

/// A value against a schema of the document; also no member of it may go undescribed.
pub fn fits(document: &Value, schema: &Value, value: &Value, what: &str) {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&whole).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:?} in {value}");
    let mut unknown = Vec::new();
    undescribed(document, std::slice::from_ref(schema), value, "", &mut unknown);
    assert!(unknown.is_empty(), "{what}: not described: {unknown:?}");
}

/// All that a schema consists of, with references followed.
fn parts(document: &Value, schema: &Value) -> Vec<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return parts(document, document.pointer(&name[1..]).unwrap());
    }
    let within = ["allOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    let mut all: Vec<Value> = within.flat_map(|one| parts(document, one)).collect();
    all.push(schema.clone());
    all
}

fn undescribed(document: &Value, of: &[Value], value: &Value, at: &str, unknown: &mut Vec<String>) {
    let parts: Vec<Value> = of.iter().flat_map(|one| parts(document, one)).collect();
    match value {
        Value::Object(_) if parts.iter().any(|part| part["additionalProperties"] == true) => {}
        Value::Object(members) => {
            for (name, member) in members {
                let known = |part: &Value| {
                    let own = part["properties"].get(name).cloned();
                    own.or_else(|| {
                        part.get("additionalProperties").filter(|any| any.is_object()).cloned()
                    })
                };
                let known: Vec<Value> = parts.iter().filter_map(known).collect();
                let at = format!("{at}/{name}");
                if known.is_empty() {
                    unknown.push(at);
                } else {
                    undescribed(document, &known, member, &at, unknown);
                }
            }
        }
        Value::Array(items) => {
            let schemas: Vec<Value> =
                parts.iter().filter_map(|part| part.get("items").cloned()).collect();
            for item in items {
                undescribed(document, &schemas, item, at, unknown);
            }
        }
        _ => {}
    }
}
