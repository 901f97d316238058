/*! Where the bundle comes from: it is in the configuration, or fetched. */

use super::{Config, base64};
use crate::bundle::signature::Signers;
use crate::bundle::{self, Bundle, LoadError};
use crate::case::Trial;
use crate::delivery::Delivery;

/// The first bundle, and what gets later ones. `name` is this worker's, `now` in Unix seconds.
pub fn open(
    config: &mut Config,
    secret: &[u8],
    name: String,
    now: u64,
) -> Result<(Bundle, Option<Delivery>), LoadError> {
    let wrong = |text: &str| Err(LoadError(text.to_owned()));
    match (&config.bundle, config.bundle_fetch.take()) {
        (Some(inline), None) => Ok((in_configuration(config, inline, now)?, None)),
        (None, Some(fetch)) => {
            if !config.bundle_signatures.is_empty() {
                return wrong(
                    "`bundle_signatures` are those of `bundle`; a fetched one brings its own",
                );
            }
            let Some(signers) = config.bundle_signers.take() else {
                return wrong(
                    "`bundle_fetch` needs `bundle_signers`: say whose signatures make a fetched bundle good",
                );
            };
            let delivery = Delivery::new(fetch, signers, secret, name, now.saturating_mul(1000))?;
            Ok((Bundle::none(), Some(delivery)))
        }
        (Some(_), Some(_)) => wrong("`bundle` and `bundle_fetch` exclude each other: keep one"),
        (None, None) => wrong("there is no `bundle`, and no `bundle_fetch` to get one from"),
    }
}

fn in_configuration(config: &Config, inline: &str, now: u64) -> Result<Bundle, LoadError> {
    let file = base64("bundle", inline)?;
    let bundle = Bundle::decode(&file)?;
    if let Some(signers) = config.bundle_signers.clone() {
        Signers::new(signers)?.take(&config.bundle_signatures, &bundle)?;
    }
    if bundle.is_expired(now) {
        return Err(LoadError("the bundle is past its `not_after`: release it anew".into()));
    }
    let trial = Trial::new(bundle::cases(&file)?, &bundle);
    let passed = trial.and_then(|trial| trial.finish(&bundle));
    passed.map_err(|why| LoadError(format!("the bundle is refused: {why}")))?;
    Ok(bundle)
}
