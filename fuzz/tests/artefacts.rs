/*! What a bundle server may answer, before anybody vouches for it. */

use bolero::check;
use policy::delivery::artefact::{read, write};

#[test]
fn artefacts() {
    check!().for_each(|file: &[u8]| {
        if let Ok(artefact) = read(file) {
            let again = write(artefact.bundle, &artefact.signatures);
            assert_eq!(read(&again).unwrap(), artefact);
        }
    });
}

#[test]
fn damaged_artefacts() {
    let good = write(&fuzz::compiled(), &["a.b.c".into(), "d.e.f".into()]);
    check!().with_type::<(u8, u8, u32)>().for_each(|(at, byte, cut)| {
        let mut file = good.clone();
        file[usize::from(*at) % 64] = *byte;
        file.truncate(*cut as usize % (2 * good.len()));
        let _ = read(&file);
    });
}
