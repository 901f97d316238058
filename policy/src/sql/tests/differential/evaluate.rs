//! Whether a condition holds for every row, from the parsed tree. It knows less than the classifier and
//! nothing of it: constants, three-valued logic, and expressions compared with themselves.

use std::cmp::Ordering;

use sqlparser::ast::{BinaryOperator, Expr, SelectItem, SetExpr, UnaryOperator, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Always,
    Never,
    /// For some rows, or it is not known here.
    Depends,
}

use Holds::{Always, Depends, Never};

impl Holds {
    fn of(holds: bool) -> Self {
        if holds { Always } else { Never }
    }

    fn not(self) -> Self {
        match self {
            Always => Never,
            Never => Always,
            Depends => Depends,
        }
    }

    fn negated_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Constant {
    Number(f64),
    Text(String),
    Null,
}

pub(super) fn holds(condition: &Expr) -> Holds {
    match condition {
        Expr::Nested(inner) => holds(inner),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match constant(expr) {
            Some(Constant::Null) => Never,
            _ => holds(expr).not(),
        },
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            match (holds(left), holds(right)) {
                (Always, Always) => Always,
                (Never, _) | (_, Never) => Never,
                _ => Depends,
            }
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => match (holds(left), holds(right))
        {
            (Always, _) | (_, Always) => Always,
            (Never, Never) => Never,
            _ if are_opposite(left, right) => Always,
            _ => Depends,
        },
        Expr::BinaryOp { left, op, right } => compare(left, op, right),
        Expr::InList { expr, list, negated } => {
            let equal = |one| compare(expr, &BinaryOperator::Eq, one);
            let found: Vec<Holds> = list.iter().map(equal).collect();
            if found.contains(&Always) { Always.negated_if(*negated) } else { Depends }
        }
        Expr::Between { expr, negated, low, high } => {
            let least = compare(expr, &BinaryOperator::GtEq, low);
            match (least, compare(expr, &BinaryOperator::LtEq, high)) {
                (Always, Always) => Always.negated_if(*negated),
                _ => Depends,
            }
        }
        Expr::Like { negated: false, pattern, .. }
        | Expr::ILike { negated: false, pattern, .. } => match constant(pattern) {
            Some(Constant::Text(text)) if !text.is_empty() && text.bytes().all(|b| b == b'%') => {
                Always
            }
            _ => Depends,
        },
        Expr::IsTrue(inner) => holds(inner),
        Expr::IsNotTrue(inner) | Expr::IsFalse(inner) => holds(inner).not(),
        Expr::IsNotDistinctFrom(left, right) => compare(left, &BinaryOperator::Eq, right),
        // `EXISTS (SELECT 1)`: there is a row.
        Expr::Exists { subquery, negated } => match subquery.body.as_ref() {
            SetExpr::Select(select) if select.from.is_empty() && select.selection.is_none() => {
                Always.negated_if(*negated)
            }
            _ => Depends,
        },
        Expr::IsNull(inner) => match constant(inner) {
            Some(constant) => Holds::of(constant == Constant::Null),
            None => Depends,
        },
        Expr::IsNotNull(inner) => match constant(inner) {
            Some(constant) => Holds::of(constant != Constant::Null),
            None => Depends,
        },
        Expr::Value(value) => match (&value.value, constant(condition)) {
            (Value::Boolean(value), _) => Holds::of(*value),
            (_, Some(Constant::Number(number))) => Holds::of(number != 0.0),
            (_, Some(Constant::Null)) => Never,
            _ => Depends,
        },
        // A number where a condition is wanted.
        _ => match constant(condition) {
            Some(Constant::Number(number)) => Holds::of(number != 0.0),
            _ => Depends,
        },
    }
}

fn constant(expression: &Expr) -> Option<Constant> {
    match expression {
        Expr::Nested(inner) => constant(inner),
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok().map(Constant::Number),
            Value::SingleQuotedString(text) => Some(Constant::Text(text.clone())),
            Value::Null => Some(Constant::Null),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => match (constant(left)?, op, constant(right)?) {
            (Constant::Number(a), op, Constant::Number(b)) => Some(Constant::Number(match op {
                BinaryOperator::Plus => a + b,
                BinaryOperator::Minus => a - b,
                BinaryOperator::Multiply => a * b,
                _ => return None,
            })),
            (Constant::Text(a), BinaryOperator::StringConcat, Constant::Text(b)) => {
                Some(Constant::Text(a + &b))
            }
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match constant(expr)? {
            Constant::Number(number) => Some(Constant::Number(-number)),
            _ => None,
        },
        Expr::Case { operand: None, conditions, else_result, .. } => {
            let [when] = conditions.as_slice() else { return None };
            match holds(&when.condition) {
                Always => constant(&when.result),
                Never => constant(else_result.as_ref()?),
                Depends => None,
            }
        }
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) if select.from.is_empty() && select.selection.is_none() => {
                match select.projection.as_slice() {
                    [SelectItem::UnnamedExpr(one)] => constant(one),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

fn compare(left: &Expr, operator: &BinaryOperator, right: &Expr) -> Holds {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq, Spaceship};
    let (left, right) = (plain(left), plain(right));
    let ordering = match (constant(left), constant(right)) {
        (Some(Constant::Null), _) | (_, Some(Constant::Null)) => return Never,
        (Some(Constant::Number(a)), Some(Constant::Number(b))) => a.partial_cmp(&b),
        (Some(Constant::Text(a)), Some(Constant::Text(b))) => Some(a.cmp(&b)),
        // Rows where it is null aside, which nobody who writes this wants to keep.
        (None, None) if is_column(left) && left == right => Some(Ordering::Equal),
        _ => None,
    };
    let Some(ordering) = ordering else { return Depends };
    Holds::of(match operator {
        Eq | Spaceship => ordering.is_eq(),
        NotEq => ordering.is_ne(),
        Lt => ordering.is_lt(),
        LtEq => ordering.is_le(),
        Gt => ordering.is_gt(),
        GtEq => ordering.is_ge(),
        _ => return Depends,
    })
}

/// Without parentheses.
fn plain(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(inner) => plain(inner),
        other => other,
    }
}

fn is_column(expression: &Expr) -> bool {
    matches!(expression, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn are_opposite(one: &Expr, other: &Expr) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let (one, other) = (plain(one), plain(other));
    match (one, other) {
        (Expr::UnaryOp { op: UnaryOperator::Not, expr }, kept)
        | (kept, Expr::UnaryOp { op: UnaryOperator::Not, expr }) => plain(expr) == kept,
        (Expr::Like { .. } | Expr::InList { .. } | Expr::Between { .. }, _) => {
            one.to_string() != other.to_string()
                && one.to_string().replace(" NOT ", " ") == other.to_string().replace(" NOT ", " ")
        }
        (Expr::IsNull(a), Expr::IsNotNull(b)) | (Expr::IsNotNull(a), Expr::IsNull(b)) => a == b,
        (
            Expr::BinaryOp { left, op, right },
            Expr::BinaryOp { left: left_too, op: op_too, right: right_too },
        ) => {
            let opposite = [(Eq, NotEq), (Lt, GtEq), (Gt, LtEq)];
            let ops =
                opposite.iter().any(|(a, b)| (op, op_too) == (a, b) || (op, op_too) == (b, a));
            ops && left == left_too && right == right_too
        }
        _ => false,
    }
}
