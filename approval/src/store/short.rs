/*! What lists show of a call, kept beside all that its page shows: so a list reads no bodies. */

use crate::view::{SqlText, View};

/// Characters of a text.
const LONGEST: usize = 500;

pub fn short(view: &View) -> View {
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let sql = view.sql.first();
    View {
        action: view.action.clone(),
        kind: view.kind.clone(),
        proposed: view.proposed,
        method: cut(&view.method),
        authority: cut(&view.authority),
        path: cut(&view.path),
        route: cut(&view.route),
        cluster: cut(&view.cluster),
        rpc: view.rpc.as_deref().map(cut),
        tool: view.tool.as_deref().map(cut),
        sql: sql
            .map(|sql| SqlText { at: cut(&sql.at), text: cut(&sql.text) })
            .into_iter()
            .collect(),
        body_size: view.body_size,
        cut: view.cut,
        findings: view.findings.clone(),
        ..View::default()
    }
}
