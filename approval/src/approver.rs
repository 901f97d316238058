/*! The people who decide, and by which door they came. */

use std::collections::BTreeSet;

use policy::hold::Terms;

/// Who is let in, and in the name of which groups they may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// `None`: the only person there is, who stands for every group.
    pub groups: Option<Vec<String>>,
}

/// Known only after a login or by a key; never made from an agent's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub person: Person,
    pub door: Door,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Console,
    /// The command line, with the approver's key.
    Key,
}

impl Door {
    pub fn name(self) -> &'static str {
        match self {
            Door::Console => "console",
            Door::Key => "key",
        }
    }
}

impl Approver {
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// The groups in whose name this approver may decide. `None`: of none that is asked for.
    pub fn groups(&self, terms: &Terms) -> Option<Vec<String>> {
        let asked = || terms.requirements.iter().map(|requirement| &requirement.approvers);
        let mut groups: Vec<String> = asked().flat_map(|approvers| approvers.groups()).collect();
        groups.sort();
        groups.dedup();
        if let Some(own) = &self.person.groups {
            groups.retain(|group| own.contains(group));
        }
        asked().any(|approvers| approvers.entitle(&groups)).then_some(groups)
    }
}

/// A quorum counts names: two that people take for one must not count twice.
pub fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    names.map(|name| name.trim().to_lowercase()).all(|name| !name.is_empty() && seen.insert(name))
}
