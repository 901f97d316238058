//! The `cel` crate's interpreter says the same of whatever condition and call.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cel::{Context, Env};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map as Object, Value as Json, json};

use super::super::{
    Arithmetic, Clock, Comparison, Expression, Fact, Fault, Function, Known, Map, Steps, Value,
    holds,
};
use crate::compile::compiled_condition;
use crate::json::Node;

/// Facts as members of `principal`, `action`, `resource` and `context`.
struct Call<'a> {
    facts: Node<'a>,
    steps: Steps,
}

impl Known for Call<'_> {
    fn fact(&self, fact: Fact) -> Result<Option<Value<'_>>, Fault> {
        let (variable, field) = fact.name().split_once('.').unwrap();
        let found = self.facts.get(variable).and_then(|variable| variable.get(field));
        Ok(match (fact, found) {
            (Fact::Arguments, Some(Node::Object(members))) => {
                Some(Value::Map(Map::Declared(members)))
            }
            // What is declared is as `decide` has it.
            (Fact::Body, found) => {
                found.map(|found| Value::of_json(found, &self.steps)).transpose()?
            }
            (_, Some(Node::Text(text))) => Some(Value::text(text.as_ref())),
            (_, Some(Node::Array(entries))) => {
                let texts = entries.iter().filter_map(|entry| match entry {
                    Node::Text(text) => Some(text.as_ref()),
                    _ => None,
                });
                Some(Value::texts(texts))
            }
            _ => None,
        })
    }

    fn steps(&self) -> &Steps {
        &self.steps
    }
}

fn literal() -> BoxedStrategy<Expression> {
    prop_oneof![
        Just(Expression::Null),
        any::<bool>().prop_map(Expression::Flag),
        select(&[-1, 0, 1, 2, 3, i64::MAX, i64::MIN + 1][..]).prop_map(Expression::Int),
        select(&[-0.5, 0.0, 1.0, 2.0, 2.5, 1e300][..]).prop_map(Expression::Double),
        select(&["", "a", "b", "ab", "AB", "é\n'\\", "a-b"][..])
            .prop_map(|t| Expression::Text(t.into())),
    ]
    .boxed()
}

#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Flag,
    Number,
    Text,
    List,
    Moment,
    Span,
    Any,
}

/// Names of entries.
type Locals = Vec<&'static str>;

fn member(names: &'static [&'static str]) -> BoxedStrategy<Expression> {
    let fact = select(&[Fact::Arguments, Fact::Body][..]);
    let member = |(fact, name): (Fact, &str)| {
        Expression::Select(Box::new(Expression::Fact(fact)), name.to_owned())
    };
    (fact, select(names)).prop_map(member).boxed()
}

/// Mostly of the type that is wanted: `object` has members that are called by their types.
fn leaf(wanted: Wanted, locals: &Locals) -> BoxedStrategy<Expression> {
    let text = |text: &str| Expression::Text(text.to_owned());
    let typed = match wanted {
        Wanted::Flag => {
            prop_oneof![any::<bool>().prop_map(Expression::Flag), member(&["flag"])].boxed()
        }
        Wanted::Number => {
            let int = select(&[-1, 0, 1, 2, 3, i64::MAX][..]).prop_map(Expression::Int);
            prop_oneof![2 => int, 1 => member(&["int"]), 1 => member(&["number"])].boxed()
        }
        Wanted::Text => {
            let literal = select(&["", "a", "b", "ab", "AB"][..]).prop_map(text);
            let fact = select(&[Fact::Subject, Fact::Tool][..]).prop_map(Expression::Fact);
            prop_oneof![3 => literal, 1 => fact, 2 => member(&["text"])].boxed()
        }
        Wanted::List => {
            let groups = Just(Expression::Fact(Fact::Groups));
            prop_oneof![1 => groups, 3 => member(&["list", "texts", "map"])].boxed()
        }
        Wanted::Moment => select(MOMENTS).prop_map(Expression::Moment).boxed(),
        Wanted::Span => select(SPANS).prop_map(Expression::Span).boxed(),
        Wanted::Any => literal(),
    };
    let facts = &[Fact::Arguments, Fact::Body, Fact::Agent][..];
    let other = prop_oneof![
        2 => literal(),
        1 => select(facts).prop_map(Expression::Fact),
        3 => member(NAMES),
    ];
    let mut leaves = vec![(12, typed), (1, other.boxed())];
    if !locals.is_empty() {
        leaves.push((6, select(locals.clone()).prop_map(|l| Expression::Local(l.into())).boxed()));
    }
    prop::strategy::Union::new_weighted(leaves).boxed()
}

fn expression(wanted: Wanted, depth: u32, locals: &Locals) -> BoxedStrategy<Expression> {
    if depth == 0 {
        return leaf(wanted, locals);
    }
    let of = |wanted| expression(wanted, depth - 1, locals);
    let two = |one: Wanted, other: Wanted| (of(one), of(other)).prop_map(|(a, b)| Box::new([a, b]));
    let types = [
        Wanted::Number,
        Wanted::Text,
        Wanted::List,
        Wanted::Flag,
        Wanted::Moment,
        Wanted::Span,
        Wanted::Any,
    ];
    let pair = || prop::strategy::Union::new(types.map(|one| two(one, one).boxed()));
    let entry_of = || prop::strategy::Union::new(types.map(|one| two(one, Wanted::List).boxed()));
    let made = match wanted {
        Wanted::Flag => {
            let entry = if locals.is_empty() { "x" } else { "y" };
            let inner = [locals.as_slice(), &[entry]].concat();
            let test = expression(Wanted::Flag, depth - 1, &inner);
            let through = move || (of(Wanted::List), test.clone()).prop_map(|(r, t)| Box::new([r, t]));
            let searches = select(&[Function::StartsWith, Function::EndsWith, Function::Contains][..]);
            prop_oneof![
                2 => of(Wanted::Flag).prop_map(|a| Expression::Not(Box::new(a))),
                3 => two(Wanted::Flag, Wanted::Flag).prop_map(Expression::And),
                3 => two(Wanted::Flag, Wanted::Flag).prop_map(Expression::Or),
                8 => (comparison(), pair()).prop_map(|(how, two)| Expression::Compare(how, two)),
                2 => entry_of().prop_map(Expression::In),
                1 => (of(Wanted::Any), name()).prop_map(|(a, name)| Expression::Has(Box::new(a), name)),
                1 => (select(&[Fact::Arguments, Fact::Body][..]), name())
                    .prop_map(|(fact, name)| Expression::Has(Box::new(Expression::Fact(fact)), name)),
                1 => select(&[Fact::Tool, Fact::Agent, Fact::Body][..]).prop_map(Expression::HasFact),
                1 => (select(REGEXES), of(Wanted::Text)).prop_map(|(regex, text)| matches(regex, text)),
                2 => (searches, of(Wanted::Text), of(Wanted::Text)).prop_map(|(f, a, b)| Expression::Call(f, vec![a, b])),
                2 => through().prop_map(move |two| Expression::Exists(entry.into(), two)),
                2 => through().prop_map(move |two| Expression::All(entry.into(), two)),
            ]
            .boxed()
        }
        Wanted::Number => prop_oneof![
            2 => (arithmetic(), two(Wanted::Number, Wanted::Number)).prop_map(|(how, two)| Expression::Calculate(how, two)),
            1 => (select(Clock::ALL), select(&[0, 0, 90, -480][..]), of(Wanted::Moment))
                .prop_map(|(clock, ahead, of)| Expression::Clock(clock, ahead, Box::new(of))),
            1 => member(&["int", "number"]).prop_map(|a| Expression::Negate(Box::new(a))),
            1 => prop_oneof![of(Wanted::List), of(Wanted::Text)].prop_map(|a| Expression::Call(Function::Size, vec![a])),
        ]
        .boxed(),
        Wanted::Text => prop_oneof![
            two(Wanted::Text, Wanted::Text).prop_map(|two| Expression::Calculate(Arithmetic::Add, two)),
            of(Wanted::Text).prop_map(|a| Expression::Call(Function::LowerAscii, vec![a])),
        ]
        .boxed(),
        Wanted::Moment => prop_oneof![
            (sum(), two(Wanted::Moment, Wanted::Span)).prop_map(|(how, two)| Expression::Calculate(how, two)),
            two(Wanted::Span, Wanted::Moment).prop_map(|two| Expression::Calculate(Arithmetic::Add, two)),
        ]
        .boxed(),
        Wanted::Span => prop_oneof![
            (sum(), two(Wanted::Span, Wanted::Span)).prop_map(|(how, two)| Expression::Calculate(how, two)),
            two(Wanted::Moment, Wanted::Moment)
                .prop_map(|two| Expression::Calculate(Arithmetic::Subtract, two)),
        ]
        .boxed(),
        Wanted::List => prop_oneof![
            prop::collection::vec(of(Wanted::Text), 0..4).prop_map(Expression::List),
            prop::collection::vec(of(Wanted::Any), 0..4).prop_map(Expression::List),
            (of(Wanted::List), prop::collection::vec(of(Wanted::Any), 0..3)).prop_map(|(a, b)| {
                Expression::Calculate(Arithmetic::Add, Box::new([a, Expression::List(b)]))
            }),
        ]
        .boxed(),
        Wanted::Any => prop_oneof![
            2 => (of(Wanted::Any), name()).prop_map(|(of, name)| Expression::Select(Box::new(of), name)),
            2 => two(Wanted::List, Wanted::Number).prop_map(Expression::Index),
            1 => two(Wanted::Any, Wanted::Text).prop_map(Expression::Index),
        ]
        .boxed(),
    };
    let choice = (of(Wanted::Flag), two(wanted, wanted)).prop_map(|(c, two)| {
        let [a, b] = *two;
        Expression::If(Box::new([c, a, b]))
    });
    prop_oneof![3 => leaf(wanted, locals), 12 => made, 1 => choice, 1 => of(Wanted::Any)].boxed()
}

const NAMES: &[&str] = &["flag", "int", "number", "text", "list", "texts", "map", "absent"];

fn name() -> impl Strategy<Value = String> {
    select(NAMES).prop_map(str::to_owned)
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    select(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][..])
}

fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    select(&[Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply][..])
}

fn sum() -> impl Strategy<Value = Arithmetic> {
    select(&[Arithmetic::Add, Arithmetic::Subtract][..])
}

/// Around the turn of days, months and years, and a leap day.
const MOMENTS: &[i64] = &[
    0,
    86_399,
    951_782_399,
    951_868_800,
    1_709_164_800,
    1_735_689_599,
    1_830_297_600,
    253_402_214_400,
];

const SPANS: &[i64] = &[0, 1, 59, 3_600, 86_400, 31_622_400, -1, -86_400];

const REGEXES: &[&str] = &["", "a", "^a", "b$", "^(a|b)*$", "(?i)^ab$", "^.$", "a.?b", "[^a]"];

fn matches(regex: &str, text: Expression) -> Expression {
    let compiled = compiled_condition(&format!("principal.subject.matches('{regex}')"));
    match compiled.unwrap() {
        Expression::Matches(_, regex) => Expression::Matches(Box::new(text), regex),
        other => panic!("{other}"),
    }
}

fn any_json(depth: u32) -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        select(&[-1i64, 0, 1, 2, 3, i64::MAX][..]).prop_map(Json::from),
        select(&[-0.5, 1.0, 2.5][..]).prop_map(Json::from),
        select(&["", "a", "b", "ab", "AB", "é\n'\\"][..]).prop_map(Json::from),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let inner = any_json(depth - 1);
    prop_oneof![
        2 => leaf,
        1 => prop::collection::vec(inner, 0..4).prop_map(Json::from),
        1 => object(depth - 1),
    ]
    .boxed()
}

fn object(depth: u32) -> BoxedStrategy<Json> {
    let below = || any_json(depth.saturating_sub(1));
    let number = prop_oneof![(-1i64..3).prop_map(Json::from), Just(Json::from(1.5))];
    let text = || select(&["", "a", "b", "ab", "AB"][..]).prop_map(Json::from);
    let members = (
        any::<bool>().prop_map(Json::from),
        (-1i64..3).prop_map(Json::from),
        number,
        text(),
        prop::collection::vec(below(), 0..4).prop_map(Json::from),
        prop::collection::vec(text(), 0..4).prop_map(Json::from),
        prop::collection::btree_map(name(), below(), 0..3).prop_map(|map| json!(map)),
    );
    let odd = prop::option::weighted(0.2, (0..7usize, below()));
    let made = (members, odd).prop_map(|((flag, int, number, text, list, texts, map), odd)| {
        let mut members = Object::new();
        let values = [flag, int, number, text, list, texts, map];
        members.extend(NAMES.iter().map(|name| (*name).to_owned()).zip(values));
        if let Some((at, value)) = odd {
            members.insert(NAMES[at].to_owned(), value);
        }
        Json::Object(members)
    });
    made.boxed()
}

/// Whole numbers as `int`; by itself the crate takes those above zero for `uint`.
fn of_json(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(entries) => entries.iter().map(of_json).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), of_json(value)));
            members.collect::<HashMap<_, _>>().into()
        }
    }
}

fn oracle(text: &str, facts: &Json) -> Result<bool, String> {
    static ENV: std::sync::OnceLock<Arc<Env>> = std::sync::OnceLock::new();
    let env = ENV.get_or_init(|| {
        let mut env = Env::stdlib();
        cel::extensions::strings(&mut env).unwrap();
        Arc::new(env)
    });
    let program = env.compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut context = Context::with_env(env.clone());
    for (name, value) in facts.as_object().unwrap() {
        context.add_variable_from_value(name.as_str(), of_json(value));
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(flag)) => Ok(flag),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn we_say_what_cel_says() {
    static SAID: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
    static ODD: AtomicUsize = AtomicUsize::new(0);
    static STRICTER: AtomicUsize = AtomicUsize::new(0);
    let config =
        ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() };
    let call = (object(2), object(2), any::<bool>());
    proptest!(config, |(condition in expression(Wanted::Flag, 4, &Vec::new()), (arguments, body, tool) in call)| {
        let mut facts = json!({
            "principal": {"subject": "a", "groups": ["a", "b"]},
            "action": {"arguments": arguments},
            "context": {"body": body},
        });
        if tool {
            facts["action"]["tool"] = "ab".into();
        }
        let text = condition.to_string();
        let wanted = oracle(&text, &facts);
        let json = facts.to_string();
        let facts = Node::parse(&json, 64).unwrap();
        let call = Call { steps: Steps::for_bytes(1_000_000), facts };
        let got = holds(&condition, &call);
        SAID[got.map_or(2, usize::from)].fetch_add(1, Ordering::Relaxed);
        // The crate adds the names of a map to a list, in any order.
        if got == Err(Fault::Mismatch) && wanted.is_ok() && text.contains(" + ") {
            ODD.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        // Where we are stricter on purpose we say so, and nowhere else the two may differ.
        if got == Err(Fault::Stricter) {
            STRICTER.fetch_add(usize::from(wanted.is_ok()), Ordering::Relaxed);
            return Ok(());
        }
        prop_assert_eq!(got.ok(), wanted.clone().ok(), "{} {} {:?} {:?}", text, json, got, wanted);
        // What is told is what is compiled, except for the order in which `&&` and `||` are joined.
        if let Some(compiled) = compiled_condition(&text) {
            prop_assert_eq!(compiled.to_string(), text);
        }
    });
    let said = SAID.each_ref().map(|count| count.load(Ordering::Relaxed));
    let stricter = STRICTER.load(Ordering::Relaxed);
    println!("no {}, yes {}, no answer {}, of them stricter {stricter}", said[0], said[1], said[2]);
    assert!(said.iter().all(|count| *count > 400), "{said:?}");
    assert!((1..400).contains(&stricter), "{stricter}");
    assert!(ODD.load(Ordering::Relaxed) < 8);
}
