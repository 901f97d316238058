/*! Bundles that a running gateway fetches by itself: where from and how often. */

use std::time::Duration;

use anyhow::{Context, Result};
use policy::delivery::FetchConfig;

use crate::envoy::BUNDLE_CLUSTER;
use crate::upstream::Target;

#[derive(Clone, Debug)]
pub struct Source {
    pub target: Target,
    /// For the filter.
    pub config: FetchConfig,
}

impl Source {
    pub fn new(url: &str, interval: Duration) -> Result<Self> {
        let target = Target::parse(url).context("--bundle-url is read like an upstream's URL")?;
        let interval = interval.as_secs();
        let config = FetchConfig {
            cluster: BUNDLE_CLUSTER.to_owned(),
            authority: target.authority(),
            path: target.path().to_owned(),
            interval_seconds: interval,
            // Some looks may fail before anybody has to care.
            stale_after_seconds: FetchConfig::default_stale_after().max(interval * 4),
        };
        config.check().context("--bundle-interval")?;
        Ok(Self { target, config })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Source;

    #[test]
    fn urls_and_intervals() {
        let source = |url, seconds| Source::new(url, Duration::from_secs(seconds));
        let good = source("https://store.example/agents/b.gatehouse", 30).unwrap();
        assert_eq!(good.config.authority, "store.example");
        assert_eq!(good.config.path, "/agents/b.gatehouse");
        assert!(good.target.https && good.target.port == 443);
        assert_eq!(source("http://h/b", 3600).unwrap().config.stale_after_seconds, 4 * 3600);
        for (url, seconds) in [("ftp://h/b", 30), ("http://h/b", 0), ("http://h/b", 90_000)] {
            assert!(source(url, seconds).is_err(), "{url} {seconds}");
        }
    }
}
