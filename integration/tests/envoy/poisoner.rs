/*! Another tenant's plugin with the filter's `vm_id` writes over what the workers share, all the time. */

mod budgets;
mod bundles;

use integration::envoy::Envoy;
use integration::wait::{SOON, until};

/// It found values of the workers and wrote over them that many more times.
#[track_caller]
fn more_poison(envoy: &Envoy, count: u64) {
    let overwritten = || envoy.stat("wasmcustom.poisoner_overwritten");
    let before = overwritten();
    until("poison", SOON, || (overwritten() >= before + count).then_some(()));
}
