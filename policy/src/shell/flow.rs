/*! What one command writes and another reads: through a pipe, a file or a substitution. */

use std::rc::Rc;

/// Stands for text that only the machine knows and that may be anything.
pub(super) const ANY: char = '\u{1}';

/// Stands for text that only the machine knows and that is no option, no separator and no command: a
/// path, a number, a name.
pub(super) const PLAIN: char = '\u{2}';

/// Longer texts are not kept.
const MAX_TEXT: usize = 1 << 16;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// Where the commands tell what it is.
    pub text: Option<Rc<str>>,
    /// Keys, passwords or the environment are in it.
    pub secret: bool,
    /// A token that was asked for to be shown to whom it is for.
    pub token: bool,
    /// It comes from the network.
    pub remote: bool,
    /// What it is as a program was settled before: a file of the machine, the setup of a known tool.
    pub local: bool,
    /// A name, a number or a path, and no more.
    pub plain: bool,
    /// Written by an interactive shell.
    pub shell: bool,
}

impl Flow {
    pub fn empty() -> Self {
        Self::of("")
    }

    pub fn of(text: &str) -> Self {
        let text = (text.len() <= MAX_TEXT).then(|| Rc::from(text));
        Self { text, ..Self::default() }
    }

    pub fn local() -> Self {
        Self { local: true, ..Self::default() }
    }

    pub fn remote() -> Self {
        Self { remote: true, ..Self::default() }
    }

    pub fn secret() -> Self {
        Self { secret: true, ..Self::default() }
    }

    /// Computed from this one, nobody knows how.
    pub fn changed(&self) -> Self {
        Self { text: None, local: false, plain: false, shell: false, ..self.clone() }
    }

    pub fn is_empty(&self) -> bool {
        self.text.as_deref() == Some("")
    }

    /// One behind the other.
    pub fn and(self, other: Self) -> Self {
        if self.is_empty() && self.is_harmless() {
            return other;
        }
        if other.is_empty() && other.is_harmless() {
            return self;
        }
        let text = match (&self.text, &other.text) {
            (Some(one), Some(two)) if one.len() + two.len() <= MAX_TEXT => {
                Some(Rc::from(format!("{one}{two}")))
            }
            _ => None,
        };
        Self {
            text,
            secret: self.secret || other.secret,
            token: self.token || other.token,
            remote: self.remote || other.remote,
            local: self.local && other.local,
            plain: false,
            shell: self.shell || other.shell,
        }
    }

    fn is_harmless(&self) -> bool {
        !(self.secret || self.token || self.remote || self.shell)
    }
}
