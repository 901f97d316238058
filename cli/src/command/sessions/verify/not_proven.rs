/*! What is excused, what others have seen, and what is left unproven. */

use policy::condition::Rfc3339;
use policy::record::checkpoint::{Note, OutOf};

use super::{SHOWN, more};
use crate::print::{clean, count};
use crate::records::verify::Report;

pub fn not_proven(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> =
        report.notes.iter().take(SHOWN).map(|note| clean(&signed(note))).collect();
    lines.extend(more(report.notes.len() as u64));
    if report.signed_notes > 0 {
        lines.push(format!(
            "excused by {} that checkpoints have: whoever signs these took that out",
            count(report.signed_notes, "note")
        ));
    }
    if report.unsigned_notes > 0 {
        lines.push(format!(
            "excused by {} that nobody signed; with --strict-notes they excuse nothing:",
            count(report.unsigned_notes, "note")
        ));
    }
    if report.erased > 0 {
        lines.push(format!(
            "erased on purpose: {}, as is noted beside their links",
            count(report.erased, "record")
        ));
    }
    for (chain, to) in &report.pruned {
        lines.push(clean(&format!(
            "removed on purpose: the records of {chain} up to {to}, as is noted"
        )));
    }
    if report.before_links > 0 {
        lines.push(format!(
            "not proven: {} of a release that did not link them",
            count(report.before_links, "record")
        ));
    }
    if report.going_on > 0 {
        lines.push(format!(
            "not proven: {} that went on when last heard of; what was said is linked at the end",
            count(report.going_on, "exchange")
        ));
    }
    if report.unseen > 0 {
        lines.push(format!(
            "not proven: {} without a record, of requests that Envoy refused by itself",
            count(report.unseen, "line")
        ));
    }
    if report.checkpoints == 0 {
        lines.push(
            "not proven: that nothing was cut off at the end of a chain, and that no chain is missing or written anew: no checkpoint says so"
                .to_owned(),
        );
    } else {
        lines.push(seen_elsewhere(report));
    }
    if report.checkpoints > 0 && report.chains.iter().any(|chain| !chain.ended) {
        lines.push(
            "not proven: that nothing was cut off behind what the last checkpoint says of a chain that did not end"
                .to_owned(),
        );
    }
    lines.push(
        "not proven: what Envoy says beside a record (status, times, bytes, upstream)".to_owned(),
    );
    lines
}

/// What others than whoever has the key know of the checkpoints.
fn seen_elsewhere(report: &Report) -> String {
    let Some(seen) = &report.witnessed else {
        return match report.anchored {
            true => "not proven: that checkpoints behind those in the anchor were not signed anew".to_owned(),
            false => "not proven: that whoever has the key of the checkpoints did not sign all of them anew, or take the last ones back: no anchor and no witness says so".to_owned(),
        };
    };
    let by: Vec<&str> = seen.by.iter().map(|one| one.name.as_str()).collect();
    let mut line = clean(&format!(
        "witnessed: the first {} of {} of the log `{}`, as of {}, by {}: none of these is missing or another",
        count(seen.size, "checkpoint"),
        report.checkpoints,
        seen.origin,
        time(seen.at),
        by.join(" and ")
    ));
    if report.checkpoints > seen.size {
        line += &format!(
            "\nnot proven: that what is behind these was not signed anew: no witness has seen {}",
            count(report.checkpoints - seen.size, "checkpoint")
        );
    }
    line
}

pub fn time(seconds: u64) -> Rfc3339 {
    Rfc3339(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn signed((number, note): &(u64, Note)) -> String {
    let Note { tenant, chain, out_of, pruned_to, erased, at, by } = note;
    let at = time(*at);
    let whose = if tenant.is_empty() { String::new() } else { format!("{tenant}/") };
    let out_of = match out_of {
        OutOf::Store => "the store",
        OutOf::Files => "files",
    };
    let mut what = Vec::new();
    if *pruned_to > 0 {
        what.push(format!("the records of {whose}{chain} up to {pruned_to} were removed"));
    }
    let many: u64 = erased.iter().map(|(from, to)| to.saturating_sub(*from) + 1).sum();
    if many > 0 {
        what.push(format!("{} of {whose}{chain} erased by {by}", count(many, "record")));
    }
    format!("checkpoint {number} says: {}, out of {out_of}, at {at}", what.join(", "))
}
