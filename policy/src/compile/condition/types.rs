/*! Types of what a condition is made of, as far as they are known before a call comes. */

/// Which words a text can be, so that one that it never is is found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Words {
    Any,
    Lower,
    Kinds,
    Methods,
    SqlEffects,
    Definitions,
    /// Kinds that the bundle's patterns find.
    Findings,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Type {
    Flag,
    Int,
    Double,
    Null,
    Text(Words),
    Moment,
    Span,
    /// Lists and maps in lists and maps are of no type that is written down: `Any`.
    List(Element),
    /// Names, each with a list of texts. `true`: the names are in lower case.
    Lists {
        lower: bool,
    },
    Map,
    /// Known only once the call is there.
    Any,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Element {
    Flag,
    Int,
    Double,
    Text(Words),
    Any,
}

impl Type {
    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Flag => "a boolean",
            Self::Int | Self::Double => "a number",
            Self::Null => "null",
            Self::Text(_) => "text",
            Self::Moment => "a moment",
            Self::Span => "a span of time",
            Self::List(_) => "a list",
            Self::Lists { .. } | Self::Map => "a map",
            Self::Any => "anything",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// Whether values of these types may be equal. What comes from JSON may be anything.
    pub(super) fn may_equal(self, other: Self) -> bool {
        // No JSON has moments.
        let is_time = |kind: Self| matches!(kind, Self::Moment | Self::Span);
        let any = (self == Self::Any || other == Self::Any) && !is_time(self) && !is_time(other);
        any || self.name() == other.name()
    }

    /// Whether one comes before the other.
    pub(super) fn may_order(self, other: Self) -> bool {
        let ordered = |one: Self| !matches!(one.name(), "null" | "a list" | "a map");
        ordered(self) && ordered(other) && self.may_equal(other)
    }

    pub(super) fn element(self) -> Element {
        match self {
            Self::Flag => Element::Flag,
            Self::Int => Element::Int,
            Self::Double => Element::Double,
            Self::Text(words) => Element::Text(words),
            _ => Element::Any,
        }
    }
}

impl Element {
    pub(super) fn of(self) -> Type {
        match self {
            Self::Flag => Type::Flag,
            Self::Int => Type::Int,
            Self::Double => Type::Double,
            Self::Text(words) => Type::Text(words),
            Self::Any => Type::Any,
        }
    }
}
