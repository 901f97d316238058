/*! The person who decides, and by which door they came. */

use policy::hold::Terms;

/// Known only after a login or the local key; never made from an agent's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub name: String,
    pub door: Door,
    /// `None`: the local approver, the only person there is, who stands for every group.
    pub groups: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Console,
    /// The command line, with the local approver's key.
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
    /// The groups in whose name this approver may decide. `None`: of none that is asked for.
    pub fn groups(&self, terms: &Terms) -> Option<Vec<String>> {
        let asked = || terms.requirements.iter().map(|requirement| &requirement.approvers);
        let mut groups: Vec<String> = asked().flat_map(|approvers| approvers.groups()).collect();
        groups.sort();
        groups.dedup();
        if let Some(own) = &self.groups {
            groups.retain(|group| own.contains(group));
        }
        asked().any(|approvers| approvers.entitle(&groups)).then_some(groups)
    }
}
