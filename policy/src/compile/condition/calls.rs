/*! Functions of conditions, and what CEL calls macros. */

use cel::common::ast::{CallExpr, Expr, IdedExpr};

use super::super::suggest;
use super::check::{Checker, Lowered, fields};
use super::types::{Type, Words};
use crate::condition::{Clock, Expression, Function};

/// `exists` in `exists`: each level multiplies what a caller's list costs.
const LOOPS_MAX: usize = 2;

impl Checker<'_> {
    pub(super) fn call(&mut self, part: &IdedExpr, call: &CallExpr) -> Lowered {
        let name = call.func_name.as_str();
        match (name, &call.target, call.args.as_slice()) {
            ("has", None, [of]) => self.has(part, of),
            ("exists" | "all", Some(range), [name_of, test]) => {
                self.through(part, call, range, [name_of, test])
            }
            ("matches", Some(of), [regex]) => self.matches(part, of, regex),
            ("timestamp" | "duration", None, [written]) => self.time(part, name, written),
            (_, Some(of), zone @ ([] | [_])) if clock(name).is_some() => match clock(name) {
                Some(clock) => self.clock(part, clock, of, zone.first()),
                None => self.unknown(part, name),
            },
            (_, target, arguments) => {
                let found = Function::ALL.iter().find(|function| function.name() == name);
                match found {
                    Some(function) => {
                        let all: Vec<_> = target.as_deref().into_iter().chain(arguments).collect();
                        self.function(part, *function, target.is_some(), &all)
                    }
                    None => self.unknown(part, name),
                }
            }
        }
    }

    fn unknown(&mut self, part: &IdedExpr, name: &str) -> Lowered {
        let known =
            ["has", "exists", "all"].into_iter().chain(Function::ALL.iter().map(|f| f.name()));
        let known = known.chain(["matches", "timestamp", "duration"]);
        let clocks =
            Clock::ALL.iter().map(|clock| clock.name()).filter(|_| name.starts_with("get"));
        let known = known.chain(clocks);
        let known: Vec<&str> = known.collect();
        let help = match name {
            "has" => "write `has(action.arguments.amount)`".to_owned(),
            "exists" | "all" => format!("write `list.{name}(entry, entry == 'a')`"),
            "matches" => "write `text.matches('^[a-z]+$')`".to_owned(),
            "timestamp" => "write `timestamp('2027-01-31T18:00:00Z')`".to_owned(),
            "duration" => "write `duration('1h30m')`".to_owned(),
            _ if clock(name).is_some() => format!("write `context.time.{name}()`"),
            _ => suggest::help(name, known.iter().copied()),
        };
        let message = if known.contains(&name) {
            format!("`{name}` is not called like this")
        } else {
            format!("conditions have no function `{name}`")
        };
        self.refuse("GH123", part, message, help)
    }

    fn has(&mut self, part: &IdedExpr, of: &IdedExpr) -> Lowered {
        if let Some(fact) = self.fact(of) {
            return fact.ok().map(|one| (Expression::HasFact(one.fact), Type::Flag));
        }
        let Expr::Select(select) = &of.expr else {
            let help = "write `has(action.arguments.amount)`, or `'x-env' in resource.headers`";
            return self.refuse("GH122", part, "`has` asks for a field", help);
        };
        let (operand, kind) = self.lower(&select.operand)?;
        self.member(of, kind, &select.field)?;
        Some((Expression::Has(Box::new(operand), select.field.clone()), Type::Flag))
    }

    /// `range.exists(name, test)`, or `all`.
    fn through(
        &mut self,
        part: &IdedExpr,
        call: &CallExpr,
        range: &IdedExpr,
        [name_of, test]: [&IdedExpr; 2],
    ) -> Lowered {
        let range_part = range;
        let range = self.lower(range);
        let Expr::Ident(name) = &name_of.expr else {
            let message = format!("`{}` needs a name for each entry", call.func_name);
            let help = format!("write `list.{}(entry, entry == 'a')`", call.func_name);
            return self.refuse("GH123", part, message, help);
        };
        if !fields(name).is_empty() {
            let message = format!("`{name}` is a name already");
            return self.refuse("GH121", name_of, message, "call the entry otherwise");
        }
        if self.locals.len() >= LOOPS_MAX {
            let message = format!("more than {LOOPS_MAX} of `exists` and `all` in each other");
            let help = "what it costs is multiplied with each of them";
            return self.refuse("GH124", part, message, help);
        }
        let entry = match range.as_ref().map_or(Type::Any, |(_, kind)| *kind) {
            Type::List(element) => element.of(),
            Type::Any => Type::Any,
            Type::Map | Type::Lists { lower: false } => Type::Text(Words::Any),
            Type::Lists { lower: true } => Type::Text(Words::Lower),
            other => {
                let message =
                    format!("`{}` needs a list, this is {}", call.func_name, other.name());
                return self.refuse(
                    "GH122",
                    range_part,
                    message,
                    "only lists and maps have entries",
                );
            }
        };
        self.locals.push((name.clone(), entry));
        let test = self.flag(test);
        self.locals.pop();
        let two = Box::new([range?.0, test?]);
        let name = name.clone();
        let made = match call.func_name.as_str() {
            "all" => Expression::All(name, two),
            _ => Expression::Exists(name, two),
        };
        Some((made, Type::Flag))
    }

    fn function(
        &mut self,
        part: &IdedExpr,
        function: Function,
        receiver: bool,
        arguments: &[&IdedExpr],
    ) -> Lowered {
        let lowered: Vec<_> = arguments.iter().map(|one| self.lower(one)).collect();
        let lowered: Vec<_> = lowered.into_iter().collect::<Option<_>>()?;
        let kinds: Vec<Type> = lowered.iter().map(|(_, kind)| *kind).collect();
        let is_text = |kind: &Type| matches!(kind, Type::Text(_) | Type::Any);
        let name = function.name();
        let (count, form) = match function {
            Function::Size => (1, "size(list)".to_owned()),
            Function::LowerAscii => (1, format!("text.{name}()")),
            _ => (2, format!("text.{name}('part')")),
        };
        if kinds.len() != count || (!receiver && function != Function::Size) {
            let message = format!("`{name}` is not called like this");
            return self.refuse("GH123", part, message, format!("write `{form}`"));
        }
        let wrong = kinds.iter().position(|kind| match function {
            Function::Size => matches!(
                kind,
                Type::Flag | Type::Int | Type::Double | Type::Null | Type::Moment | Type::Span
            ),
            _ => !is_text(kind),
        });
        if let Some(wrong) = wrong.and_then(|at| kinds.get(at)) {
            let message = format!("`{name}` does not work on {}", wrong.name());
            return self.refuse("GH122", part, message, format!("write `{form}`"));
        }
        if let (Some(Type::Text(Words::Lower)), [(_, _), (Expression::Text(text), _)]) =
            (kinds.first(), lowered.as_slice())
            && let Some(written) = arguments.get(1)
        {
            self.lower_case(written, text);
        }
        let kind = match function {
            Function::Size => Type::Int,
            Function::LowerAscii => Type::Text(Words::Lower),
            _ => Type::Flag,
        };
        let lowered = lowered.into_iter().map(|(one, _)| one).collect();
        Some((Expression::Call(function, lowered), kind))
    }
}

fn clock(name: &str) -> Option<Clock> {
    Clock::ALL.iter().find(|clock| clock.name() == name).copied()
}
