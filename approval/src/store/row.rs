/*! Rows of `holds`, with the decision that stands, as values. */

use policy::hold::{Approval, HoldStatus};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Audit, Choice, Decision, Hold, Reported, StoreError};
use crate::people::{Given, People};

/// `people`: whose approvals count; each without them.
pub fn hold(row: &AnyRow, people: Option<&People>) -> Result<Hold, StoreError> {
    let status = word::<HoldStatus>(row, "status")?;
    let principal = json(row, "principal")?;
    let given: Vec<Given> = json(row, "approvals")?;
    let counts = |one: &Given| match people {
        Some(people) => people.counted(one, &principal),
        None => Some(one.approval.clone()),
    };
    let counted: Vec<Approval> = given.iter().filter_map(counts).collect();
    let gone = |name: &String| !counted.iter().any(|one| one.approver == *name);
    let lapsed = given.iter().map(|one| one.approval.approver.clone()).filter(gone).collect();
    let settled = !matches!(status, HoldStatus::Pending | HoldStatus::Approved);
    let approvals = match settled {
        true => given.into_iter().map(|one| one.approval).collect(),
        false => counted.clone(),
    };
    Ok(Hold {
        seq: row.try_get("seq")?,
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        status,
        grant_digest: row.try_get("grant_digest")?,
        rules: json(row, "rules")?,
        revision: row.try_get("revision")?,
        principal,
        description: row.try_get("description")?,
        severity: word(row, "severity")?,
        terms: json(row, "terms")?,
        view: json(row, "view")?,
        created_at: seconds(row.try_get("created_at")?),
        expires_at: seconds(row.try_get("expires_at")?),
        closed_at: row.try_get::<Option<i64>, _>("closed_at")?.map(seconds),
        decision: decision(row)?,
        approvals,
        counted,
        lapsed,
        standing_key: row.try_get("standing_key")?,
        standing: row.try_get("standing")?,
    })
}

/// From a left join: all columns are null where nobody decided.
fn decision(row: &AnyRow) -> Result<Option<Decision>, StoreError> {
    let Some(decided_at) = row.try_get::<Option<i64>, _>("decided_at")? else { return Ok(None) };
    Ok(Some(Decision {
        choice: word::<Choice>(row, "decision")?,
        approver: row.try_get("approver")?,
        reason_text: row.try_get("reason_text")?,
        entitled_by: json(row, "entitled_by")?,
        decided_at: seconds(decided_at),
        standing: row.try_get::<i64, _>("stands")? != 0,
        break_glass: row.try_get::<i64, _>("break_glass")? != 0,
        took_back: row.try_get::<i64, _>("took_back")? != 0,
        account: row.try_get("account")?,
    }))
}

pub fn audit(row: &AnyRow) -> Result<Audit, StoreError> {
    Ok(Audit {
        at: seconds(row.try_get("at")?),
        actor: row.try_get("actor")?,
        door: row.try_get("door")?,
        peer: row.try_get("peer")?,
        action: row.try_get("action")?,
        reason_text: row.try_get("reason_text")?,
    })
}

pub fn reported(row: &AnyRow) -> Result<Reported, StoreError> {
    Ok(Reported {
        tenant: row.try_get("tenant")?,
        report: json(row, "report")?,
        seen_at: seconds(row.try_get("seen_at")?),
    })
}

/// Neither database has unsigned integers; times are far from both ends.
pub fn seconds(value: i64) -> u64 {
    value.unsigned_abs()
}

pub fn integer(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Out of range is read as the end of the range: these are small.
pub fn count(row: &AnyRow, column: &str) -> Result<u32, sqlx::Error> {
    Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
}

pub fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_str(row.try_get::<&str, _>(column)?)?)
}

/// An enum kept as its serde name.
fn word<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let word: String = row.try_get(column)?;
    Ok(serde_json::from_value(serde_json::Value::String(word))?)
}
