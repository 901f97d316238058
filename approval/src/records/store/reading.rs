/*! Looks records up. */

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::super::sieve::Sieve;
use super::super::{Exchange, Line, Session};
use super::conditions::Query;
use super::row::{column, integer};
use super::sql::SqlRecords;
use super::{ExchangePlace, Found, LinePlace, SessionCut, sums};
use crate::store::StoreError;

/// Of rows that are read to see whether a text is in them.
const LOOKED_AT: u32 = 200;

pub async fn sessions(
    store: &SqlRecords,
    sieve: &Sieve,
    mut cut: SessionCut,
    limit: u32,
) -> Result<Vec<Session>, StoreError> {
    let mut found = Vec::new();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    while found.len() < wanted {
        let page = candidates(store, sieve, &cut, limit).await?;
        let all = u32::try_from(page.len()).unwrap_or(u32::MAX) < limit;
        if let Some(last) = page.last() {
            cut = match cut {
                SessionCut::Before(_) => SessionCut::Before(last.into()),
                SessionCut::Begin | SessionCut::After(_) => SessionCut::After(last.into()),
            };
        }
        for session in page {
            if found.len() < wanted
                && (sieve.text.is_empty()
                    || !exchanges(store, &session.id, sieve, None, 1).await?.is_empty())
            {
                found.push(session);
            }
        }
        if all {
            break;
        }
    }
    Ok(found)
}

/// By all but what only shows when records are read.
async fn candidates(
    store: &SqlRecords,
    sieve: &Sieve,
    cut: &SessionCut,
    limit: u32,
) -> Result<Vec<Session>, StoreError> {
    let mut query = Query::new("SELECT * FROM record_sessions s WHERE s.id NOT IN ('', '-')");
    let order = match cut {
        SessionCut::Begin => "s.last_ms DESC, s.id",
        SessionCut::After(place) => {
            let at = integer(place.last_ms);
            query.say(" AND (s.last_ms < ").bind(at).say(" OR s.last_ms = ").bind(at);
            query.say(" AND s.id > ").bind(place.id.as_str()).say(")");
            "s.last_ms DESC, s.id"
        }
        SessionCut::Before(place) => {
            let at = integer(place.last_ms);
            query.say(" AND (s.last_ms > ").bind(at).say(" OR s.last_ms = ").bind(at);
            query.say(" AND s.id < ").bind(place.id.as_str()).say(")");
            "s.last_ms, s.id DESC"
        }
    };
    if !sieve.is_open() {
        query.say(" AND EXISTS (SELECT 1 FROM records r WHERE r.session = s.id");
        query.fitting(sieve, store.dialect).say(")");
    }
    query.say(&format!(" ORDER BY {order} LIMIT ")).bind(i64::from(limit));
    query.all(&store.pool).await?.iter().map(sums::session).collect()
}

pub async fn session(store: &SqlRecords, id: &str) -> Result<Option<Session>, StoreError> {
    let mut query = Query::new("SELECT * FROM record_sessions WHERE id NOT IN ('', '-') AND id = ");
    query.bind(column(id).as_str());
    query.all(&store.pool).await?.first().map(sums::session).transpose()
}

pub async fn exchanges(
    store: &SqlRecords,
    session: &str,
    sieve: &Sieve,
    mut after: Option<ExchangePlace>,
    limit: u32,
) -> Result<Vec<Exchange>, StoreError> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = if sieve.text.is_empty() { limit } else { LOOKED_AT };
    let mut found = Vec::new();
    while found.len() < wanted {
        let mut query = Query::new(
            "SELECT r.record, r.link, r.envoy, r.started_ms, r.sequence, r.exchange FROM records r \
             WHERE r.record IS NOT NULL AND r.session = ",
        );
        query.bind(column(session).as_str()).fitting(sieve, store.dialect);
        if let Some(place) = &after {
            let (started, sequence) = (integer(place.started_ms), integer(place.sequence));
            query.say(" AND (r.started_ms > ").bind(started);
            query.say(" OR r.started_ms = ").bind(started);
            query.say(" AND (r.sequence > ").bind(sequence);
            query.say(" OR r.sequence = ").bind(sequence);
            query.say(" AND r.exchange > ").bind(column(&place.exchange).as_str()).say("))");
        }
        query.say(" ORDER BY r.started_ms, r.sequence, r.exchange LIMIT ").bind(i64::from(page));
        let rows = query.all(&store.pool).await?;
        for row in &rows {
            after = Some(ExchangePlace {
                started_ms: row.try_get::<i64, _>("started_ms")?.unsigned_abs(),
                sequence: row.try_get::<i64, _>("sequence")?.unsigned_abs(),
                exchange: row.try_get("exchange")?,
            });
            let Some(exchange) = exchange_of(row)? else { continue };
            if found.len() < wanted && (sieve.text.is_empty() || sieve.lets_through(&exchange)) {
                found.push(exchange);
            }
        }
        if rows.len() < usize::try_from(page).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(found)
}

pub async fn came(
    store: &SqlRecords,
    session: &str,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, Exchange)>, StoreError> {
    let mut query = Query::new(
        "SELECT id, record, link, envoy FROM records WHERE record IS NOT NULL AND session = ",
    );
    query.bind(column(session).as_str()).say(" AND id > ").bind(integer(after));
    query.say(" ORDER BY id LIMIT ").bind(i64::from(limit));
    let mut came = Vec::new();
    for row in query.all(&store.pool).await? {
        let id = row.try_get::<i64, _>("id")?.unsigned_abs();
        came.extend(exchange_of(&row)?.map(|exchange| (id, exchange)));
    }
    Ok(came)
}

/// Tenants that are told of one reference.
const TENANTS: u32 = 10;

/// Whoever sends records may give one the id of another: of one tenant the first one that came counts, and it never
/// stands for another tenant's.
pub async fn found(
    store: &SqlRecords,
    reference: &str,
    tenant: Option<&str>,
) -> Result<Vec<Found>, StoreError> {
    const BY_ID: (&str, &str) =
        ("records r WHERE r.exchange <> '' AND r.exchange = ", "r.last DESC, r.id");
    const BY_HOLD: (&str, &str) = (
        "record_names n JOIN records r ON r.id = n.record \
         WHERE n.name <> '' AND n.sort = 'hold' AND n.name = ",
        "r.id DESC",
    );
    let reference = column(reference);
    for (rows, order) in [BY_ID, BY_HOLD] {
        let mut tenants = Query::new(&format!("SELECT DISTINCT r.tenant FROM {rows}"));
        tenants.bind(reference.as_str()).say(" AND r.record IS NOT NULL");
        if let Some(tenant) = tenant {
            tenants.say(" AND r.tenant = ").bind(tenant);
        }
        tenants.say(" ORDER BY r.tenant LIMIT ").bind(i64::from(TENANTS));
        let mut found = Vec::new();
        for row in tenants.all(&store.pool).await? {
            let tenant: String = row.try_get(0)?;
            let mut first = Query::new(&format!("SELECT r.record, r.link, r.envoy FROM {rows}"));
            first.bind(reference.as_str()).say(" AND r.record IS NOT NULL AND r.tenant = ");
            first.bind(tenant.as_str()).say(&format!(" ORDER BY {order} LIMIT 1"));
            let first = first.all(&store.pool).await?;
            let exchange = first.first().map(exchange_of).transpose()?.flatten();
            found.extend(exchange.map(|exchange| Found { tenant, exchange }));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

pub async fn lines(
    store: &SqlRecords,
    session: Option<&str>,
    after: Option<&LinePlace>,
    limit: u32,
) -> Result<Vec<(LinePlace, Line)>, StoreError> {
    let mut query = Query::new(
        "SELECT r.id, r.tenant, r.chain, r.sequence, r.envoy, r.link, r.record, r.erased, \
         c.pruned_to, c.first FROM records r LEFT JOIN record_chains c \
         ON c.tenant = r.tenant AND c.chain = r.chain WHERE r.id > 0",
    );
    if let Some(session) = session {
        query.say(" AND r.session = ").bind(column(session).as_str());
    }
    if let Some(place) = after {
        query.say(" AND (r.tenant, r.chain, r.sequence, r.id) > ").values([
            place.tenant.as_str().into(),
            place.chain.as_str().into(),
            place.sequence.into(),
            place.row.into(),
        ]);
    }
    query.say(" ORDER BY r.tenant, r.chain, r.sequence, r.id LIMIT ").bind(i64::from(limit));
    query.all(&store.pool).await?.iter().map(line).collect()
}

fn line(row: &AnyRow) -> Result<(LinePlace, Line), StoreError> {
    let place = LinePlace {
        tenant: row.try_get("tenant")?,
        chain: row.try_get("chain")?,
        sequence: row.try_get("sequence")?,
        row: row.try_get("id")?,
    };
    let erased: Option<String> = row.try_get("erased")?;
    // Said once, at the first that is left.
    let pruned = row.try_get::<Option<i64>, _>("pruned_to")?.filter(|to| *to > 0);
    let first = row.try_get::<Option<i64>, _>("first")?;
    let link: Option<String> = row.try_get("link")?;
    // A note is of what stands no more: beside a link of a record, or of what was before it.
    let (erased, before) =
        (erased.filter(|_| link.is_some()), pruned.filter(|to| *to < place.sequence));
    let line = Line {
        envoy: serde_json::from_str(row.try_get("envoy")?)?,
        record: row.try_get("record")?,
        link,
        erased: erased.map(|text| serde_json::from_str(&text)).transpose()?,
        pruned_to: before.filter(|_| first == Some(place.sequence)).map(i64::unsigned_abs),
        ..Line::default()
    };
    Ok((place, line))
}

fn exchange_of(row: &AnyRow) -> Result<Option<Exchange>, StoreError> {
    let line = Line {
        envoy: serde_json::from_str(row.try_get("envoy")?)?,
        record: row.try_get("record")?,
        link: row.try_get("link")?,
        ..Line::default()
    };
    Ok(line.exchange()?)
}
