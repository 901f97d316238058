//! The bundled patterns, driven through every way a text can take.

mod adversary;
mod body;
mod chunks;
mod context;
mod fields;
mod forms;
mod lookalikes;
mod pairs;
pub(crate) mod samples;
