/*! Problems, as people are told them. */

use approval::records::describe;

use super::not_proven::time;
use crate::lifetime;
use crate::print::count;
use crate::records::verify::{Place, Problem};

pub fn told(problem: &Problem) -> String {
    match problem {
        Problem::Unreadable { at } => {
            format!("{}: no line of the access log, or a part of one", place(at))
        }
        Problem::RecordAltered { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} was altered", place(at))
        }
        Problem::PartGone { at, of, part } => {
            format!("{}: part {part} of the {} is missing", place(at), describe::word(of))
        }
        Problem::PartAltered { at, of, part } => {
            format!("{}: part {part} of the {} was altered", place(at), describe::word(of))
        }
        Problem::PartAdded { at, of, part } => {
            format!("{}: part {part} of the {} was put in", place(at), describe::word(of))
        }
        Problem::RecordGone { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} was taken out, its link is left", place(at))
        }
        Problem::LinkAltered { at, next, chain, sequence } => format!(
            "{}: link {sequence} of {chain} was altered, or the next, in line {} of {}",
            place(at),
            next.line,
            next.file
        ),
        Problem::FalseBegin { at, chain } => {
            format!("{}: {chain} cannot begin like this: its begin was altered", place(at))
        }
        Problem::Missing { chain, from, to } if from == to => {
            format!("record {from} of {chain} is missing")
        }
        Problem::Missing { chain, from, to } => {
            format!("records {from} to {to} of {chain} are missing")
        }
        Problem::Twice { at, other, chain, sequence } => format!(
            "{}: record {sequence} of {chain} stands in line {} of {}, too",
            place(at),
            other.line,
            other.file
        ),
        Problem::Moved { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} stands behind a later one", place(at))
        }
        Problem::CutOff { chain, from, to } if from == to => {
            format!("record {from} of {chain} was cut off at its end")
        }
        Problem::CutOff { chain, from, to } => {
            format!("records {from} to {to} of {chain} were cut off at its end")
        }
        Problem::ChainGone { chain, count: records } => {
            format!("{chain} is missing as a whole, with {}", count(*records, "record"))
        }
        Problem::HeadTakenBack { at, number, chain } => format!(
            "{}: checkpoint {number} says less of {chain} than one before, or something else",
            place(at)
        ),
        Problem::Unlinked { at } => {
            format!(
                "{}: a whole record, or a note that one was erased, without its link: it was put in, or the link taken away",
                place(at)
            )
        }
        Problem::Unlikely { at } => format!(
            "{}: a record of a release that did not link them, behind one of a release that does",
            place(at)
        ),
        Problem::BehindEnd { chain, from, to } if from == to => {
            format!("record {from} of {chain} stands behind its end: it was put in")
        }
        Problem::BehindEnd { chain, from, to } => {
            format!("records {from} to {to} of {chain} stand behind its end: they were put in")
        }
        Problem::NotTold { chain } => format!(
            "no checkpoint knows of {chain}: it was put in, or its worker lived for some seconds only"
        ),
        Problem::FalseNote { chain, to } => format!(
            "a note says that the records of {chain} up to {to} were removed: there were not as many, or they stand"
        ),
        Problem::NotSigned { at } => {
            format!("{}: no checkpoint that the key signed", place(at))
        }
        Problem::CheckpointsMissing { from, to } if from == to => {
            format!("checkpoint {from} is missing")
        }
        Problem::CheckpointsMissing { from, to } => {
            format!("checkpoints {from} to {to} are missing")
        }
        Problem::CheckpointAltered { at, number } => {
            format!("{}: checkpoint {number} does not follow the one before", place(at))
        }
        Problem::OtherCheckpoint { at, anchor, number } => format!(
            "{}: checkpoint {number} is another than in line {} of {}: it was signed anew",
            place(at),
            anchor.line,
            anchor.file
        ),
        Problem::CheckpointGone { number } => {
            format!("checkpoint {number} is in the anchor alone: the others were rolled back")
        }
        Problem::NoCheckpoints { file } => format!(
            "{file} is not there, and the folder has the key of checkpoints: they were taken away, or the gateway has run for some seconds only"
        ),
        Problem::NoTreeHead { file } => format!("{file}: no tree head in a signed note"),
        Problem::TreeHeadNotSigned { file, origin } => format!(
            "{file}: the key of the checkpoints signed no tree head of the log `{origin}`; one that is not called after its key is named by --log-origin"
        ),
        Problem::NotCosigned { file, missing } => {
            format!("{file}: too few witnesses cosigned it: {} did not", missing.join(" and "))
        }
        Problem::CheckpointsRolledBack { file, size, count: here } => format!(
            "{file}: witnesses have seen {}, and {here} follow each other here: the others were rolled back or taken out",
            count(*size, "checkpoint")
        ),
        Problem::OtherTree { file, size } => format!(
            "{file}: the first {} are others than witnesses have seen: they were signed anew",
            count(*size, "checkpoint")
        ),
        Problem::TreeHeadOld { file, at, age } => format!(
            "{file}: cosigned last at {}, {} before now: since then no witness has seen what became of the checkpoints (see --tree-head-age)",
            time(*at),
            lifetime::rough(*age)
        ),
        Problem::TreeHeadAhead { file, at } => {
            format!("{file}: cosigned at {}, which is still to come: a clock is wrong", time(*at))
        }
        Problem::OtherChain { at, chain, sequence } => {
            format!("{}: {chain} was written anew, up to record {sequence} at least", place(at))
        }
    }
}

pub fn place(at: &Place) -> String {
    format!("{}:{}", at.file, at.line)
}
