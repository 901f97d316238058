/*! Server-sent events, masked event by event. */
use super::{OverBudget, Scanner};
pub struct SseStream(Scanner);
impl SseStream {
    pub fn push(&mut self, _chunk: &[u8]) -> Result<Vec<u8>, OverBudget> { Ok(Vec::new()) }
}
