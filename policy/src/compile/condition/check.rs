/*! Names and types of a condition, checked while it is lowered. */

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use super::super::suggest;
use super::Mistake;
use super::syntax::Parsed;
use super::types::{Element, Type, Words};
use super::vocabulary::{Declared, VARIABLES};
use crate::condition::{Expression, Fact};
use crate::rule::Phase;

pub(super) type Lowered = Option<(Expression, Type)>;

pub(super) struct Checker<'p> {
    parsed: &'p Parsed,
    phase: Phase,
    kinds: &'p [&'p str],
    pub(super) locals: Vec<(String, Type)>,
    mistakes: Vec<Mistake>,
}

pub(super) fn check(
    parsed: &Parsed,
    phase: Phase,
    kinds: &[&str],
) -> Result<Expression, Vec<Mistake>> {
    let mut checker = Checker { parsed, phase, kinds, locals: Vec::new(), mistakes: Vec::new() };
    let lowered = checker.flag(&parsed.expression);
    match lowered {
        Some(expression) if checker.mistakes.is_empty() => Ok(expression),
        _ => Err(checker.mistakes),
    }
}

impl Checker<'_> {
    pub(super) fn refuse<T>(
        &mut self,
        code: &'static str,
        part: &IdedExpr,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        let mut at = self.parsed.place(part);
        // A field stands behind its dot.
        at += usize::from(matches!(part.expr, Expr::Select(_)));
        self.mistakes.push(Mistake::new(code, at, message, help));
        None
    }

    pub(super) fn lower(&mut self, part: &IdedExpr) -> Lowered {
        match &part.expr {
            Expr::Ident(name) => self.name(part, name),
            Expr::Literal(literal) => self.literal(part, literal),
            Expr::Select(select) => self.select(part, select),
            Expr::Call(call) => match (&call.target, call.args.as_slice()) {
                (None, [one]) if call.func_name == operators::LOGICAL_NOT => {
                    Some((Expression::Not(Box::new(self.flag(one)?)), Type::Flag))
                }
                (None, [one]) if call.func_name == operators::NEGATE => {
                    let (lowered, kind) = self.lower(one)?;
                    if !kind.is_number() && kind != Type::Any {
                        let message = format!("`-` needs a number, this is {}", kind.name());
                        return self.refuse("GH122", one, message, "remove the `-`");
                    }
                    Some((Expression::Negate(Box::new(lowered)), kind))
                }
                (None, [one, other]) if call.func_name.starts_with(['_', '@']) => {
                    self.operator(part, &call.func_name, one, other)
                }
                (None, [condition, then, otherwise])
                    if call.func_name == operators::CONDITIONAL =>
                {
                    let condition = self.flag(condition);
                    let (then, otherwise) = (self.lower(then), self.lower(otherwise));
                    let ((then, kind), (otherwise, other)) = (then?, otherwise?);
                    let kind = if kind == other { kind } else { Type::Any };
                    Some((Expression::If(Box::new([condition?, then, otherwise])), kind))
                }
                _ => self.call(part, call),
            },
            Expr::List(list) => {
                let entries: Vec<_> = list.elements.iter().map(|entry| self.lower(entry)).collect();
                let entries: Vec<_> = entries.into_iter().collect::<Option<_>>()?;
                let mut elements = entries.iter().map(|(_, kind)| plain(*kind).element());
                let first = elements.next().unwrap_or(Element::Any);
                let element = if elements.all(|one| one == first) { first } else { Element::Any };
                let entries = entries.into_iter().map(|(entry, _)| entry).collect();
                Some((Expression::List(entries), Type::List(element)))
            }
            Expr::Map(_) | Expr::Struct(_) => {
                let help = "compare the members one by one";
                self.refuse("GH123", part, "conditions have no map literals", help)
            }
            Expr::Comprehension(_) | Expr::Unspecified => self.refuse(
                "GH123",
                part,
                "this is not understood in conditions",
                "say it otherwise",
            ),
        }
    }

    /// What has to be true or false.
    pub(super) fn flag(&mut self, part: &IdedExpr) -> Option<Expression> {
        let (lowered, kind) = self.lower(part)?;
        if kind != Type::Flag && kind != Type::Any {
            let message = format!("this has to be true or false, and is {}", kind.name());
            return self.refuse("GH122", part, message, "compare it with something, as by `==`");
        }
        Some(lowered)
    }

    fn name(&mut self, part: &IdedExpr, name: &str) -> Lowered {
        if let Some((name, kind)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return Some((Expression::Local(name.clone()), *kind));
        }
        let fields = fields(name);
        if !fields.is_empty() {
            let message = format!("`{name}` is no value by itself");
            let help = format!("name a field of it: {}", fields.join(", "));
            return self.refuse("GH122", part, message, help);
        }
        let mut known: Vec<&str> = VARIABLES.iter().map(Declared::variable).collect();
        known.dedup();
        let locals: Vec<String> = self.locals.iter().map(|(local, _)| local.clone()).collect();
        known.extend(locals.iter().map(String::as_str));
        let help = suggest::help(name, known.iter().copied());
        self.refuse("GH121", part, format!("unknown name `{name}`"), help)
    }

    fn literal(&mut self, part: &IdedExpr, literal: &LiteralValue) -> Lowered {
        Some(match literal {
            LiteralValue::Null => (Expression::Null, Type::Null),
            LiteralValue::Boolean(flag) => (Expression::Flag(*flag.inner()), Type::Flag),
            LiteralValue::Int(number) => (Expression::Int(*number.inner()), Type::Int),
            LiteralValue::Double(number) if number.inner().is_finite() => {
                (Expression::Double(*number.inner()), Type::Double)
            }
            LiteralValue::Double(_) => {
                return self.refuse(
                    "GH122",
                    part,
                    "the number is too large",
                    "write a smaller one",
                );
            }
            LiteralValue::String(text) => {
                (Expression::Text(text.inner().to_owned()), Type::Text(Words::Any))
            }
            LiteralValue::UInt(_) => {
                return self.refuse("GH123", part, "numbers have no `u` here", "leave the `u` out");
            }
            LiteralValue::Bytes(_) => {
                let help = "write text, without the `b`";
                return self.refuse("GH123", part, "conditions have no bytes", help);
            }
        })
    }

    /// The fact that a selection names, if its operand is a variable.
    pub(super) fn fact(&mut self, part: &IdedExpr) -> Option<Result<&'static Declared, ()>> {
        let Expr::Select(SelectExpr { operand, field, .. }) = &part.expr else { return None };
        let Expr::Ident(variable) = &operand.expr else { return None };
        let fields = fields(variable);
        if fields.is_empty() || self.locals.iter().any(|(local, _)| local == variable) {
            return None;
        }
        let mut found = VARIABLES.iter();
        let found = found.find(|one| one.variable() == variable && one.field() == field);
        Some(match found {
            None => {
                let help = suggest::help(field, fields);
                let message = format!("`{variable}` has no field `{field}`");
                self.refuse::<()>("GH121", part, message, help);
                Err(())
            }
            Some(one) if one.fact == Fact::Findings && self.phase == Phase::Response => {
                let message = "`context.findings` are those of the request, which a rule on responses does not judge";
                let help = "name kinds of the response in `match.findings`";
                self.refuse::<()>("GH121", part, message, help);
                Err(())
            }
            Some(one) => Ok(one),
        })
    }

    fn select(&mut self, part: &IdedExpr, select: &SelectExpr) -> Lowered {
        if let Some(fact) = self.fact(part) {
            return fact.ok().map(|one| (Expression::Fact(one.fact), one.kind));
        }
        let (operand, kind) = self.lower(&select.operand)?;
        let kind = self.member(part, kind, &select.field)?;
        Some((Expression::Select(Box::new(operand), select.field.clone()), kind))
    }

    /// The type of a member of this name.
    pub(super) fn member(&mut self, part: &IdedExpr, of: Type, name: &str) -> Option<Type> {
        match of {
            Type::Any | Type::Map => Some(Type::Any),
            Type::Lists { lower } => {
                if lower && name.chars().any(char::is_uppercase) {
                    let message = format!("no header is called `{name}`: names are in lower case");
                    let help = format!("write `{}`", name.to_lowercase());
                    return self.refuse("GH122", part, message, help);
                }
                Some(Type::List(Element::Text(Words::Any)))
            }
            other => {
                let message = format!("`{name}` is asked of {}, which has no fields", other.name());
                self.refuse("GH122", part, message, "only maps have fields")
            }
        }
    }

    /// Whether a text that is written down can be what is asked for.
    pub(super) fn fits(&mut self, kind: Type, part: &IdedExpr, written: &Expression) {
        let (Type::Text(words), Expression::Text(text)) = (kind, written) else { return };
        let (code, message, names) = match (words, words.names()) {
            (Words::Lower, _) => return self.lower_case(part, text),
            (Words::Findings, _) => ("GH112", format!("no pattern finds `{text}`"), self.kinds),
            (_, Some(names)) => ("GH121", format!("unknown value `{text}`"), names),
            (_, None) => return,
        };
        if names.contains(&text.as_str()) {
            return;
        }
        let help = match names {
            [] => "no pattern is in this bundle".to_owned(),
            names => suggest::help(text, names.iter().copied()),
        };
        self.refuse::<()>(code, part, message, help);
    }

    pub(super) fn lower_case(&mut self, part: &IdedExpr, text: &str) {
        if text.chars().any(char::is_uppercase) {
            let message = format!("`{text}` is never found in what is in lower case");
            let help = format!("write `{}`", text.to_lowercase());
            self.refuse::<()>("GH122", part, message, help);
        }
    }
}

/// Names of the fields of a variable.
pub(super) fn fields(variable: &str) -> Vec<&'static str> {
    VARIABLES.iter().filter(|one| one.variable() == variable).map(Declared::field).collect()
}

/// Text that is made of others may be any.
pub(super) fn plain(kind: Type) -> Type {
    if let Type::Text(_) = kind { Type::Text(Words::Any) } else { kind }
}
