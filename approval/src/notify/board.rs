/*! How the channels do, for people, and what they make of messages that were given up. */

use serde::{Deserialize, Serialize};

use super::{Listed, Tally};
use crate::approver::Approver;
use crate::error::Problem;
use crate::holds::Holds;
use crate::store::{Audit, Dead, Fate};

/// `GET /v1/channels`, the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelList {
    pub channels: Vec<ChannelState>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelState {
    #[serde(flatten)]
    pub channel: Listed,
    #[serde(flatten)]
    pub tally: Tally,
}

impl Holds {
    /// Those of the configuration, in its order.
    pub async fn channel_states(&self) -> Result<Vec<ChannelState>, Problem> {
        let mut tallies = self.store.tallies().await?;
        let state = |channel: &Listed| {
            let found = tallies.iter_mut().find(|(name, _)| *name == channel.name);
            let tally = found.map(|(_, tally)| std::mem::take(tally)).unwrap_or_default();
            ChannelState { channel: channel.clone(), tally }
        };
        Ok(self.channels.iter().map(state).collect())
    }

    /// Any approver may: nothing is decided by it. `peer` is the network address they come from.
    pub async fn revive(
        &self,
        dead: Dead<'_>,
        fate: Fate,
        approver: &Approver,
        peer: &str,
    ) -> Result<u64, Problem> {
        let action = match fate {
            Fate::Again => "told_again",
            Fate::Drop => "untold",
        };
        let audit = Audit {
            at: self.clock.now(),
            actor: approver.name(),
            door: approver.door.name().into(),
            peer: peer.into(),
            action: action.into(),
            reason_text: String::new(),
        };
        match self.store.revive(dead, fate, &audit).await? {
            0 => Err(Problem::no_such_delivery()),
            revived => Ok(revived),
        }
    }
}
