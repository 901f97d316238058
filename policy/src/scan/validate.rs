/*! What a match must satisfy beyond its pattern: checksums, number plans, entropy. */

mod aba;
mod basic;
mod bitcoin;
mod card;
mod crc32;
mod digits;
mod email;
mod iban;
mod itin;
mod jwt;
mod national;
mod phone;
mod secret;
mod ssn;

use serde::{Deserialize, Serialize};

use super::pattern::PatternSpec;

/// The validators that a pattern may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validator {
    /// Issuer ranges, the lengths of each brand, and Luhn's check digit.
    PaymentCard,
    /// Areas, groups and serials that the Social Security Administration may issue.
    UsSsn,
    /// The CRC-32 in base 62 at the end of GitHub's and npm's tokens.
    #[serde(rename = "crc32-base62")]
    Crc32Base62,
    /// A header that reads as JSON and names an algorithm.
    Jwt,
    /// A domain that is none of a file, a package or a remote repository.
    Email,
    /// A country of the IBAN registry (ISO 13616), the length of its numbers, and MOD 97-10.
    Iban,
    /// Nine digits that a bank in the United States may have: known prefix and check digit.
    AbaRouting,
    /// No placeholder, reference, address, date, UUID or word.
    Secret,
    /// And letters and digits, or capital letters inside, as what was made at random has.
    RandomSecret,
    /// User and password in base64 (RFC 7617).
    BasicCredentials,
    /// A country code of E.164 with so many digits as its numbers have, or a national number.
    Phone,
    /// Groups that the Internal Revenue Service gives out to taxpayers without an SSN.
    UsItin,
    /// Modulus 11 of an NHS number.
    UkNhs,
    /// Prefixes that HM Revenue and Customs uses.
    UkNino,
    /// A Social Insurance Number of Canada: first digit and Luhn.
    CaSin,
    /// Both check digits of a CPF.
    BrCpf,
    /// The Verhoeff digit of an Aadhaar.
    InAadhaar,
    /// The letter of a DNI or NIE.
    EsNif,
    /// Date and check digit of a PESEL.
    PlPesel,
    /// The letter of an NRIC or FIN.
    SgNric,
    /// The checksum of base58 or bech32.
    BtcAddress,
}

impl Validator {
    /// How many bytes before a match it looks at.
    pub(super) fn reach_before(self) -> usize {
        if self == Self::Email { email::USER_MAX } else { 0 }
    }

    /// A digit or more of the value follow from the others: hardly any other value fits by chance.
    pub(super) fn has_check_digit(self) -> bool {
        matches!(
            self,
            Self::PaymentCard
                | Self::Crc32Base62
                | Self::Iban
                | Self::AbaRouting
                | Self::UkNhs
                | Self::CaSin
                | Self::BrCpf
                | Self::InAadhaar
                | Self::EsNif
                | Self::PlPesel
                | Self::SgNric
                | Self::BtcAddress
        )
    }

    /// What it checks has so few values, most of them known to be given out, that all can be tried.
    #[cfg(feature = "compile")]
    pub(crate) fn is_guessable(self) -> bool {
        match self {
            Self::Crc32Base62 | Self::Jwt | Self::Email | Self::RandomSecret | Self::BtcAddress => {
                false
            }
            // People choose passwords.
            Self::Secret | Self::BasicCredentials => true,
            Self::PaymentCard
            | Self::UsSsn
            | Self::Iban
            | Self::AbaRouting
            | Self::Phone
            | Self::UsItin
            | Self::UkNhs
            | Self::UkNino
            | Self::CaSin
            | Self::BrCpf
            | Self::InAadhaar
            | Self::EsNif
            | Self::PlPesel
            | Self::SgNric => true,
        }
    }

    /// `before` and `after` are what stands around the text.
    fn accepts(self, before: &[u8], text: &[u8], after: &[u8]) -> bool {
        match self {
            Self::PaymentCard => card::choose(text, std::iter::once(text.len())).is_some(),
            Self::UsSsn => ssn::may_be_issued(text),
            Self::Crc32Base62 => crc32::checksum_fits(text),
            Self::Jwt => jwt::header_names_algorithm(text),
            Self::Email => !email::is_behind_user(before) && email::is_address(text, after),
            Self::Iban => iban::is_account(text),
            Self::AbaRouting => aba::is_routing_number(text),
            Self::Secret => secret::may_be(text),
            Self::RandomSecret => secret::is_random(text),
            Self::BasicCredentials => basic::are_credentials(text),
            Self::Phone => phone::is_number(text),
            Self::UsItin => itin::may_be_issued(text),
            Self::UkNhs => national::is_nhs(text),
            Self::UkNino => national::is_nino(text),
            Self::CaSin => national::is_sin(text),
            Self::BrCpf => national::is_cpf(text),
            Self::InAadhaar => national::is_aadhaar(text),
            Self::EsNif => national::is_nif(text),
            Self::PlPesel => national::is_pesel(text),
            Self::SgNric => national::is_nric(text),
            Self::BtcAddress => bitcoin::is_address(text),
        }
    }
}

impl PatternSpec {
    /// The first of `lengths`, longest first, at which `text` is a finding, and how many bytes were
    /// looked at to see. The text goes on after the longest, as far as a boundary may look.
    pub(super) fn choose(
        &self,
        before: &[u8],
        text: &[u8],
        lengths: impl Iterator<Item = usize>,
    ) -> (Option<usize>, usize) {
        if self.validate == Some(Validator::PaymentCard) {
            let lengths = lengths.filter(|length| *length >= self.min_length as usize);
            return (card::choose(text, lengths), 2 * text.len());
        }
        self.first(text, lengths, |text, after| self.accepts(before, text, after))
    }

    /// The same where `text` is all of a value, and what it looks like inside is no code around it.
    pub(super) fn choose_whole(
        &self,
        text: &[u8],
        lengths: impl Iterator<Item = usize>,
    ) -> (Option<usize>, usize) {
        self.first(text, lengths, |text, after| match self.validate {
            Some(Validator::Secret) => secret::may_be_whole(text) && self.is_mixed_enough(text),
            Some(Validator::RandomSecret) => {
                secret::is_random_whole(text) && self.is_mixed_enough(text)
            }
            _ => self.accepts(&[], text, after),
        })
    }

    fn first(
        &self,
        text: &[u8],
        lengths: impl Iterator<Item = usize>,
        accepts: impl Fn(&[u8], &[u8]) -> bool,
    ) -> (Option<usize>, usize) {
        let mut lengths = lengths.filter(|length| *length >= self.min_length as usize);
        let mut work = 0;
        let chosen = lengths.find(|length| {
            work += length;
            let parts = text.split_at_checked(*length);
            parts.is_some_and(|(text, after)| accepts(text, after))
        });
        (chosen, work)
    }

    fn accepts(&self, before: &[u8], text: &[u8], after: &[u8]) -> bool {
        self.validate.is_none_or(|validator| validator.accepts(before, text, after))
            && self.is_mixed_enough(text)
    }

    fn is_mixed_enough(&self, text: &[u8]) -> bool {
        self.min_entropy.is_none_or(|floor| entropy(text) >= floor)
    }
}

/// Shannon entropy in bits per byte.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for &byte in text {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = text.len() as f64;
    let share = |count: u32| f64::from(count) / total;
    counts.into_iter().filter(|&count| count > 0).map(|c| -share(c) * share(c).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::entropy;

    #[test]
    fn entropy_of_known_texts() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abcd"), 2.0);
        assert!(entropy(b"0123456789abcdef") > 3.9);
    }
}
