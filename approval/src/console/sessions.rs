/*! Sessions of agents: the list, one as a timeline, what comes while it is looked at, and its export. */

pub mod api;
pub mod asked;
pub mod export;
pub mod list;
pub mod live;
pub mod timeline;
