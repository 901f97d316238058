/*!
Findings in a request's path and query. Rules judge them like those of the body, but they cannot be
redacted: once the body is there Envoy lets nobody edit the head. Such a call is refused instead.
*/

use std::collections::BTreeMap;

use crate::path::percent_decoded;
use crate::query;
use crate::reason::Reason;
use crate::rule::Effect;
use crate::scan::{Budget, OverBudget, Scanner, scan_url};
use crate::verdict::Verdict;

/// Kinds found in what servers read from the target, and how often: the decoded path, names and values of the query,
/// which count once for each way that servers take them apart.
pub fn kinds<'s>(scanner: &'s Scanner, target: &str) -> Result<BTreeMap<&'s str, u32>, OverBudget> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut text = percent_decoded(path);
    query::words(query, |word| {
        // A line each: no finding goes from one value into the next.
        text.push('\n');
        text.push_str(word);
    });
    let mut budget = Budget::for_body(text.len());
    let found = scanner.scan_text(text.as_bytes(), &mut budget)?;
    let mut kinds = BTreeMap::new();
    for finding in &found {
        *kinds.entry(scanner.kind(finding.pattern)).or_default() += 1;
    }
    // The same once more, most of them, by the names they stand under.
    for kind in scanner.kinds_in_fields(query::pairs(query), &mut budget)? {
        kinds.entry(kind).or_insert(1);
    }
    // And what is spelled otherwise, or packed in a value.
    let read = scan_url(scanner, target, &mut Budget::for_body(target.len()))?;
    for finding in read.iter() {
        kinds.entry(scanner.kind(finding.pattern)).or_insert(1);
    }
    Ok(kinds)
}

/// A call that would have to be redacted where it cannot be is denied.
pub fn unless_redacted(verdict: Verdict, kinds: &BTreeMap<&str, u32>) -> Verdict {
    let redacts = kinds.keys().any(|kind| verdict.redact.contains_key(*kind));
    if !redacts || verdict.effect == Effect::Deny {
        return verdict;
    }
    Verdict {
        effect: Effect::Deny,
        reason: Some(Reason::Denied),
        message: Some(
            "What has to be redacted stands in the path or query. Send it in the body.".into(),
        ),
        ..verdict
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests {
    use super::kinds;
    use crate::bundle::Bundle;
    use crate::compile::{Source, SourceFile, compile};

    #[test]
    fn a_parameter_is_a_field_of_the_query() {
        let text = "bundle: {name: one, version: '1'}\npatterns:\n  - {name: id, kind: id, regex: '[0-9]{2}-[0-9]{4}', fields: account_id}\n";
        let files = vec![SourceFile { path: String::new(), text: text.into() }];
        let file = compile(&[Source { name: "one".into(), files, ..Source::default() }]);
        let scanner = Bundle::decode(&file.ok().unwrap()).unwrap().scanner;
        for target in
            ["/a?x=1&accountId=12-3456", "/a?account%5fid=my+12%2d3456", "/?a=1;ACCOUNT-ID=12-3456"]
        {
            let found = kinds(&scanner, target).unwrap();
            assert_eq!(found.into_keys().collect::<Vec<_>>(), ["id"], "{target}");
        }
        for target in
            ["/account_id/12-3456", "/a?x=12-3456", "/a?account_id=&x=12-3456", "/a?account_id"]
        {
            assert_eq!(kinds(&scanner, target), Ok([].into()), "{target}");
        }
    }
}
