/*!
One set of hostile texts, put into every field that an agent or its token fills, on every surface that shows it
to people. Each surface is read by a parser of its own, which has to find text and nothing else.
*/

mod messages;
mod pages;
mod records;

use policy::call::Kind;
use policy::hold::{Earlier, HoldRequest};
use policy::rule::{Effect, HoldTerms};

use crate::testing::hostile::Hostile;
use crate::testing::request;

/// One call of each kind with the text wherever an agent can write.
fn held(hostile: &Hostile) -> Vec<HoldRequest> {
    let (literal, text) = (hostile.literal(), hostile.text());
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{literal},"method":"tools/call","params":{{"name":{literal},
        "namespace":{literal},"arguments":{{{literal}:{literal},
        "sql":"DELETE FROM t","deep":[{{"x":[{literal}]}}]}}}}}}"#
    );
    let mut tool = request("tool");
    tool.call.body = body.clone();
    let mut proposed = request("proposed");
    proposed.call.proposed = true;
    proposed.call.body = body;
    let mut plain = request("plain");
    plain.call.kind = Kind::Http;
    plain.call.path = "/plain".into();
    plain.call.body = literal;
    let mut all = vec![tool, proposed, plain];
    // What only a body can say stands in bodies alone.
    let break_glass = vec!["on-call".to_owned()];
    let terms = HoldTerms { break_glass, expiry_seconds: 600, ..HoldTerms::default() };
    for held in &mut all {
        held.terms = terms.clone().into();
        fill(held, text.as_deref().unwrap_or("word"));
    }
    if let (Some(text), Some(plain)) = (text, all.last_mut()) {
        plain.call.body = text;
    }
    all
}

fn fill(held: &mut HoldRequest, text: &str) {
    let principal = &mut held.call.principal;
    // A NUL in a name is refused, see the tests of holds.
    let name = text.replace('\0', "");
    principal.subject = name.clone();
    principal.issuer = name;
    principal.agent = Some(text.into());
    principal.groups = vec![text.into(), text.into()];
    // Of people there may be few, with names of a length.
    principal.owners = vec![text.chars().take(60).collect()];
    principal.scopes = vec![text.into()];
    held.call.authority = text.into();
    held.call.method = text.into();
    held.call.path = format!("/{text}?q={text}");
    held.call.headers.push((text.into(), text.into()));
    held.session = text.chars().take(30).collect();
    held.before =
        vec![Earlier { at: crate::testing::NOW, action: text.into(), effect: Effect::Allow }];
}

/// Moves no cursor, hides nothing, puts nothing in another order.
fn assert_visible(text: &str, context: &str) {
    let shown = crate::view::visible(text);
    assert_eq!(shown, text, "{context}");
}
