//! The embedded bundles are part of the program: build it anew when one of them changes.
fn main() {
    println!("cargo:rerun-if-changed=../policy-bundles");
}
