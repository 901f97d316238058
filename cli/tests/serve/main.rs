//! `gatehouse serve` as programs of its own: started, stopped and killed.

mod client;
mod guide;
mod lives;
mod postgres;
mod program;
mod terminal;
