/*!
What one VM holds between exchanges: the bundle, the issuers' keys, the approval service's keys, and
the little state that exchanges share. Built from the plugin configuration; a configuration that is
not complete and sound is refused whole, and the one before stays.
*/

mod config;
mod definitions;
mod earlier;
mod holding;
mod kills;
mod source;
mod spoken;
mod telling;

pub use config::{ApprovalConfig, Config, KeyList, Limits, RecordConfig, Subjects};
pub use definitions::{Definitions, Shown};
pub use earlier::Sessions;
pub use holding::{CANCELS, Full, Holding, Place as HoldPlace};
pub use kills::{Heard, Killed};
pub use spoken::{Place, Spoken};
pub use telling::{Telling, Told};

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::budget::Ledger;
use crate::bundle::{Bundle, LoadError};
use crate::custody::Custody;
use crate::delivery::Delivery;
use crate::exchange::Now;
use crate::grant::GrantKeys;
use crate::identity::Identity;
use crate::record::Room;
use crate::record::chain::Chain;
use crate::report::{BundleReport, ErrorReport, Report};

/// Messages of one VM that call something off and may wait to say it again. What they ask is made anew each time, so
/// that they take no more memory than what they are about. Calls on hold have as many places of their own for this
/// as may be on hold.
const CANCELS_KEPT: u32 = CANCELS;

pub struct Engine {
    /// What the exchange at hand began with; each event of an exchange sets it.
    pub bundle: Arc<Bundle>,
    /// Gets the next ones, where the configuration says from where.
    pub delivery: Option<Delivery>,
    /// What exchanges begin with from now on.
    active: Arc<Bundle>,
    pub identity: Identity,
    pub grant_keys: GrantKeys,
    pub approval: ApprovalConfig,
    pub custody: Custody,
    pub digest_key: Vec<u8>,
    pub record: RecordConfig,
    pub limits: Limits,
    /// What principals have spent of their budgets.
    pub ledger: Ledger,
    /// What has answered as an MCP server does.
    pub spoken: Spoken,
    /// Whom the kill switch stops.
    pub killed: Killed,
    /// What lists showed of pinned tools.
    pub definitions: Definitions,
    /// The host lets this VM use what Envoy's workers share.
    pub shared_data: bool,
    /// Of the records of this VM's life.
    pub chain: Chain,
    /// Where its exchanges keep what is behind the text of their records.
    pub parts_room: Room,
    /// When it was configured, in Unix seconds.
    began: u64,
    /// Calls on hold.
    pub holding: Holding,
    /// Once a request's head was seen to leave before its verdict, bodies are refused.
    unsafe_install: bool,
    /// What sessions asked for lately.
    pub sessions: Sessions,
    /// What the approval service still has to hear of exchanges that are gone, and can call nobody themselves.
    pub telling: Telling,
    /// Calls on hold whose question waits to be asked again, and messages that call something off.
    kept: (u32, u32),
}

impl Engine {
    /// Random bytes of the host: what names this worker, and the secret of its chain of records. `now` is in Unix seconds.
    pub fn new(config: &[u8], [fresh, secret]: [[u8; 16]; 2], now: u64) -> Result<Self, LoadError> {
        let mut config = Config::parse(config)?;
        let keys = |name: &str, list: &KeyList| -> Result<Vec<_>, LoadError> {
            list.as_slice().iter().map(|key| base64(name, key)).collect()
        };
        let grant = keys("approval.grant_key", &config.approval.grant_key)?;
        let receipt = keys("approval.receipt_key", &config.approval.receipt_key)?;
        let grant_keys = GrantKeys::from_bytes(&grant, &receipt).ok_or_else(|| {
            LoadError("`approval.grant_key` and `approval.receipt_key` must be different ed25519 public keys, 1 to 4 of each".into())
        })?;
        let digest_key = base64("digest_key", &config.digest_key)?;
        if digest_key.len() < 32 {
            return Err(LoadError("`digest_key` must hold at least 32 bytes".into()));
        }
        let (bundle, delivery) = source::open(&mut config, &digest_key, id("w", fresh), now)?;
        let bundle = Arc::new(bundle);
        Ok(Self {
            bundle: Arc::clone(&bundle),
            delivery,
            active: bundle,
            identity: Identity::new(config.identity)?,
            grant_keys,
            approval: config.approval,
            custody: Custody::new(&config.custody, &digest_key)?,
            ledger: Ledger::new(&digest_key),
            spoken: Spoken::new(&digest_key),
            killed: Killed::new(&digest_key),
            definitions: Definitions::new(&digest_key),
            shared_data: config.shared_data,
            digest_key,
            record: config.record,
            limits: config.limits,
            chain: Chain::of(secret),
            parts_room: Room::default(),
            began: now,
            holding: Holding::default(),
            unsafe_install: false,
            sessions: Sessions::default(),
            telling: Telling::default(),
            kept: (0, 0),
        })
    }

    /// Exchanges that begin from now on are judged by this bundle, those under way by their own.
    pub fn activate(&mut self, bundle: Bundle) {
        self.active = Arc::new(bundle);
    }

    pub fn active(&self) -> &Arc<Bundle> {
        &self.active
    }

    /// What the approval service is told; `gateway` and `release` are the host's to know.
    pub fn report(&mut self, gateway: &str, release: &str, now: Now) -> Report {
        let status = self.delivery.as_mut().map(|delivery| delivery.status(now.unix_ms));
        let since = status.as_ref().map_or(self.began, |status| status.activated);
        let report = Report {
            gateway: gateway.to_owned(),
            worker: self.chain.name().to_owned(),
            release: release.to_owned(),
            bundle: BundleReport::of(&self.active, since),
            stale: status
                .as_ref()
                .map_or(self.active.is_expired(now.seconds()), |status| status.stale),
            error: status.and_then(ErrorReport::of),
        };
        report.fitting()
    }

    pub fn is_unsafe_install(&self) -> bool {
        self.unsafe_install
    }

    pub fn mark_unsafe_install(&mut self) {
        self.unsafe_install = true;
    }

    /// Takes one of the places for questions that wait to be asked again, if there is one left.
    pub fn keep_question(&mut self, cancels: bool) -> bool {
        let (kept, most) = match cancels {
            true => (&mut self.kept.1, CANCELS_KEPT),
            false => (&mut self.kept.0, self.limits.holds),
        };
        let room = *kept < most;
        *kept += u32::from(room);
        room
    }

    pub fn question_asked(&mut self, cancels: bool) {
        let kept = if cancels { &mut self.kept.1 } else { &mut self.kept.0 };
        *kept = kept.saturating_sub(1);
    }
}

/// A short readable id: a letter that says of what, and 128 bits.
pub fn id(kind: &str, fresh: [u8; 16]) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    format!("{kind}_{}", URL_SAFE_NO_PAD.encode(fresh))
}

fn base64(name: &str, text: &str) -> Result<Vec<u8>, LoadError> {
    STANDARD.decode(text).map_err(|_| LoadError(format!("`{name}` is not standard base64")))
}
