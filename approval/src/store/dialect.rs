/*! All in which the two databases differ. Queries are written once, with `$1` and for types both have. */

/// Which database a store is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Names the lock of all writers among the advisory locks of the database.
macro_rules! writers_lock {
    () => {
        "7019104223305"
    };
}

impl Dialect {
    /// Begins a transaction that writes. Both have one writer at a time from here to the commit, so what
    /// holds for one database holds for the other. PostgreSQL has to look again with each statement: a
    /// snapshot from before the lock would not see what the writer before did.
    pub fn begin(self) -> &'static str {
        match self {
            // Two writers that both read first would fail on the upgrade.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => concat!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(",
                writers_lock!(),
                ")"
            ),
        }
    }

    /// What each connection is told first.
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[
                "PRAGMA busy_timeout = 10000",
                "PRAGMA journal_mode = WAL",
                // A redemption that a power cut forgets could be used again.
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ],
            Self::Postgres => &[
                "SET synchronous_commit = on",
                // A replica that is cut off in the middle of a change holds up the others no longer than this.
                "SET idle_in_transaction_session_timeout = '10s'",
                "SET lock_timeout = '10s'",
                "SET statement_timeout = '30s'",
                "SET client_min_messages = warning",
            ],
        }
    }

    /// The approvals of hold `h` as a JSON array, in their order, with what is known of their accounts.
    pub fn approvals(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "(SELECT json_group_array(json_object('approver', approver, 'groups', json(entitled_by), \
                 'account', account, 'person', json(person), 'source', source)) \
                 FROM (SELECT g.*, a.person, a.source FROM decisions g LEFT JOIN accounts a \
                 ON a.who = g.account WHERE g.hold = h.id AND g.decision = 'approve' ORDER BY g.rowid))"
            }
            Self::Postgres => {
                "(SELECT coalesce(json_agg(json_build_object('approver', g.approver, 'groups', \
                 g.entitled_by::json, 'account', g.account, 'person', a.person::json, 'source', \
                 a.source) ORDER BY g.rowid), '[]')::text \
                 FROM decisions g LEFT JOIN accounts a ON a.who = g.account \
                 WHERE g.hold = h.id AND g.decision = 'approve')"
            }
        }
    }
}
