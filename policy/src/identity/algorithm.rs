/*! Signature algorithms, and the public keys that each belong to exactly one of them. */

use jwt_simple::prelude::*;
use serde::{Deserialize, Serialize};

/// What a JWK's `kty` and `crv` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Rsa,
    P256,
    P384,
    Ed25519,
}

macro_rules! algorithms {
    ($($algorithm:ident: $family:ident, $key:ident, [$($name:literal),+];)*) => {
        /// No HMAC and no `none`: a verifier must not hold what it takes to sign.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Algorithm {
            $($algorithm,)*
        }

        impl Algorithm {
            pub const ALL: &'static [Algorithm] = &[$(Algorithm::$algorithm,)*];

            /// Names by which a header or a JWK may call it.
            pub(super) fn names(self) -> &'static [&'static str] {
                match self { $(Self::$algorithm => &[$($name),+],)* }
            }

            pub(super) fn family(self) -> Family {
                match self { $(Self::$algorithm => Family::$family,)* }
            }
        }

        pub(super) enum PublicKey {
            $($algorithm($key),)*
        }

        impl PublicKey {
            pub(super) fn from_jwk(algorithm: Algorithm, jwk: &str) -> Option<Self> {
                match algorithm {
                    $(Algorithm::$algorithm => $key::from_jwk(jwk).ok().map(Self::$algorithm),)*
                }
            }

            /// Whether the token was signed by this key, with this key's algorithm.
            pub(super) fn signed(&self, token: &str, options: VerificationOptions) -> bool {
                match self {
                    $(Self::$algorithm(key) => {
                        key.verify_token::<NoCustomClaims>(token, Some(options)).is_ok()
                    })*
                }
            }
        }
    };
}

algorithms! {
    RS256: Rsa, RS256PublicKey, ["RS256"];
    RS384: Rsa, RS384PublicKey, ["RS384"];
    RS512: Rsa, RS512PublicKey, ["RS512"];
    PS256: Rsa, PS256PublicKey, ["PS256"];
    PS384: Rsa, PS384PublicKey, ["PS384"];
    PS512: Rsa, PS512PublicKey, ["PS512"];
    ES256: P256, ES256PublicKey, ["ES256"];
    ES384: P384, ES384PublicKey, ["ES384"];
    EdDSA: Ed25519, Ed25519PublicKey, ["EdDSA", "Ed25519"];
}

impl Algorithm {
    pub(super) fn is_called(self, name: &str) -> bool {
        self.names().contains(&name)
    }
}
