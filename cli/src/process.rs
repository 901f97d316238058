/*! Envoy as a child: found, started, waited for, stopped. */

pub mod admin;
pub mod binary;
pub mod child;
