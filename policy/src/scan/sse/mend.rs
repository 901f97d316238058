/*! What is changed in an answer besides what is redacted. */

use crate::answer::{HeldProposal, Listed, ProposedCall};
use crate::reason::Reason;
use crate::redact::Edit;
use crate::verdict::Contribution;

pub trait Mend {
    /// The edits in a whole body or the data of one event.
    fn data(&mut self, payload: &[u8]) -> Vec<Edit>;

    /// What the `id` of an event becomes.
    fn event_id(&self, id: &[u8]) -> Option<String>;

    /// What an event is called.
    fn event_name(&mut self, _name: &[u8]) {}

    /// No more comes.
    fn finish(&mut self);

    /// Why nothing more of the answer may go out.
    fn refuses(&self) -> Option<(Reason, String)>;

    /// The rules that had something to say of it.
    fn rules(&self) -> &[Contribution];

    /// Some id in it left sealed.
    fn has_sealed(&self) -> bool {
        false
    }

    /// Calls in it that were judged.
    fn calls(&self) -> &[ProposedCall] {
        &[]
    }

    /// Calls in it that have to be approved before more of the answer goes out.
    fn held(&self) -> &[HeldProposal] {
        &[]
    }

    /// What became of lists in it.
    fn listed(&self) -> Option<&Listed> {
        None
    }
}
