/*! Why nobody is proven to call. */

/// What the caller learns is `www_authenticate`; `detail` is for the record only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unauthorized {
    pub detail: &'static str,
    /// There was something, and it does not hold.
    offered: bool,
}

impl Unauthorized {
    pub(super) const fn missing(detail: &'static str) -> Self {
        Self { detail, offered: false }
    }

    pub(super) const fn invalid(detail: &'static str) -> Self {
        Self { detail, offered: true }
    }

    /// The challenge of RFC 6750, section 3: no error code where no token was offered.
    pub fn www_authenticate(&self) -> String {
        if self.offered { r#"Bearer error="invalid_token""# } else { "Bearer" }.to_owned()
    }
}
