/*! Whether records know whom a kill is of: a name in which there is a mistake is stopped nowhere. */

use crate::holds::Holds;
use crate::records::sieve::Sieve;
use crate::records::store::SessionCut;
use crate::store::{Kill, StoreError};

/// Sessions of one name, of whatever issuer, that are looked at.
const SESSIONS: u32 = 200;

impl Holds {
    /// `None` if nobody can tell: of a key alone, or where there are no records. The kill is made by then, and nothing
    /// that fails here undoes it.
    pub async fn recorded(&self, kill: &Kill) -> Option<bool> {
        let looked = self.looked_for(kill).await;
        looked.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether records know whom a kill is of cannot be looked up");
            None
        })
    }

    async fn looked_for(&self, kill: &Kill) -> Result<Option<bool>, StoreError> {
        let Some(principal) = &kill.principal else { return Ok(None) };
        if self.records.latest().await? == 0 {
            return Ok(None);
        }
        // By its key, where records have those in place of names.
        for name in [principal.subject.as_str(), kill.whom.key()] {
            let sieve = Sieve { principal: name.to_owned(), ..Sieve::default() };
            let found = self.records.sessions(&sieve, SessionCut::Begin, SESSIONS).await?;
            if found.iter().any(|one| one.issuer.as_ref() == Some(&principal.issuer)) {
                return Ok(Some(true));
            }
            if found.len() >= SESSIONS as usize {
                return Ok(None);
            }
        }
        Ok(Some(false))
    }
}
