/*! What must hold on real Envoy, one file for each part of it. */

mod first;
