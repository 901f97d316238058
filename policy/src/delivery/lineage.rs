/*!
Which bundle may follow which. A new one has a higher serial than any seen before. A rollback goes
down instead, and is signed for it: its signatures name the highest serial seen, which it replaces.

So each step raises the highest serial, or keeps it and lowers the active one. No signed bundle or
rollback can be played a second time, whatever a server still holds.
*/

use crate::bundle::signature::{self, Signed, Vouched};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    active: Option<u64>,
    highest: u64,
    /// Part by part, where signers are limited to sections.
    parts: Vouched,
}

impl Lineage {
    pub fn follow(&self, serial: u64, signed: &Signed<'_>) -> Result<Self, String> {
        let highest = self.highest.max(serial).max(signed.highest_replaced().unwrap_or_default());
        let next = Self { active: Some(serial), highest, parts: self.parts.clone() };
        let Some(active) = self.active else { return Ok(next) };
        if serial > self.highest || (serial < active && signed.replaces(self.highest)) {
            return Ok(next);
        }
        let highest = self.highest;
        Err(format!(
            "its serial {serial} is not higher than {highest}, which was active already: raise it, or sign it with `--replaces {highest}`"
        ))
    }

    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Once it is known what the signers of the next one vouched for.
    pub fn vouched(self, next: Vouched) -> Result<Self, String> {
        Ok(Self { parts: signature::follow(&self.parts, next)?, ..self })
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests {
    use jwt_simple::prelude::Ed25519KeyPair;

    use super::Lineage;
    use crate::bundle::signature::{SignerConfig, Signers, SignersConfig, Statement, sign};

    #[test]
    fn serials_rise_and_no_rollback_works_twice() {
        let ada = Ed25519KeyPair::generate();
        let keys = vec![SignerConfig {
            name: "ada".into(),
            key: ada.public_key().to_pem(),
            sections: None,
        }];
        let signers = Signers::new(SignersConfig { keys, required: 1 }).unwrap();
        let step = |from: &Lineage, serial: u64, replaces: Option<u64>| {
            let statement = Statement { revision: "r".into(), serial, replaces, parts: None };
            let signature = sign(&ada.to_pem(), statement.clone(), 0).unwrap();
            let said = signers.hear(&[signature]);
            from.follow(serial, &signers.check(&said, &statement).unwrap())
        };
        let five = step(&Lineage::default(), 5, None).unwrap();
        for (serial, replaces) in [(5, None), (4, None), (5, Some(5)), (4, Some(4)), (4, Some(6))] {
            assert!(step(&five, serial, replaces).is_err(), "{serial} {replaces:?}");
        }
        let six = step(&five, 6, None).unwrap();
        let back = step(&six, 4, Some(6)).unwrap();
        for (serial, replaces) in [(6, None), (5, None), (4, Some(6)), (5, Some(6))] {
            assert!(step(&back, serial, replaces).is_err(), "{serial} {replaces:?}");
        }
        let further = step(&back, 3, Some(6)).unwrap();
        assert!(step(&further, 4, Some(6)).is_err(), "there and back again");
        let seven = step(&further, 7, None).unwrap();
        assert!(step(&seven, 4, Some(6)).is_err());
        // A gateway that starts with a rollback does not take what was rolled back.
        let fresh = step(&Lineage::default(), 4, Some(6)).unwrap();
        assert!(step(&fresh, 6, None).is_err() && step(&fresh, 7, None).is_ok());
    }
}
