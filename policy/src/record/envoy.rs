/*!
What Envoy says of an exchange that is over, and what that makes of its end. It stands in the record, too, since
what stands beside it in the log's line is in no digest.
*/

use serde::{Deserialize, Serialize};

use super::End;

/// What the host knows once an exchange is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// What the caller got; 0 if there was nothing to get.
    pub status: u32,
    /// Envoy's response flags, a bit each.
    pub flags: u64,
    pub details: String,
    /// The same when the head of an error passed. They are others at the end, where the caller left before it, say.
    pub details_at_head: String,
    pub cluster: String,
    /// Address of the upstream; empty if none was chosen.
    pub upstream: String,
    /// Of bodies, without heads.
    pub bytes_received: u64,
    pub bytes_sent: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvoyRecord {
    pub status: u32,
    /// As in Envoy's own lines: `UF,URX`, or `-`.
    pub flags: String,
    pub details: String,
    pub cluster: String,
    pub upstream: String,
    pub bytes_received: u64,
    pub bytes_sent: u64,
}

/// By bit. Source: Envoy's `CoreResponseFlag` and the documentation of `%RESPONSE_FLAGS%`.
const FLAGS: [&str; 30] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC",
    "URX", "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR",
    "UDO",
];

/// The upstream could not be reached, broke off, spoke nonsense or took too long.
const UPSTREAM: [&str; 13] =
    ["UH", "UT", "LR", "UR", "UF", "UC", "UO", "URX", "UMSDR", "UPE", "NC", "DF", "DO"];
const CALLER: [&str; 3] = ["DC", "DR", "DPE"];
/// Limits of Envoy's own.
const TIME: [&str; 2] = ["SI", "DT"];

impl Ended {
    fn flags(&self) -> impl Iterator<Item = &'static str> {
        let set = |bit: &usize| self.flags >> bit & 1 == 1;
        (0..FLAGS.len()).filter(set).filter_map(|bit| FLAGS.get(bit).copied())
    }

    /// As Envoy writes them. One that is not known here is named by its bit.
    pub fn flag_names(&self) -> String {
        let known = self.flags().map(str::to_owned);
        let unknown = (FLAGS.len()..64).filter(|bit| self.flags >> bit & 1 == 1);
        let names: Vec<_> = known.chain(unknown.map(|bit| format!("bit{bit}"))).collect();
        if names.is_empty() { "-".to_owned() } else { names.join(",") }
    }

    /// How it truly ended, where the filter by itself saw that.
    pub fn of(&self, seen: End) -> End {
        let has = |any: &[&str]| self.flags().any(|flag| any.contains(&flag));
        match seen {
            // What the gateway did stays what it did.
            End::Refused | End::Answered | End::Reset => seen,
            _ if has(&UPSTREAM) => End::UpstreamReset,
            _ if has(&TIME) => End::TimedOut,
            _ if has(&CALLER) => End::Aborted,
            // Not each of Envoy's own answers has a flag: to a body that is too large, say.
            _ if self.is_of_upstream() || self.status == 0 => seen,
            _ if self.details.ends_with("timeout") => End::TimedOut,
            End::Aborted | End::Complete => End::Refused,
            seen => seen,
        }
    }

    /// The head that the caller got is one the upstream sent. Those that Envoy sends in its place are all errors.
    pub fn is_of_upstream(&self) -> bool {
        let at_head = match self.details_at_head.as_str() {
            "" => &self.details,
            at_head => at_head,
        };
        (1..400).contains(&self.status)
            || at_head.starts_with("via_upstream")
            || self.details.starts_with("upstream_reset_after_response_started")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(flags: &[u32], status: u32, details: &str) -> Ended {
        let flags = flags.iter().map(|bit| 1 << bit).sum();
        Ended { status, flags, details: details.into(), ..Ended::default() }
    }

    #[test]
    fn flags_are_named_as_envoy_does() {
        assert_eq!(ended(&[], 200, "").flag_names(), "-");
        assert_eq!(ended(&[5, 15], 503, "").flag_names(), "UF,URX");
        assert_eq!(ended(&[14, 63], 0, "").flag_names(), "DC,bit63");
    }

    #[test]
    fn the_end_is_who_made_it() {
        let via = "via_upstream";
        for (flags, status, details, seen, end) in [
            (&[][..], 200, via, End::Complete, End::Complete),
            (&[4], 200, via, End::Aborted, End::UpstreamReset),
            (
                &[6],
                503,
                "upstream_reset_before_response_started",
                End::Complete,
                End::UpstreamReset,
            ),
            (&[14], 0, "downstream_remote_disconnect", End::Aborted, End::Aborted),
            (&[14], 200, via, End::Complete, End::Aborted),
            (&[16], 408, "stream_idle_timeout", End::Aborted, End::TimedOut),
            (&[6], 502, "", End::Refused, End::Refused),
            (&[4], 200, via, End::Reset, End::Reset),
            (&[], 413, "request_payload_too_large", End::Aborted, End::Refused),
            (&[], 403, "rbac_access_denied_matched_policy[none]", End::Complete, End::Refused),
            (&[], 504, "max_duration_timeout", End::Complete, End::TimedOut),
            (&[], 0, "", End::Aborted, End::Aborted),
        ] {
            assert_eq!(ended(flags, status, details).of(seen), end, "{flags:?} {details} {seen:?}");
        }
    }
}
