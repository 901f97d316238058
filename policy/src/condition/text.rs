/*! A condition as people read it: CEL that compiles to the very same condition. */

use std::fmt::{self, Display, Formatter, Write};

use super::{Arithmetic, Comparison, Expression, Function, moment};

/// How tightly a construct binds; what binds less needs parentheses.
const IF: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const RELATION: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;
const UNARY: u8 = 6;
const MEMBER: u8 = 7;

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Double(number) => write!(f, "{number:?}"),
            Self::Text(text) => quoted(text, f),
            Self::Moment(at) => {
                f.write_str("timestamp('")?;
                moment::write(*at, f)?;
                f.write_str("')")
            }
            Self::Span(seconds) => write!(f, "duration('{seconds}s')"),
            Self::Fact(fact) => f.write_str(fact.name()),
            Self::HasFact(fact) => write!(f, "has({})", fact.name()),
            Self::Local(name) => f.write_str(name),
            Self::List(entries) => {
                f.write_char('[')?;
                listed(entries, f)?;
                f.write_char(']')
            }
            Self::Select(of, name) => write!(f, "{}.{}", within(of, MEMBER), Field(name)),
            Self::Has(of, name) => write!(f, "has({}.{})", within(of, MEMBER), Field(name)),
            Self::Matches(of, regex) => {
                write!(f, "{}.matches(", within(of, MEMBER))?;
                quoted(regex.text(), f)?;
                f.write_char(')')
            }
            Self::Clock(clock, ahead, of) => {
                write!(f, "{}.{}(", within(of, MEMBER), clock.name())?;
                if *ahead != 0 {
                    f.write_char('\'')?;
                    moment::write_ahead(*ahead, f)?;
                    f.write_char('\'')?;
                }
                f.write_char(')')
            }
            Self::Index(two) => {
                let [of, at] = two.as_ref();
                write!(f, "{}[{at}]", within(of, MEMBER))
            }
            Self::Not(of) => write!(f, "!{}", within(of, MEMBER)),
            Self::Negate(of) => write!(f, "-{}", within(of, MEMBER)),
            Self::And(two) => either(two, " && ", AND, f),
            Self::Or(two) => either(two, " || ", OR, f),
            Self::In(two) => joined(two, " in ", RELATION, f),
            Self::Compare(how, two) => joined(two, how.sign(), RELATION, f),
            Self::Calculate(Arithmetic::Add, two) => joined(two, " + ", SUM, f),
            Self::Calculate(Arithmetic::Subtract, two) => joined(two, " - ", SUM, f),
            Self::Calculate(Arithmetic::Multiply, two) => joined(two, " * ", PRODUCT, f),
            Self::If(three) => {
                let [condition, then, otherwise] = three.as_ref();
                let (condition, then) = (within(condition, OR), within(then, OR));
                write!(f, "{condition} ? {then} : {}", within(otherwise, OR))
            }
            Self::Exists(name, two) => through("exists", name, two, f),
            Self::All(name, two) => through("all", name, two, f),
            Self::Call(Function::Size, arguments) => {
                f.write_str("size(")?;
                listed(arguments, f)?;
                f.write_char(')')
            }
            Self::Call(function, arguments) => {
                if let Some((receiver, arguments)) = arguments.split_first() {
                    write!(f, "{}.{}(", within(receiver, MEMBER), function.name())?;
                    listed(arguments, f)?;
                }
                f.write_char(')')
            }
        }
    }
}

impl Expression {
    fn binds(&self) -> u8 {
        match self {
            Self::If(_) => IF,
            Self::Or(_) => OR,
            Self::And(_) => AND,
            Self::Compare(..) | Self::In(_) => RELATION,
            Self::Calculate(Arithmetic::Multiply, _) => PRODUCT,
            Self::Calculate(..) => SUM,
            Self::Not(_) | Self::Negate(_) => UNARY,
            Self::Int(number) if *number < 0 => UNARY,
            Self::Double(number) if *number < 0.0 => UNARY,
            _ => MEMBER,
        }
    }
}

/// What a condition asks about a call, in its own words.
impl Expression {
    /// The first place in it: a fact, or a member or an entry of one.
    pub(super) fn place(&self) -> Option<&Self> {
        let whole = match self {
            Self::Fact(_) | Self::HasFact(_) => true,
            Self::Select(of, _) | Self::Has(of, _) => of.leads_from_a_fact(),
            Self::Index(_) => self.leads_from_a_fact(),
            _ => false,
        };
        if whole { Some(self) } else { self.children().iter().find_map(Self::place) }
    }

    fn leads_from_a_fact(&self) -> bool {
        match self {
            Self::Fact(_) | Self::Local(_) => true,
            Self::Select(of, _) => of.leads_from_a_fact(),
            Self::Index(two) => {
                let [of, at] = two.as_ref();
                of.leads_from_a_fact() && (at.is_literal() || at.leads_from_a_fact())
            }
            _ => false,
        }
    }

    /// Of a place, without the question whether it is there.
    pub(super) fn place_name(&self) -> String {
        match self {
            Self::HasFact(fact) => fact.name().to_owned(),
            Self::Has(of, name) => format!("{}.{}", within(of, MEMBER), Field(name)),
            place => place.to_string(),
        }
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => " == ",
            Self::NotEqual => " != ",
            Self::Less => " < ",
            Self::LessOrEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterOrEqual => " >= ",
        }
    }
}

impl Function {
    pub const ALL: &[Self] =
        &[Self::Size, Self::StartsWith, Self::EndsWith, Self::Contains, Self::LowerAscii];

    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
            Self::LowerAscii => "lowerAscii",
        }
    }
}

/// A name that is none of an identifier stands between backticks.
struct Field<'e>(&'e str);

impl Display for Field<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
        let plain = self.0.bytes().all(word) && !self.0.starts_with(|c: char| c.is_ascii_digit());
        if plain { f.write_str(self.0) } else { write!(f, "`{}`", self.0) }
    }
}

struct Within<'e>(&'e Expression, u8);

fn within(expression: &Expression, binds: u8) -> Within<'_> {
    Within(expression, binds)
}

impl Display for Within<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.binds() < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

/// Operators lead from left to right, so what is on the right has to bind more.
fn joined(two: &[Expression; 2], sign: &str, binds: u8, f: &mut Formatter<'_>) -> fmt::Result {
    let [one, other] = two;
    write!(f, "{}{sign}{}", within(one, binds), within(other, binds + 1))
}

/// In whatever order they are joined they say the same.
fn either(two: &[Expression; 2], sign: &str, binds: u8, f: &mut Formatter<'_>) -> fmt::Result {
    let [one, other] = two;
    write!(f, "{}{sign}{}", within(one, binds), within(other, binds))
}

fn through(what: &str, name: &str, two: &[Expression; 2], f: &mut Formatter<'_>) -> fmt::Result {
    let [range, test] = two;
    write!(f, "{}.{what}({name}, {test})", within(range, MEMBER))
}

fn listed(entries: &[Expression], f: &mut Formatter<'_>) -> fmt::Result {
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            f.write_str(", ")?;
        }
        entry.fmt(f)?;
    }
    Ok(())
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    for character in text.chars() {
        match character {
            '\'' | '\\' => write!(f, "\\{character}")?,
            control if control.is_control() => write!(f, "\\u{:04x}", u32::from(control))?,
            plain => f.write_char(plain)?,
        }
    }
    f.write_char('\'')
}
