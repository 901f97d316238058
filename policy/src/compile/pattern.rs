/*! Patterns: from a regular expression to a trigger and the automata of stage 2. */

use std::collections::BTreeMap;

use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind};
use serde::Deserialize;

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::shape::{Field, Shape, optional, required};
use super::{context, label, redaction, trigger, variants};
use crate::scan::{BOUNDARY_MAX, ByteSet, Label, PatternSpec, RESTART_MAX, Validator};

/// What a stream may have to hold back for one pattern.
const LENGTH_MAX: usize = 64 * 1024;
const AUTOMATON_MAX: usize = 256 * 1024;
/// Of a label made of names: what joins a name and its value takes most of it.
const LABEL_AUTOMATON_MAX: usize = 1024 * 1024;
const NFA_MAX: usize = 16 * 1024 * 1024;

pub(super) const PATTERN: &[Field] = &[
    required("name", Shape::Name, "Names the pattern. Unique among all bundles that run together."),
    required(
        "kind",
        Shape::Name,
        "What it finds, as rules name it and as it stands in `[REDACTED:kind]`.",
    ),
    optional("description", Shape::Text, "What it finds, in a sentence."),
    required(
        "regex",
        Shape::Text,
        "What a match looks like, in bytes, without look-arounds. With a group `(?<value>...)` only what is in it is found: what stands before it, and at most one character behind it, stay.",
    ),
    optional("min_length", Shape::Count, "Bytes of the shortest match."),
    optional(
        "max_length",
        Shape::Count,
        "Bytes of the longest match; needed where the expression has no bound of its own.",
    ),
    optional(
        "not_before",
        Shape::List(&Shape::Text),
        "What must not stand right before a match: one to four characters or classes.",
    ),
    optional("not_after", Shape::List(&Shape::Text), "What must not stand right after a match."),
    optional(
        "validate",
        Shape::OneOf(variants::of::<Validator>),
        "A check that the expression cannot make, such as a check digit.",
    ),
    optional("min_entropy", Shape::Number, "Bits of Shannon entropy per byte that a match needs."),
    optional(
        "context",
        Shape::Record(context::CONTEXT),
        "Words of which one has to stand near a match, or in the name of the JSON member it is in.",
    ),
    optional(
        "fields",
        Shape::List(&Shape::Text),
        "Names of members of JSON, of columns of tables and of whatever has a name right before its value, in forms, queries, YAML, XML, HTML and prose; a match counts only in the value of one. Case, blanks, `_`, `-` and a number at the end do not count, and `*` before a name stands for any words. Beside `context`, either is enough. A pattern whose expression has no text of its own to look for is found by these names alone.",
    ),
    optional(
        "by_name",
        Shape::Flag,
        "The pattern is found by the names of its fields alone, whatever its expression is: a match begins where the value does.",
    ),
    optional(
        "whole",
        Shape::Flag,
        "The value of a member or a column, and what stands in quotes behind a name, counts whole, whatever its characters are, if it has `min_length` or as many bytes as the shortest match. Only where the pattern is found by the names of its fields.",
    ),
    optional(
        "examples",
        Shape::Record(EXAMPLES),
        "What it must find and what it must not; tried at every build.",
    ),
];

const EXAMPLES: &[Field] = &[
    optional(
        "match",
        Shape::List(&Shape::Parts),
        "Texts in which it finds something. A list is one text, joined, so that no file holds a look-alike in one piece.",
    ),
    optional("no_match", Shape::List(&Shape::Parts), "Texts in which it finds nothing."),
];

#[derive(Deserialize)]
struct Written {
    name: String,
    kind: String,
    regex: String,
    min_length: Option<usize>,
    max_length: Option<usize>,
    #[serde(default)]
    not_before: Vec<String>,
    #[serde(default)]
    not_after: Vec<String>,
    validate: Option<Validator>,
    min_entropy: Option<f64>,
    context: Option<context::Written>,
    fields: Option<Vec<String>>,
    #[serde(default)]
    by_name: bool,
    #[serde(default)]
    whole: bool,
}

pub(super) struct Compiled {
    pub(super) spec: PatternSpec,
    /// Its values can all be tried.
    pub(super) guessable: bool,
    /// What stage 1 looks for.
    pub(super) trigger: Hir,
    pub(super) rest: Vec<u8>,
    /// Empty if there is none.
    pub(super) lead: Vec<u8>,
    /// Empty if there is none.
    pub(super) label: Vec<u8>,
}

pub(super) fn compile_all(parts: &[Part], diagnostics: &mut Diagnostics) -> Vec<Compiled> {
    let mut names = BTreeMap::new();
    let mut compiled = Vec::new();
    for part in parts {
        let Ok(written) = serde_json::from_value::<Written>(part.json.clone()) else { continue };
        if let Some(first) = names.insert(written.name.clone(), &part.node.place) {
            diagnostics.add_with_help(
                "GH111",
                part.node.place_of("name"),
                format!("there are two patterns named `{}`", written.name),
                format!("the other is at {}:{}", first.file, first.line),
            );
        }
        compiled.extend(compile(written, part, diagnostics));
    }
    compiled
}

fn compile(written: Written, part: &Part, diagnostics: &mut Diagnostics) -> Option<Compiled> {
    let place = part.node.place_of("regex");
    let whole = parse(&written.regex, part, "regex", diagnostics)?;
    let split = label::split(&whole, part, diagnostics);
    let (label, hir, tail) = match split {
        None => (None, whole, None),
        Some(labelled) => labelled.map(|found| (Some(found.label), found.value, found.tail))?,
    };
    let own = label.as_ref().unwrap_or(&hir);
    let mut parts = trigger::parts(own);
    let mut found = trigger::derive(&parts);
    let asked = written.by_name || found.is_none();
    let named = label.is_none() && asked && written.fields.is_some();
    let label = match &written.fields {
        Some(names) if named => label::of_names(names),
        _ => label,
    };
    if let Some(label) = label.as_ref().filter(|_| named) {
        parts = vec![label.clone()];
        found = trigger::of_names(label);
    }
    for (said, field) in [(written.whole, "whole"), (written.by_name, "by_name")] {
        if said && !named {
            diagnostics.add_with_help(
                "GH211",
                part.node.place_of(field),
                format!("`{field}` is for patterns that are found by the names of their fields"),
                "name `fields`, and neither `context` nor a group `value`; or remove it",
            );
        }
    }
    let Some(found) = found else {
        diagnostics.add_with_help(
            "GH204",
            place,
            "the pattern has no trigger: nothing in it is rare enough to look for",
            "begin with literal text or a few fixed characters, such as `key-` or `[0-9]{3}-`, or name `fields`",
        );
        return None;
    };
    let (lead, rest) = parts.split_at(found.lead_parts);
    let (lead, rest) = (Hir::concat(lead.to_vec()), Hir::concat(rest.to_vec()));
    let guessable = redaction::is_guessable(&hir, written.validate);
    let not_before = boundaries(&written.not_before, part, "not_before", diagnostics);
    let not_after = boundaries(&written.not_after, part, "not_after", diagnostics);
    let context = match written.context {
        Some(written) => Some(context::compile(written, part, diagnostics)?),
        None => None,
    };
    let fields = match &written.fields {
        Some(written) => context::fields(written, part, diagnostics)?,
        None => Vec::new(),
    };
    let lead_length = lead_length(&lead, place, diagnostics)?;
    let (value, spoken) = match label {
        None => (&rest, None),
        Some(_) => {
            let max_length = label::length(&rest);
            (&hir, Some(Label { max_length, named, whole: written.whole }))
        }
    };
    let trigger_length = found.sequences.first()?.len();
    let longest = bound(value, written.max_length, place, diagnostics)?;
    let max_length = if spoken.is_none() { longest.max(trigger_length) } else { longest };
    let mut not_before = not_before?;
    if named && !fields.iter().any(|field| field.starts_with('*')) {
        not_before.push(vec![label::joined()]);
    }
    let spec = PatternSpec {
        name: written.name,
        kind: written.kind,
        trigger: trigger_length as u32,
        min_length: hir.properties().minimum_len().max(written.min_length)? as u32,
        max_length: max_length as u32,
        lead: lead_length as u32,
        lead_bytes: trigger::all_bytes(&lead),
        not_before,
        not_after: not_after?,
        validate: written.validate,
        min_entropy: written.min_entropy,
        context,
        fields,
        label: spoken,
        tail,
    };
    let lead = match lead_length {
        0 => Some(Vec::new()),
        _ => anchored(&lead, true, AUTOMATON_MAX, part, diagnostics),
    };
    let label = match &spec.label {
        Some(_) => anchored(&rest, false, LABEL_AUTOMATON_MAX, part, diagnostics),
        None => Some(Vec::new()),
    };
    let rest = anchored(value, false, AUTOMATON_MAX, part, diagnostics);
    let trigger = alternatives(found.sequences);
    Some(Compiled { spec, guessable, trigger, rest: rest?, lead: lead?, label: label? })
}

/// Parses an expression over bytes; look-arounds and empty matches are refused.
fn parse(text: &str, part: &Part, field: &str, diagnostics: &mut Diagnostics) -> Option<Hir> {
    let place = part.node.place_of(field);
    let config = syntax::Config::new().unicode(false).utf8(false);
    let hir = match syntax::parse_with(text, &config) {
        Ok(hir) => hir,
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            diagnostics.add("GH201", place, format!("the expression cannot be read: {reason}"));
            return None;
        }
    };
    if !hir.properties().look_set().is_empty() {
        diagnostics.add_with_help(
            "GH202",
            place,
            "the expression looks around with `^`, `$` or `\\b`",
            "say what must not stand beside a match in `not_before` and `not_after`",
        );
        return None;
    }
    if hir.properties().minimum_len().unwrap_or_default() == 0 {
        diagnostics.add("GH207", place, "the expression matches the empty text, or nothing");
        return None;
    }
    Some(hir)
}

fn bound(
    rest: &Hir,
    written: Option<usize>,
    place: &super::diagnostic::Place,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let own = rest.properties().maximum_len();
    let bound = match (own, written) {
        (Some(own), Some(written)) => Some(own.min(written)),
        (own, written) => own.or(written),
    };
    match bound {
        Some(bound) if bound <= LENGTH_MAX => return Some(bound),
        Some(_) => diagnostics.add_with_help(
            "GH203",
            place,
            format!("the pattern may match more than {LENGTH_MAX} bytes"),
            "say a shorter `max_length`",
        ),
        None => diagnostics.add_with_help(
            "GH203",
            place,
            "the pattern has no length bound",
            "bound its repetitions, such as `{20,200}`, or say `max_length`",
        ),
    }
    None
}

fn lead_length(
    lead: &Hir,
    place: &super::diagnostic::Place,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    if matches!(lead.kind(), HirKind::Empty) {
        return Some(0);
    }
    match lead.properties().maximum_len() {
        Some(length) if length > 0 && length <= RESTART_MAX as usize => Some(length),
        _ => {
            diagnostics.add_with_help(
                "GH203",
                place,
                format!("the part before the first rare text has no bound of {RESTART_MAX} bytes"),
                "bound its repetitions, such as `{1,64}`",
            );
            None
        }
    }
}

/// Expressions for what must not stand beside a match, as sequences of byte sets.
fn boundaries(
    expressions: &[String],
    part: &Part,
    field: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Vec<ByteSet>>> {
    let mut sequences = Vec::new();
    let mut sound = true;
    for expression in expressions {
        let Some(hir) = parse(expression, part, field, diagnostics) else {
            sound = false;
            continue;
        };
        let heads = trigger::heads(&hir, BOUNDARY_MAX + 1);
        if heads.iter().all(|head| head.open && head.bytes.len() <= BOUNDARY_MAX) {
            sequences.extend(heads.into_iter().map(|head| head.bytes));
        } else {
            sound = false;
            diagnostics.add_with_help(
                "GH206",
                part.node.place_of(field),
                format!("`{expression}` is not a boundary"),
                format!(
                    "a boundary is one to {BOUNDARY_MAX} characters or classes, such as `[0-9][.]`"
                ),
            );
        }
    }
    sound.then_some(sequences)
}

fn alternatives(sequences: Vec<Vec<ByteSet>>) -> Hir {
    use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange};
    let class = |set: ByteSet| {
        let ranges = set.ranges().into_iter().map(|(from, to)| ClassBytesRange::new(from, to));
        Hir::class(Class::Bytes(ClassBytes::new(ranges)))
    };
    let sequence = |sets: Vec<ByteSet>| Hir::concat(sets.into_iter().map(class).collect());
    Hir::alternation(sequences.into_iter().map(sequence).collect())
}

/// The automaton of one pattern from a known place; it tells of every match, not only the first.
fn anchored(
    hir: &Hir,
    reverse: bool,
    limit: usize,
    part: &Part,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<u8>> {
    match automaton(std::slice::from_ref(hir), StartKind::Anchored, reverse, limit) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            diagnostics.add_with_help(
                "GH205",
                part.node.place_of("regex"),
                "the pattern's automaton is too large",
                "write `+` or `*` for long counted repetitions and bound the match by `max_length`",
            );
            None
        }
    }
}

/// A dense automaton, little-endian. One of many triggers is left as it is made: to minimise it takes
/// most of the time and takes hardly a state away.
pub(super) fn automaton(
    hirs: &[Hir],
    start: StartKind,
    reverse: bool,
    limit: usize,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .reverse(reverse)
                // Counted repetitions inside each other multiply before there is any automaton.
                .nfa_size_limit(Some(NFA_MAX))
                .which_captures(thompson::WhichCaptures::None),
        )
        .build_many_from_hir(hirs)?;
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(start)
        .accelerate(false)
        .minimize(start != StartKind::Unanchored)
        .dfa_size_limit(Some(limit))
        .determinize_size_limit(Some(limit * 8));
    let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa)?;
    let (bytes, padding) = dfa.to_bytes_little_endian();
    Ok(bytes.get(padding..).unwrap_or_default().to_vec())
}
