//! Workers of one Envoy around one board and one server, in simulated time.

mod envoy;
mod fetching;
mod poisoned;
mod refusing;
mod sections;
