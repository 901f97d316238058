/*! What is not as it should be, and where. */

use policy::record::part::Side;
use serde::Serialize;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: u64,
}

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// The line is none of ours, or only a part of one.
    Unreadable {
        at: Place,
    },
    /// The record is not the one that its link was made of.
    RecordAltered {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// The record lists a part of a body that is not beside it.
    PartGone {
        at: Place,
        of: Side,
        part: u32,
    },
    /// A part of a body is not the one that the record lists.
    PartAltered {
        at: Place,
        of: Side,
        part: u32,
    },
    /// The record lists no such part.
    PartAdded {
        at: Place,
        of: Side,
        part: u32,
    },
    /// There is a link, and its record is gone.
    RecordGone {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// The next link is not tied to this one: one of both was altered.
    LinkAltered {
        at: Place,
        next: Place,
        chain: String,
        sequence: u64,
    },
    /// The first link is tied to one before it, which cannot be.
    FalseBegin {
        at: Place,
        chain: String,
    },
    /// Links are not there.
    Missing {
        chain: String,
        from: u64,
        to: u64,
    },
    /// Two with one number.
    Twice {
        at: Place,
        other: Place,
        chain: String,
        sequence: u64,
    },
    /// It stands behind one that came later.
    Moved {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// Against a head that was kept: the end of the chain is not there.
    CutOff {
        chain: String,
        from: u64,
        to: u64,
    },
    /// Against a head that was kept: nothing of the chain is there.
    ChainGone {
        chain: String,
        count: u64,
    },
    /// Against a head that was kept: the chain was written anew.
    OtherChain {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// Of a checkpoint: not signed by the key, or no checkpoint at all.
    NotSigned {
        at: Place,
    },
    CheckpointsMissing {
        from: u64,
        to: u64,
    },
    /// It does not follow the one before, or there is one of its number.
    CheckpointAltered {
        at: Place,
        number: u64,
    },
    /// A checkpoint says less of the chain than one before, or something else.
    HeadTakenBack {
        at: Place,
        number: u64,
        chain: String,
    },
    /// The record says that it is a whole one, or a note that it was erased, and no link is beside it: what a crash
    /// leaves says neither.
    Unlinked {
        at: Place,
    },
    /// A record of a release that made no links stands behind one that has them.
    Unlikely {
        at: Place,
    },
    /// A checkpoint says that the chain ended before it.
    BehindEnd {
        chain: String,
        from: u64,
        to: u64,
    },
    /// No checkpoint knows of the chain.
    NotTold {
        chain: String,
    },
    /// A note says that more of the chain was removed than checkpoints say there ever was, or than stands.
    FalseNote {
        chain: String,
        to: u64,
    },
    /// Against an anchor: signed anew.
    OtherCheckpoint {
        at: Place,
        anchor: Place,
        number: u64,
    },
    /// Against an anchor: the checkpoints were rolled back to before this one.
    CheckpointGone {
        number: u64,
    },
    /// The data folder has the key of checkpoints and none that it signed.
    NoCheckpoints {
        file: String,
    },
    /// The file is no tree head in a signed note.
    NoTreeHead {
        file: String,
    },
    /// None of the keys of checkpoints signed the tree head, as the log of this name.
    TreeHeadNotSigned {
        file: String,
        origin: String,
    },
    /// Too few of the witnesses cosigned the tree head.
    NotCosigned {
        file: String,
        missing: Vec<String>,
    },
    /// Against witnesses: there were more checkpoints than there are.
    CheckpointsRolledBack {
        file: String,
        size: u64,
        count: u64,
    },
    /// Against witnesses: one of so many checkpoints is another than it was.
    OtherTree {
        file: String,
        size: u64,
    },
    /// No witness says what became of the checkpoints lately. Both in seconds.
    TreeHeadOld {
        file: String,
        at: u64,
        age: u64,
    },
    /// A witness' clock, or ours, is wrong.
    TreeHeadAhead {
        file: String,
        at: u64,
    },
}
