/*! Standing grants in a terminal. */

use std::collections::BTreeMap;

use approval::api::{HoldSummary, StandingList, within};
use policy::hold::{HoldStatus, Scope};

use crate::lifetime;
use crate::print::table;

type Free = BTreeMap<String, Vec<Vec<String>>>;

pub fn table_of(list: &StandingList, now: u64) -> String {
    if list.standing_grants.is_empty() {
        return "nobody let an approval stand".to_owned();
    }
    let row = |grant: &approval::api::StandingSummary| {
        vec![
            grant.id.clone(),
            grant.status.name().to_owned(),
            grant.hold.principal.subject.clone(),
            format!("{} of {}", grant.uses - grant.uses_left.min(grant.uses), grant.uses),
            lifetime::until(now, grant.expires_at),
            grant.hold.rules.join(","),
            grant.hold.action.clone(),
            free(&grant.free),
        ]
    };
    let rows: Vec<_> = list.standing_grants.iter().map(row).collect();
    let head = ["ID", "STATE", "WHO", "USED", "EXPIRES", "RULES", "CALLS", "MAY DIFFER"];
    table(&head, &rows).trim_end().to_owned()
}

/// What became of an approval that was to stand.
pub fn made(list: &StandingList, hold: &HoldSummary, now: u64) -> String {
    match list.standing_grants.iter().find(|grant| grant.hold.id == hold.id) {
        Some(grant) => format!(
            "{} calls like it pass by standing grant {}, which ends {}",
            grant.uses_left,
            grant.id,
            lifetime::until(now, grant.expires_at)
        ),
        None if hold.status == HoldStatus::Pending => {
            "it stands if everybody who approves it lets it stand, each with their first approval"
                .into()
        }
        None => "for this call alone: not everybody who approved it let it stand".into(),
    }
}

/// `20 calls within 3600 s; may differ: /amount (*)`.
pub fn reach(scope: &Scope) -> String {
    let Scope { uses, lasts_seconds, free: places } = scope;
    let differ =
        if places.is_empty() { String::new() } else { format!("; may differ: {}", free(places)) };
    format!("--standing approves {uses} calls within {lasts_seconds} s{differ}")
}

fn free(places: &Free) -> String {
    let places: Vec<_> =
        places.iter().map(|(place, globs)| format!("{place} ({})", within(globs))).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use policy::hold::Scope;

    use super::reach;

    #[test]
    fn what_an_approval_may_reach_is_told() {
        let mut scope = Scope { uses: 20, lasts_seconds: 3600, free: [].into() };
        assert_eq!(reach(&scope), "--standing approves 20 calls within 3600 s");
        let lists = |lists: &[&[&str]]| {
            lists.iter().map(|list| list.iter().map(|glob| (*glob).to_owned()).collect()).collect()
        };
        scope.free.insert("/amount".into(), lists(&[&["1*", "2*"], &["*0"]]));
        scope.free.insert("/to".into(), lists(&[&["*"]]));
        let told = "--standing approves 20 calls within 3600 s; may differ: /amount (1* or 2*, and *0), /to (*)";
        assert_eq!(reach(&scope), told);
    }
}
