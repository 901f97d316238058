/*! Kills: the list of them with the way to lift one, the form that sets one, and the same as JSON. */

pub mod api;
pub mod form;
pub mod list;
