//! What people and agents write all day, much of it with verbs that databases have too.

mod chores;
mod commands;
mod documents;

use super::*;

/// All that the baseline would stop, with what it would do.
fn stopped<'t>(texts: &[&'t str]) -> Vec<(Verdict, &'t str)> {
    texts.iter().map(|text| (verdict(text), *text)).filter(|(v, _)| *v != Verdict::Pass).collect()
}

fn all_pass(texts: &[&str]) {
    let stopped = stopped(texts);
    assert!(stopped.is_empty(), "{} of {}: {stopped:#?}", stopped.len(), texts.len());
}

/// What is word for word a statement of some database, or holds one that stands for itself. Nobody
/// can tell, and it is not for the sender to say, so that it is never let pass unseen.
#[test]
fn whole_statements_are_not_let_by() {
    let texts = [
        "Drop table reservations",
        "Delete account",
        "Create user accounts",
        "Create group chat",
        "Grant admin to Bob",
        "Revoke alice from admins",
        "Truncate logs",
        "Flush tables",
        "Shutdown;",
        "Stop replica",
        "Reset master",
        "Backup database prod to s3",
        "Load 'app.py'",
        "load 'env.sh'; run tests",
        "Attach 'invoice.pdf'",
        "screen -r; attach 'dev'",
        "Install 'numpy'",
        "Copy 'report.docx' to 'archive'",
        // Two dashes begin a comment.
        "kubectl create role dev --verb=get --resource=pods",
        "Execute (carefully) the migration plan",
        "exec \"$@\"",
    ];
    assert_eq!(stopped(&texts).len(), texts.len());
}
