/*! Operators between two values: whether they work on these types, and what they make. */

use cel::common::ast::{Expr, IdedExpr, operators};

use super::check::{Checker, Lowered, plain};
use super::time;
use super::types::Type;
use crate::condition::{Arithmetic, Comparison, Expression};

impl Checker<'_> {
    pub(super) fn operator(
        &mut self,
        part: &IdedExpr,
        name: &str,
        one: &IdedExpr,
        other: &IdedExpr,
    ) -> Lowered {
        if matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR) {
            let two = (self.flag(one), self.flag(other));
            let two = Box::new([two.0?, two.1?]);
            let joined =
                if name == operators::LOGICAL_AND { Expression::And } else { Expression::Or };
            return Some((joined(two), Type::Flag));
        }
        let (left, right) = (self.lower(one), self.lower(other));
        let ((left, left_kind), (right, right_kind)) = (left?, right?);
        let timed = time::calculated(name, left_kind, right_kind);
        let sound = match name {
            operators::ADD | operators::SUBSTRACT | operators::MULTIPLY
                if !matches!(timed, Ok(None)) =>
            {
                timed.is_ok()
            }
            operators::INDEX => {
                return self.index(part, other, (left, left_kind), (right, right_kind));
            }
            operators::IN => {
                return self.is_in(part, [one, other], (left, left_kind), (right, right_kind));
            }
            operators::EQUALS | operators::NOT_EQUALS => left_kind.may_equal(right_kind),
            operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS => left_kind.may_order(right_kind),
            operators::ADD => {
                addable(left_kind) && addable(right_kind) && same(left_kind, right_kind)
            }
            operators::SUBSTRACT | operators::MULTIPLY => {
                calculable(left_kind) && calculable(right_kind) && same(left_kind, right_kind)
            }
            _ => {
                let help = "there are `&&`, `||`, `!`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `+`, `-`, `*` and `?:`";
                let message = format!(
                    "conditions have no `{}`",
                    name.trim_matches(['_', '[', ']', '?', '@'])
                );
                return self.refuse("GH123", part, message, help);
            }
        };
        if !sound {
            let (left, right) = (left_kind.name(), right_kind.name());
            let message = match name {
                operators::EQUALS | operators::NOT_EQUALS => format!("{left} never equals {right}"),
                _ if left == "a number" && right == left => {
                    "whole numbers and others do not mix here".to_owned()
                }
                _ => format!("`{}` does not work on {left} and {right}", name.trim_matches('_')),
            };
            let help = match left_kind == Type::Int || right_kind == Type::Int {
                true if left == right => "write the whole number with `.0`",
                _ => "both sides have to be of one type",
            };
            return self.refuse("GH122", part, message, help);
        }
        let compared = |how| move |two| Expression::Compare(how, two);
        let two = Box::new([left, right]);
        let [left, right] = two.as_ref();
        self.fits(left_kind, other, right);
        self.fits(right_kind, one, left);
        let (how, kind): (&dyn Fn(_) -> _, _) = match name {
            operators::EQUALS => (&compared(Comparison::Equal), Type::Flag),
            operators::NOT_EQUALS => (&compared(Comparison::NotEqual), Type::Flag),
            operators::LESS => (&compared(Comparison::Less), Type::Flag),
            operators::LESS_EQUALS => (&compared(Comparison::LessOrEqual), Type::Flag),
            operators::GREATER => (&compared(Comparison::Greater), Type::Flag),
            operators::GREATER_EQUALS => (&compared(Comparison::GreaterOrEqual), Type::Flag),
            operators::ADD => {
                (&|two| Expression::Calculate(Arithmetic::Add, two), plain(left_kind))
            }
            operators::SUBSTRACT => {
                (&|two| Expression::Calculate(Arithmetic::Subtract, two), left_kind)
            }
            _ => (&|two| Expression::Calculate(Arithmetic::Multiply, two), left_kind),
        };
        let kind = timed.ok().flatten().filter(|_| kind != Type::Flag).unwrap_or(kind);
        // What the call brings is settled once it comes.
        let kind = if kind != Type::Flag && right_kind == Type::Any { Type::Any } else { kind };
        Some((how(two), kind))
    }

    fn index(
        &mut self,
        part: &IdedExpr,
        at: &IdedExpr,
        (of, of_kind): (Expression, Type),
        (key, key_kind): (Expression, Type),
    ) -> Lowered {
        let named = matches!(key_kind, Type::Text(_) | Type::Any);
        let kind = match of_kind {
            Type::Any if named || key_kind == Type::Int => Type::Any,
            Type::Map if named => Type::Any,
            Type::Lists { .. } if named => {
                let name = if let Expression::Text(name) = &key { name.as_str() } else { "" };
                self.member(at, of_kind, name)?
            }
            Type::List(element) if matches!(key_kind, Type::Int | Type::Any) => element.of(),
            _ => {
                let message = format!("{} has no entry at {}", of_kind.name(), key_kind.name());
                let help = "lists have entries at whole numbers, maps at text";
                return self.refuse("GH122", part, message, help);
            }
        };
        Some((Expression::Index(Box::new([of, key])), kind))
    }

    fn is_in(
        &mut self,
        part: &IdedExpr,
        [one, other]: [&IdedExpr; 2],
        (entry, entry_kind): (Expression, Type),
        (of, of_kind): (Expression, Type),
    ) -> Lowered {
        let sound = match of_kind {
            Type::List(element) => entry_kind.may_equal(element.of()),
            Type::Map | Type::Lists { .. } => matches!(entry_kind, Type::Text(_) | Type::Any),
            Type::Any => true,
            _ => false,
        };
        if !sound {
            let message = match of_kind {
                Type::List(element) => {
                    format!("{} is never in a list of {}", entry_kind.name(), element.of().name())
                }
                other => format!("{} is never in {}", entry_kind.name(), other.name()),
            };
            let help = "`in` asks for an entry of a list or the name of a member";
            return self.refuse("GH122", part, message, help);
        }
        if let Type::List(element) = of_kind {
            self.fits(element.of(), one, &entry);
        }
        if let (Type::Lists { .. }, Expression::Text(name)) = (of_kind, &entry) {
            self.member(one, of_kind, name)?;
        }
        if let (Expr::List(list), Expression::List(entries)) = (&other.expr, &of) {
            for (part, entry) in list.elements.iter().zip(entries) {
                self.fits(entry_kind, part, entry);
            }
        }
        Some((Expression::In(Box::new([entry, of])), Type::Flag))
    }
}

fn addable(kind: Type) -> bool {
    calculable(kind) || matches!(kind, Type::Text(_) | Type::List(_))
}

fn calculable(kind: Type) -> bool {
    kind.is_number() || kind == Type::Any
}

fn same(one: Type, other: Type) -> bool {
    let any = one == Type::Any || other == Type::Any;
    any || plain(one) == plain(other) || matches!((one, other), (Type::List(_), Type::List(_)))
}
