/*! Moments and spans of time in whole seconds, and what a calendar and a clock say of a moment. */

use std::fmt::{self, Formatter};

use serde::{Deserialize, Serialize};

use super::Fault;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as in CEL.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

const DAY: i64 = 86_400;

/// A part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    FullYear,
    /// From 0.
    Month,
    /// From 1.
    Date,
    /// From 0.
    DayOfMonth,
    /// From 0, a Sunday.
    DayOfWeek,
    /// From 0.
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
}

impl Clock {
    pub const ALL: &[Self] = &[
        Self::FullYear,
        Self::Month,
        Self::Date,
        Self::DayOfMonth,
        Self::DayOfWeek,
        Self::DayOfYear,
        Self::Hours,
        Self::Minutes,
        Self::Seconds,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::FullYear => "getFullYear",
            Self::Month => "getMonth",
            Self::Date => "getDate",
            Self::DayOfMonth => "getDayOfMonth",
            Self::DayOfWeek => "getDayOfWeek",
            Self::DayOfYear => "getDayOfYear",
            Self::Hours => "getHours",
            Self::Minutes => "getMinutes",
            Self::Seconds => "getSeconds",
        }
    }

    /// Of Unix seconds, so many minutes ahead of UTC.
    pub fn of(self, moment: i64, ahead: i32) -> i64 {
        let local = moment.saturating_add(i64::from(ahead) * 60);
        let (days, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = date(days);
        match self {
            Self::FullYear => year,
            Self::Month => month - 1,
            Self::Date => day,
            Self::DayOfMonth => day - 1,
            // 1970 began on a Thursday.
            Self::DayOfWeek => (days + 4).rem_euclid(7),
            Self::DayOfYear => days - days_before(year),
            Self::Hours => second / 3600,
            Self::Minutes => second / 60 % 60,
            Self::Seconds => second % 60,
        }
    }
}

/// # Errors
///
/// `Overflow` for what no calendar of CEL has.
pub(super) fn checked(moment: Option<i64>) -> Result<i64, Fault> {
    moment.filter(|moment| (FIRST..=LAST).contains(moment)).ok_or(Fault::Overflow)
}

/// Seconds of the longest span: what 64 bits of nanoseconds hold, as in CEL.
pub const SPAN_MAX: i64 = 9_223_372_036;

/// # Errors
///
/// `Overflow` for what is longer.
pub(super) fn checked_span(span: Option<i64>) -> Result<i64, Fault> {
    span.filter(|span| (-SPAN_MAX..=SPAN_MAX).contains(span)).ok_or(Fault::Overflow)
}

/// Year, month and day from 1, of days since 1970-01-01. An era of 400 years has as many days as any
/// other; years begin in March here, so that a leap day is the last of its year.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// From 1970-01-01 to the first of January.
fn days_before(year: i64) -> i64 {
    let before = year - 1;
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

/// Unix seconds, as RFC 3339 writes them.
#[derive(Clone, Copy, Debug)]
pub struct Rfc3339(pub i64);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

/// As RFC 3339 writes it.
pub(super) fn write(moment: i64, f: &mut Formatter<'_>) -> fmt::Result {
    let (year, month, day) = date(moment.div_euclid(DAY));
    let second = moment.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `+02:00`.
pub(super) fn write_ahead(ahead: i32, f: &mut Formatter<'_>) -> fmt::Result {
    let sign = if ahead < 0 { '-' } else { '+' };
    let minutes = ahead.unsigned_abs();
    write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
