/*! What a release takes the place of, as far as the files beside it tell. Serials have to rise: gateways
that took the former one refuse the new one otherwise, long after it was built. */

use std::path::Path;

use policy::bundle::Bundle;
use policy::bundle::signature::Statement;
use policy::delivery::artefact;

/// What a file held, or a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    revision: String,
    serial: u64,
}

impl Former {
    /// `None`: no file, or none that could be released.
    pub fn compiled(file: &Path) -> Option<Self> {
        Self::of(&std::fs::read(file).ok()?)
    }

    pub fn packed(file: &Path) -> Option<Self> {
        let file = std::fs::read(file).ok()?;
        Self::of(artefact::read(&file).ok()?.bundle)
    }

    /// Of several, the one with the highest serial.
    pub fn signed<'s>(statements: impl Iterator<Item = &'s Statement>) -> Option<Self> {
        let newest = statements.max_by_key(|statement| statement.serial)?;
        Some(Self { revision: newest.revision.clone(), serial: newest.serial })
    }

    fn of(compiled: &[u8]) -> Option<Self> {
        let Bundle { revision, serial, .. } = Bundle::decode(compiled).ok()?;
        Some(Self { revision, serial })
    }
}

/// A warning where the serial did not rise. `replaces`: the highest serial that a step back is signed
/// for, which need not.
pub fn not_raised(
    former: Option<Former>,
    file: &Path,
    bundle: &Bundle,
    replaces: Option<u64>,
) -> Option<String> {
    let former = former.filter(|former| former.revision != bundle.revision)?;
    let taken = bundle.serial > former.serial || replaces.is_some_and(|last| last >= former.serial);
    (!taken).then(|| {
        format!(
            "`{}` was of another revision with serial {}, and this one has {}: gateways that took the former refuse it; raise `serial` in bundle.yaml",
            file.display(),
            former.serial,
            bundle.serial
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use policy::bundle::Bundle;
    use policy::delivery::artefact;

    use super::{Former, not_raised};
    use crate::bundle::load;

    fn bundle(folder: &Path, serial: u64, version: &str) -> Vec<u8> {
        let file = folder.join("b.yaml");
        let text = format!("bundle: {{name: b, version: '{version}', serial: {serial}}}\n");
        std::fs::write(&file, text).unwrap();
        load(&[file]).unwrap()
    }

    #[test]
    fn a_serial_has_to_rise_from_one_revision_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (out, packed) = (folder.path().join("out"), folder.path().join("packed"));
        let first = bundle(folder.path(), 3, "1");
        std::fs::write(&out, &first).unwrap();
        std::fs::write(&packed, artefact::write(&first, &[])).unwrap();
        let statement = Bundle::decode(&first).unwrap().statement();
        let formers = [
            Former::compiled(&out),
            Former::packed(&packed),
            Former::signed([&statement].into_iter()),
        ];
        for former in formers {
            assert!(former.is_some());
            let warned = |serial, version, replaces| {
                let next = Bundle::decode(&bundle(folder.path(), serial, version)).unwrap();
                not_raised(former.clone(), &out, &next, replaces)
            };
            for serial in [2, 3] {
                let told = warned(serial, "2", None).unwrap();
                let both = format!("with serial 3, and this one has {serial}: ");
                assert!(told.contains(&both) && told.contains("raise `serial`"), "{told}");
                assert!(warned(serial, "2", Some(2)).is_some());
                assert_eq!(warned(serial, "2", Some(3)), None, "a step back is signed for");
            }
            assert_eq!(warned(4, "2", None), None);
            assert_eq!(warned(3, "1", None), None, "the same revision");
        }
        std::fs::write(&out, "anything").unwrap();
        assert_eq!((Former::compiled(&out), Former::packed(&out)), (None, None));
    }
}
