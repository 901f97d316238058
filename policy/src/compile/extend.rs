/*!
Bundles that build on others. Each becomes a list of sources: its own first, then what it inherits, every
one once. Who reads files or knows of bundles that are built in has put what was found into `parents`.
*/

use std::collections::BTreeSet;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::yaml::{self, Node, Value};
use super::{Source, suggest};

/// What a bundle names in `extends`, and what was found there; else why nothing was.
#[derive(Clone, Debug)]
pub struct Parent {
    pub wanted: String,
    pub found: Result<Source, String>,
}

/// One source of those that make a bundle.
pub(super) struct Flat {
    /// Without its parents.
    pub(super) source: Source,
    /// The place of the one that was given, in the list of all.
    pub(super) root: usize,
    /// Of this, what every way to it switches off.
    disabled: BTreeSet<String>,
    ancestors: BTreeSet<String>,
    /// Those that were looked for in vain, each with the reason; `None`: found.
    looked_for: Vec<(String, Option<String>)>,
}

/// Names that a source gives in `extends` of its part `bundle`, in their order.
pub fn extends(source: &Source) -> Vec<String> {
    listed(source, "extends")
}

pub(super) fn flatten(sources: &[Source]) -> Vec<Flat> {
    let mut flat = Vec::new();
    for source in sources {
        let root = flat.len();
        visit(source, root, &BTreeSet::new(), &mut flat);
    }
    flat
}

fn visit(source: &Source, root: usize, disabled: &BTreeSet<String>, flat: &mut Vec<Flat>) {
    let family = flat.get_mut(root..).unwrap_or_default();
    match family.iter_mut().find(|known| known.source.name == source.name) {
        Some(known) => known.disabled = &known.disabled & disabled,
        None => flat.push(Flat {
            source: Source { parents: Vec::new(), ..source.clone() },
            root,
            disabled: disabled.clone(),
            ancestors: ancestors(source),
            looked_for: source
                .parents
                .iter()
                .map(|parent| (parent.wanted.clone(), parent.found.as_ref().err().cloned()))
                .collect(),
        }),
    }
    let mut disabled = disabled.clone();
    disabled.extend(listed(source, "disable"));
    for parent in found(source) {
        visit(parent, root, &disabled, flat);
    }
}

fn found(source: &Source) -> impl Iterator<Item = &Source> {
    source.parents.iter().filter_map(|parent| parent.found.as_ref().ok())
}

fn ancestors(source: &Source) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for parent in found(source) {
        names.insert(parent.name.clone());
        names.extend(ancestors(parent));
    }
    names
}

/// Mistakes in the files are told where they are read as a whole.
fn listed(source: &Source, field: &str) -> Vec<String> {
    let parts = source.files.iter().filter(|file| super::document::is_part(&file.path));
    let nodes = parts.filter_map(|f| yaml::read(&f.path, &f.text, &mut Diagnostics::default()));
    let lists = nodes.filter_map(|node| node.get("bundle")?.get(field).cloned());
    let texts = |list: Node| -> Vec<String> {
        list.entries().iter().filter_map(|entry| entry.text().map(str::to_owned)).collect()
    };
    lists.flat_map(texts).collect()
}

impl Flat {
    pub(super) fn is_inherited(&self, index: usize) -> bool {
        self.root != index
    }
}

/// Takes what is switched off out of the parts, and tells of bundles that are not there and of names that
/// are not inherited.
pub(super) fn apply(flat: &[Flat], parts: &mut Parts, diagnostics: &mut Diagnostics) {
    for (one, (_, bundles)) in flat.iter().zip(&parts.bundles) {
        for part in bundles.iter().flatten() {
            check_parents(one, &part.node, diagnostics);
            check_disabled(one, flat, &part.node, &parts.rules, diagnostics);
        }
    }
    parts.rules.retain(|part| {
        let name = part.json.get("name").and_then(|name| name.as_str()).unwrap_or_default();
        part.source
            .checked_sub(1)
            .and_then(|index| flat.get(index))
            .is_none_or(|one| !one.disabled.contains(name))
    });
}

fn check_parents(one: &Flat, bundle: &Node, diagnostics: &mut Diagnostics) {
    for entry in bundle.get("extends").map(Node::entries).unwrap_or_default() {
        let wanted = entry.text().unwrap_or_default();
        let looked_for = one.looked_for.iter().find(|(name, _)| name == wanted);
        let why = match looked_for {
            Some((_, None)) => continue,
            Some((_, Some(why))) => why.as_str(),
            None => "nobody looked for it",
        };
        diagnostics.add("GH117", &entry.place, format!("cannot extend `{wanted}`: {why}"));
    }
}

fn check_disabled(
    one: &Flat,
    flat: &[Flat],
    bundle: &Node,
    rules: &[Part],
    diagnostics: &mut Diagnostics,
) {
    let Some(list) = bundle.get("disable") else { return };
    if matches!(list.value, Value::Null) {
        return;
    }
    let of_ancestor = |part: &&Part| {
        let source = part.source.checked_sub(1).and_then(|index| flat.get(index));
        source.is_some_and(|other| {
            other.root == one.root && one.ancestors.contains(&other.source.name)
        })
    };
    let inherited: Vec<&str> = rules
        .iter()
        .filter(of_ancestor)
        .filter_map(|part| part.json.get("name")?.as_str())
        .collect();
    for entry in list.entries() {
        let name = entry.text().unwrap_or_default();
        if inherited.contains(&name) {
            continue;
        }
        let message =
            format!("no rule named `{name}` is inherited, so there is nothing to disable");
        match suggest::nearest(name, inherited.iter().copied()) {
            Some(near) => {
                let help = format!("did you mean `{near}`?");
                diagnostics.add_with_help("GH118", &entry.place, message, help);
            }
            None => diagnostics.add_with_help(
                "GH118",
                &entry.place,
                message,
                "own rules are taken out of the file; `gatehouse bundle show` lists what is inherited",
            ),
        }
    }
}
