/*! The person who decides, and by which door they came. */

/// Known only after a login or the local key; never made from an agent's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub name: String,
    pub door: Door,
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
    /// The groups in whose name this approver may decide. The local approver is the only person
    /// there is and stands for every group a rule asks for.
    pub fn groups(&self, wanted: &[String]) -> Vec<String> {
        wanted.to_vec()
    }
}
