/*! Points in time and spans, to the millisecond. */

/// `12:03:04.123`, in UTC.
pub fn clock(ms: u64) -> String {
    stamp(ms, "%H:%M:%S%.3f")
}

/// `2026-11-22 10:55:01 UTC`.
pub fn date(ms: u64) -> String {
    stamp(ms, "%Y-%m-%d %H:%M:%S UTC")
}

/// For the `datetime` attribute.
pub fn machine(ms: u64) -> String {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

fn stamp(ms: u64, format: &str) -> String {
    let stamp = i64::try_from(ms).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    stamp.map_or_else(|| ms.to_string(), |stamp| stamp.strftime(format).to_string())
}

/// In the unit that reads best: `230 ms`, `1.4 s`, `2 min 05 s`.
pub fn lasted(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => crate::console::span(ms / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        let at = 1_795_345_000_007;
        assert_eq!(clock(at), "10:56:40.007");
        assert_eq!(date(at), "2026-11-22 10:56:40 UTC");
        assert_eq!(machine(at), "2026-11-22T10:56:40.007Z");
        assert_eq!(machine(u64::MAX), u64::MAX.to_string());
        let spans = [0, 999, 1_000, 59_999, 125_000].map(lasted);
        assert_eq!(spans, ["0 ms", "999 ms", "1.0 s", "59.9 s", "2 min 05 s"]);
    }
}
