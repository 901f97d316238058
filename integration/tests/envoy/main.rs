/*! What must hold on real Envoy, one file for each part of it. */

mod answers;
mod bodies;
mod configuration;
mod custody;
mod events;
mod first;
mod heads;
mod holds;
mod lifecycle;
mod masking;
mod tokens;
