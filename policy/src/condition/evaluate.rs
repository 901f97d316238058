/*! The value of a condition for one call. */

use std::cmp::Ordering;

use super::{
    Arithmetic, Comparison, Expression, Fact, Fault, Function, List, Map, Origin, Steps, Value,
    moment,
};

/// What is known of a call.
pub trait Known {
    /// `None`: the call has no such thing, such as a tool where it calls none.
    ///
    /// # Errors
    ///
    /// It may have it, and it cannot be read.
    fn fact(&self, fact: Fact) -> Result<Option<Value<'_>>, Fault>;

    fn steps(&self) -> &Steps;
}

/// # Errors
///
/// What the condition asks about cannot be had.
pub fn holds(condition: &Expression, known: &dyn Known) -> Result<bool, Fault> {
    Evaluation::new(known, false).flag(condition)
}

/// What a condition that does not hold for want of a fact asks about, as its author wrote it. `None`:
/// it has a value, or has none because the work is over.
pub fn unavailable(condition: &Expression, known: &dyn Known) -> Option<String> {
    let mut evaluation = Evaluation::new(known, true);
    match evaluation.flag(condition) {
        Ok(_) | Err(Fault::OverBudget) => None,
        Err(_) => evaluation.lacking.map(Expression::place_name),
    }
}

struct Evaluation<'v> {
    known: &'v dyn Known,
    steps: &'v Steps,
    locals: Vec<(&'v str, Value<'v>)>,
    /// Whether to look for what is lacking, which is work that no step counts.
    tells: bool,
    /// The first place that keeps what is evaluated from having a value.
    lacking: Option<&'v Expression>,
}

type Evaluated<'v> = Result<Value<'v>, Fault>;

impl<'v> Evaluation<'v> {
    fn new(known: &'v dyn Known, tells: bool) -> Self {
        Self { known, steps: known.steps(), locals: Vec::new(), tells, lacking: None }
    }

    fn flag(&mut self, expression: &'v Expression) -> Result<bool, Fault> {
        match self.value(expression)? {
            Value::Flag(flag) => Ok(flag),
            _ => {
                self.lacks(expression);
                Err(Fault::Mismatch)
            }
        }
    }

    fn value(&mut self, expression: &'v Expression) -> Evaluated<'v> {
        let before = self.lacking;
        let value = self.evaluated(expression);
        // What has a value lacks nothing, whatever was wrong with a side that did not count.
        match &value {
            Ok(_) => self.lacking = before,
            Err(_) => self.lacks(expression),
        }
        value
    }

    fn lacks(&mut self, expression: &'v Expression) {
        if self.tells && self.lacking.is_none() {
            self.lacking = expression.place();
        }
    }

    fn evaluated(&mut self, expression: &'v Expression) -> Evaluated<'v> {
        self.steps.spend(1)?;
        let flag = match expression {
            Expression::Null => return Ok(Value::Null),
            Expression::Int(number) => return Ok(Value::Int(*number)),
            Expression::Double(number) => return Ok(Value::Double(*number)),
            Expression::Text(text) => return Ok(Value::text(text.as_str())),
            Expression::Moment(moment) => return Ok(Value::Moment(*moment)),
            Expression::Span(span) => return Ok(Value::Span(*span)),
            Expression::List(entries) => {
                let entries = entries.iter().map(|entry| self.value(entry));
                return Ok(Value::List(List::Made(entries.collect::<Result<_, _>>()?)));
            }
            Expression::Fact(fact) => return self.known.fact(*fact)?.ok_or(Fault::Missing),
            Expression::Local(name) => return self.local(name),
            Expression::Select(of, name) => {
                return self.member(of, name)?.ok_or(Fault::Missing);
            }
            Expression::Index(two) => return self.index(two),
            Expression::Negate(of) => return self.negated(of),
            Expression::If(three) => {
                let [condition, then, otherwise] = three.as_ref();
                let chosen = if self.flag(condition)? { then } else { otherwise };
                return self.value(chosen);
            }
            Expression::Calculate(how, two) => return self.calculated(*how, two),
            Expression::Call(function, arguments) => return self.called(*function, arguments),
            Expression::Clock(clock, ahead, of) => {
                let Value::Moment(moment) = self.value(of)? else { return Err(Fault::Mismatch) };
                return Ok(Value::Int(clock.of(moment, *ahead)));
            }
            Expression::Matches(of, regex) => {
                let Value::Text(text, _) = self.value(of)? else { return Err(Fault::Mismatch) };
                // A look at each byte, of which a comparison makes several at once.
                self.steps.spend(text.len() / 4 + 1)?;
                regex.finds(&text)?
            }
            Expression::Flag(flag) => *flag,
            Expression::HasFact(fact) => self.known.fact(*fact)?.is_some(),
            Expression::Has(of, name) => self.member(of, name)?.is_some(),
            Expression::Not(of) => !self.flag(of)?,
            Expression::And(two) => self.either(two, false)?,
            Expression::Or(two) => self.either(two, true)?,
            Expression::Compare(how, two) => self.compared(*how, two)?,
            Expression::In(two) => self.is_in(two)?,
            Expression::Exists(name, two) => self.one_of(name, two, true)?,
            Expression::All(name, two) => self.one_of(name, two, false)?,
        };
        Ok(Value::Flag(flag))
    }

    /// One side that is `decisive` decides, whatever is wrong with the other.
    fn either(&mut self, two: &'v [Expression; 2], decisive: bool) -> Result<bool, Fault> {
        let [one, other] = two;
        let one = self.flag(one);
        if one == Ok(decisive) {
            return Ok(decisive);
        }
        match (one, self.flag(other)) {
            (_, Ok(other)) if other == decisive => Ok(decisive),
            (Err(one), Err(other)) => Err(one.or_stricter(other)),
            (one, other) => one.and(other),
        }
    }

    /// The same over all entries of a list, or names of a map that is declared.
    fn one_of(
        &mut self,
        name: &'v str,
        two: &'v [Expression; 2],
        decisive: bool,
    ) -> Result<bool, Fault> {
        let [range, test] = two;
        let list = match self.value(range)? {
            Value::List(list) => list,
            Value::Map(map) => {
                List::Made(map.names(self.steps)?.into_iter().map(Value::text).collect())
            }
            _ => return Err(Fault::Mismatch),
        };
        self.steps.spend(list.len())?;
        let mut undecided = Ok(!decisive);
        for entry in list.entries(self.steps) {
            let found = entry.and_then(|entry| {
                self.locals.push((name, entry));
                let found = self.flag(test);
                self.locals.pop();
                found
            });
            match found {
                Ok(flag) if flag == decisive => return Ok(decisive),
                Err(Fault::OverBudget) => return Err(Fault::OverBudget),
                Ok(_) => {}
                Err(fault) => undecided = Err(fault.or_stricter_of(undecided)),
            }
        }
        undecided
    }

    fn local(&self, name: &str) -> Evaluated<'v> {
        let found = self.locals.iter().rev().find(|(other, _)| *other == name);
        found.ok_or(Fault::Missing)?.1.copied(self.steps)
    }

    fn member(&mut self, of: &'v Expression, name: &str) -> Result<Option<Value<'v>>, Fault> {
        match self.value(of)? {
            Value::Map(map) => map.get(name, self.steps),
            _ => Err(Fault::Mismatch),
        }
    }

    fn index(&mut self, two: &'v [Expression; 2]) -> Evaluated<'v> {
        let [of, at] = two;
        match (self.value(of)?, self.value(at)?) {
            (Value::Map(map), Value::Text(name, _)) => {
                map.get(&name, self.steps)?.ok_or(Fault::Missing)
            }
            (Value::List(list), at) => {
                let at = place(&at).ok_or(Fault::Missing)?;
                list.entry(at, self.steps)?.ok_or(Fault::Missing)
            }
            (Value::Map(_), _) => Err(Fault::Missing),
            _ => Err(Fault::Mismatch),
        }
    }

    /// As `exists(e, e == entry)` says. Where the author wrote down the whole list it may hold several
    /// types; then one of them has to be that of the entry.
    fn is_in(&mut self, two: &'v [Expression; 2]) -> Result<bool, Fault> {
        let [entry, of] = two;
        let written =
            matches!(of, Expression::List(entries) if entries.iter().all(Expression::is_literal));
        let (entry, list) = match (self.value(entry)?, self.value(of)?) {
            (entry, Value::List(list)) => (entry, list),
            (name, Value::Map(map)) => return map.has(&name, self.steps),
            _ => return Err(Fault::Mismatch),
        };
        let mut undecided = Ok(false);
        let mut comparable = false;
        for other in list.entries(self.steps) {
            let is_null = matches!(other, Ok(Value::Null));
            match other.and_then(|other| entry.equals(&other, self.steps)) {
                Ok(true) => return Ok(true),
                Err(Fault::OverBudget) => return Err(Fault::OverBudget),
                // Null is compared with whatever type.
                Ok(false) => comparable |= !is_null,
                Err(fault) => undecided = Err(fault.or_stricter_of(undecided)),
            }
        }
        if written && comparable && undecided == Err(Fault::Stricter) {
            return Ok(false);
        }
        undecided
    }

    fn compared(&mut self, how: Comparison, two: &'v [Expression; 2]) -> Result<bool, Fault> {
        let [one, other] = two;
        let (one, other) = (self.value(one)?, self.value(other)?);
        let order = match how {
            Comparison::Equal => return one.equals(&other, self.steps),
            Comparison::NotEqual => return one.equals(&other, self.steps).map(|same| !same),
            _ => one.order(&other, self.steps)?,
        };
        Ok(match how {
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }

    fn negated(&mut self, of: &'v Expression) -> Evaluated<'v> {
        match self.value(of)? {
            Value::Int(number) => number.checked_neg().map(Value::Int).ok_or(Fault::Overflow),
            Value::Double(number) => Ok(Value::Double(-number)),
            _ => Err(Fault::Mismatch),
        }
    }

    fn calculated(&mut self, how: Arithmetic, two: &'v [Expression; 2]) -> Evaluated<'v> {
        let [one, other] = two;
        match (self.value(one)?, self.value(other)?) {
            (Value::Int(one), Value::Int(other)) => match how {
                Arithmetic::Add => one.checked_add(other),
                Arithmetic::Subtract => one.checked_sub(other),
                Arithmetic::Multiply => one.checked_mul(other),
            }
            .map(Value::Int)
            .ok_or(Fault::Overflow),
            (Value::Double(one), Value::Double(other)) => {
                let number = match how {
                    Arithmetic::Add => one + other,
                    Arithmetic::Subtract => one - other,
                    Arithmetic::Multiply => one * other,
                };
                // Whatever comes next would compare with something that is no number.
                if number.is_finite() { Ok(Value::Double(number)) } else { Err(Fault::Stricter) }
            }
            (Value::Moment(one), Value::Span(other)) => match how {
                Arithmetic::Add => moment::checked(one.checked_add(other)).map(Value::Moment),
                Arithmetic::Subtract => moment::checked(one.checked_sub(other)).map(Value::Moment),
                Arithmetic::Multiply => Err(Fault::Mismatch),
            },
            (Value::Span(one), Value::Moment(other)) if how == Arithmetic::Add => {
                moment::checked(one.checked_add(other)).map(Value::Moment)
            }
            (Value::Moment(one), Value::Moment(other)) if how == Arithmetic::Subtract => {
                moment::checked_span(one.checked_sub(other)).map(Value::Span)
            }
            (Value::Span(one), Value::Span(other)) => {
                let span = match how {
                    Arithmetic::Add => one.checked_add(other),
                    Arithmetic::Subtract => one.checked_sub(other),
                    Arithmetic::Multiply => return Err(Fault::Mismatch),
                };
                moment::checked_span(span).map(Value::Span)
            }
            (Value::Text(one, _), Value::Text(other, _)) if how == Arithmetic::Add => {
                self.steps.text(one.len() + other.len())?;
                Ok(Value::text(one + other))
            }
            (Value::List(one), Value::List(other)) if how == Arithmetic::Add => {
                self.steps.spend(one.len() + other.len())?;
                let entries = one.entries(self.steps).chain(other.entries(self.steps));
                Ok(Value::List(List::Made(entries.collect::<Result<_, _>>()?)))
            }
            _ => Err(Fault::Mismatch),
        }
    }

    fn called(&mut self, function: Function, arguments: &'v [Expression]) -> Evaluated<'v> {
        let mut arguments = arguments.iter().map(|argument| self.value(argument));
        let (first, second) = (arguments.next().transpose()?, arguments.next().transpose()?);
        let size = |size: usize| i64::try_from(size).map(Value::Int).map_err(|_| Fault::Overflow);
        match (function, first, second) {
            // A caller would choose what is counted.
            (
                Function::Size,
                Some(Value::Text(_, Origin::Json) | Value::Map(Map::Json(_))),
                None,
            ) => Err(Fault::Stricter),
            (Function::Size, Some(Value::Text(text, _)), None) => {
                self.steps.text(text.len())?;
                size(text.chars().count())
            }
            (Function::Size, Some(Value::List(list)), None) => size(list.len()),
            (Function::Size, Some(Value::Map(map)), None) => size(map.names(self.steps)?.len()),
            (Function::LowerAscii, Some(Value::Text(text, _)), None) => {
                self.steps.text(text.len())?;
                Ok(Value::text(text.to_ascii_lowercase()))
            }
            (_, Some(Value::Text(text, _)), Some(Value::Text(part, _))) => {
                // A search is linear in both.
                self.steps.text(text.len() + part.len())?;
                let part = part.as_ref();
                Ok(Value::Flag(match function {
                    Function::StartsWith => text.starts_with(part),
                    Function::EndsWith => text.ends_with(part),
                    Function::Contains => text.contains(part),
                    Function::Size | Function::LowerAscii => return Err(Fault::Mismatch),
                }))
            }
            _ => Err(Fault::Mismatch),
        }
    }
}

/// JSON does not tell `1` from `1.0`.
fn place(number: &Value<'_>) -> Option<usize> {
    match number {
        Value::Int(at) => usize::try_from(*at).ok(),
        // Far above any list, and exact below.
        Value::Double(at) if (0.0..4e9).contains(at) && at.fract() == 0.0 => Some(*at as usize),
        _ => None,
    }
}
