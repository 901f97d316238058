/*! Whose approval a hold needs. */

use serde::{Deserialize, Serialize};

/// Sets of groups: of each set one group has to have approved. Without any, every approver may decide.
/// One person may stand for several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// What satisfies both.
    pub fn and(self, other: Self) -> Self {
        Self::of(self.0.into_iter().chain(other.0).collect())
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

    /// Whether approvals in the name of these groups are enough.
    pub fn satisfied_by(&self, groups: &[String]) -> bool {
        self.0.iter().all(|set| set.iter().any(|group| groups.contains(group)))
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
    fn each_set_needs_one_of_its_groups() {
        let both = Approvers::any(&["a", "b"]).and(Approvers::any(&["c"]));
        let enough = |groups: &[&str]| {
            both.satisfied_by(&groups.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>())
        };
        assert!(enough(&["a", "c"]) && enough(&["b", "c", "d"]));
        assert!(!enough(&["a", "b"]) && !enough(&["c"]) && !enough(&[]));
        assert!(Approvers::default().satisfied_by(&[]));
    }
}
