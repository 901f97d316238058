/*!
The kill switch: of a principal, or of one of its tokens, nothing passes until a time. People set it here, the store
keeps it, and every worker of every gateway asks for what is in force each two seconds, which is answered from memory.
*/

mod board;
mod heard;
mod killing;
mod reading;
mod recorded;

pub use board::Board;
pub use heard::{Reach, Reached, TenantReach};
pub use killing::words;

#[cfg(test)]
pub mod tests;
