/*!
A transparency log in the formats of C2SP: tree heads in signed notes, which witnesses cosign. What C2SP calls a
checkpoint is a tree head here, since a checkpoint says how far chains of records are: those are the log's entries.
*/

mod head;
mod signed;
pub mod tree;
mod vkey;

pub use head::{TreeHead, origin};
pub use signed::{Signed, Unsound};
pub use tlog_tiles::tlog::{Hash, record_hash as leaf};
pub use vkey::{Purpose, Vkey};

#[cfg(test)]
pub mod tests;
