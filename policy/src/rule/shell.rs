use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellMatch {
    /// Effects of commands, such as `recursive_delete`; see `shell::ShellEffect`.
    pub effect: Vec<crate::shell::ShellEffect>,
    /// JSON pointers to the command: a text, or the list of a program and its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<String>,
}
