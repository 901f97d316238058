/*!
Where Envoy sends its access log while it runs: the access-log service of Envoy, behind the mutual TLS of the
filters' listener. The tenant is that of the certificate, whatever a sender says of itself.

It is the fast way and not the sure one. Envoy gets no receipts: what was under way when a stream broke is lost, and
Envoy does not count it. So loss is seen by the gaps in the chains of links, and the file that Envoy writes beside
it fills them. What is taken here and not kept, or only in part, is counted.
*/

mod cap;
mod counts;
mod entry;
mod receiver;
mod service;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;

use crate::records::Line;
use crate::records::store::{RecordStore, Source, Taken};
use crate::store::StoreError;
use crate::tenant::Tenant;

pub use cap::Most;
pub use counts::Counts;
pub use receiver::{Limits, Receiver};
pub use service::Service;
pub use wire::PATH;

/// Where lines go.
#[async_trait]
pub trait Keep: Send + Sync {
    /// An error: they are brought again.
    async fn keep(&self, tenant: &Tenant, lines: &[Line]) -> Result<Taken, StoreError>;
}

#[async_trait]
impl Keep for Arc<dyn RecordStore> {
    async fn keep(&self, tenant: &Tenant, lines: &[Line]) -> Result<Taken, StoreError> {
        self.take(tenant, Source::Als, lines).await
    }
}

#[cfg(test)]
mod tests;
