/*!
Reading JSON strictly: text that two readers could take differently is not read at all.

The reader refuses what RFC 8259 leaves open and attackers use: a member named twice (the last one
wins here, the first one there), a byte order mark, NUL bytes, unpaired surrogates, nesting without
end. Numbers keep their literal wherever equality matters, because a double cannot tell
`100000000000000000001` from `100000000000000000002`.
*/

mod canonical;
mod members;
mod node;
mod reader;
mod spanned;
mod tree;

pub use canonical::canonical;
pub use members::{Step, member_spans, without};
pub use node::Node;
pub(crate) use reader::{Reader, Token};
pub use spanned::{Shape, Spanned};
pub use tree::{parse_strict, raw_scalar, strings};

/// Levels of arrays and objects the gateway reads where a caller has no limit of its own.
pub const MAX_DEPTH: usize = 64;

/// Why text was not taken as JSON. Offsets are in bytes; nothing of the text is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("text starts with a byte order mark; send plain UTF-8")]
    ByteOrderMark,
    #[error("NUL byte at offset {0}; send plain UTF-8")]
    Nul(usize),
    #[error("not JSON at offset {0}")]
    Syntax(usize),
    #[error("more text after the JSON value at offset {0}; send one value")]
    Trailing(usize),
    #[error("a member is named twice in the object that ends at offset {0}; name it once")]
    DuplicateKey(usize),
    #[error("nested deeper than {0} levels; flatten it")]
    TooDeep(usize),
    #[error("number out of range before offset {0}; send it as a string")]
    NumberRange(usize),
}

/// A member's name in simple case folding: readers that ignore case take the long s and the Kelvin
/// sign for their letters, too.
pub fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The names a JSON pointer (RFC 6901) is made of, without escapes.
pub fn steps(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(unescaped)
}

/// One of them.
pub fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests;
