/*! Whose approval a hold needs. */

use serde::{Deserialize, Serialize};

/// Sets of groups: of each set one group has to have approved. Without any, every approver may decide.
/// One person may stand for several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Approvers(Vec<Vec<String>>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    /// Any of these groups.
    Any(Vec<String>),
    Sets(Vec<Vec<String>>),
    Written(Written),
}

/// As people write it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    all: Vec<String>,
}

impl From<Wire> for Approvers {
    fn from(wire: Wire) -> Self {
        Self::of(match wire {
            Wire::Any(groups) => vec![groups],
            Wire::Sets(sets) => sets,
            Wire::Written(Written { any, all }) => {
                let all = all.into_iter().map(|group| vec![group]);
                std::iter::once(any).chain(all).collect()
            }
        })
    }
}

impl From<Approvers> for Wire {
    fn from(Approvers(mut sets): Approvers) -> Self {
        match sets.len() {
            0 | 1 => Self::Any(sets.pop().unwrap_or_default()),
            _ => Self::Sets(sets),
        }
    }
}

impl Approvers {
    /// In one order, so that the same terms are equal.
    fn of(mut sets: Vec<Vec<String>>) -> Self {
        for set in &mut sets {
            set.sort();
            set.dedup();
        }
        sets.retain(|set| !set.is_empty());
        sets.sort();
        sets.dedup();
        Self(sets)
    }

    pub fn any(groups: &[&str]) -> Self {
        Self::of(vec![groups.iter().map(|group| (*group).to_owned()).collect()])
    }

    pub fn sets(&self) -> &[Vec<String>] {
        &self.0
    }

    pub fn is_everyone(&self) -> bool {
        self.0.is_empty()
    }

    /// Each group that is named, once.
    pub fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = self.0.iter().flatten().cloned().collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// Whether somebody of these groups is one of those who are asked.
    pub fn entitle(&self, groups: &[String]) -> bool {
        self.is_everyone() || self.0.iter().flatten().any(|group| groups.contains(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Approvers {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn each_form_is_read_and_one_is_written() {
        use serde_json::json;
        for (written, told) in [
            (json!([]), json!([])),
            (json!(["b", "a"]), json!(["a", "b"])),
            (json!({"any": ["a", "b"]}), json!(["a", "b"])),
            (json!({"all": ["b", "a"]}), json!([["a"], ["b"]])),
            (json!({"any": ["c", "d"], "all": ["a"]}), json!([["a"], ["c", "d"]])),
            (json!([["a"], ["b"], ["a"]]), json!([["a"], ["b"]])),
        ] {
            let read = read(written.clone());
            assert_eq!(serde_json::to_value(&read).unwrap(), told, "{written}");
            assert_eq!(serde_json::from_value::<Approvers>(told).unwrap(), read);
        }
        serde_json::from_value::<Approvers>(json!({"some": ["a"]})).unwrap_err();
    }

    #[test]
    fn any_named_group_entitles() {
        let both = Approvers::of(vec![vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]]);
        let entitled = |groups: &[&str]| {
            both.entitle(&groups.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>())
        };
        assert!(entitled(&["a"]) && entitled(&["d", "b"]) && entitled(&["c"]));
        assert!(!entitled(&["d"]) && !entitled(&[]));
        assert!(Approvers::default().entitle(&[]));
    }
}
