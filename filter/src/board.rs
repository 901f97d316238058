/*! Envoy's shared data: what all VMs with this `vm_id` can read and write. */

use policy::delivery::Board;
use proxy_wasm::hostcalls;

pub struct SharedData;

impl Board for SharedData {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        hostcalls::get_shared_data(key).unwrap_or((None, None))
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> bool {
        hostcalls::set_shared_data(key, Some(value), cas).is_ok()
    }
}
