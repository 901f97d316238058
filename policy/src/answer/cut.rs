/*! Entries cut out of an array: what stays is an array, each byte of it as it came. */

use std::ops::Range;

use crate::redact::Edit;

/// `entries` are all of the array, in order: where each stands, and whether it stays. Each cut takes along the
/// comma that would be one too many.
pub fn cut(entries: &[(Range<usize>, bool)]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut before: Option<usize> = None;
    let mut run: Option<Range<usize>> = None;
    for (span, stays) in entries {
        if !*stays {
            let from = run.map_or(span.start, |run| run.start);
            run = Some(from..span.end);
            continue;
        }
        if let Some(run) = run.take() {
            edits.push(match before {
                Some(end) => edit(end..run.end),
                None => edit(run.start..span.start),
            });
        }
        before = Some(span.end);
    }
    edits.extend(run.map(|run| edit(before.unwrap_or(run.start)..run.end)));
    edits
}

fn edit(span: Range<usize>) -> Edit {
    Edit { span, replacement: String::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::cut;
    use crate::json::Spanned;
    use crate::redact::apply;

    proptest! {
        #[test]
        fn what_stays_is_the_array_without_the_others(
            entries in prop::collection::vec((0..4usize, any::<bool>(), 0..4usize), 0..8),
        ) {
            let texts = [r#"{"a":[1,2]}"#, "1", r#"",""#, "[]"];
            let spaces = ["", " ", "\n ", "\t"];
            let written: Vec<String> = entries
                .iter()
                .map(|(text, _, space)| format!("{}{}{}", spaces[*space], texts[*text], spaces[3 - space]))
                .collect();
            let text = format!("[{}]", written.join(","));
            let root = Spanned::parse(&text).unwrap();
            let marked: Vec<_> = root
                .items()
                .iter()
                .zip(&entries)
                .map(|(item, (_, stays, _))| (item.span.clone(), *stays))
                .collect();
            let cut = apply(text.as_bytes(), &cut(&marked));
            let left: Vec<Value> = serde_json::from_slice(&cut).unwrap();
            let wanted: Vec<Value> = entries
                .iter()
                .filter(|(_, stays, _)| *stays)
                .map(|(text, ..)| serde_json::from_str(texts[*text]).unwrap())
                .collect();
            prop_assert_eq!(left, wanted);
            if entries.iter().all(|(_, stays, _)| *stays) {
                prop_assert_eq!(cut, text.into_bytes());
            }
        }
    }
}
