//! More arguments than a command line holds: cargo writes them into a file.

use nix_sccache_tests::{Daemon, library};

use crate::{build, shim};

/// A build script that gives rustc an argument that is too long by itself.
pub const TOO_LONG: &str =
    "fn main() { println!(\"cargo:rustc-cfg=long=\\\"{}\\\"\", \"x\".repeat(140_000)); }\n";

/// A crate with very many features is served as others are.
#[test]
fn a_crate_with_too_many() {
    let (shim, daemon) = (shim(), Daemon::start());
    let library = library("hello");
    let features: Vec<_> = (0..6000)
        .map(|number| format!("a-feature-with-a-name-that-is-long-{number:05} = []\n"))
        .collect();
    let manifest = format!(
        "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[features]\n{}",
        features.concat()
    );
    library.write("base/Cargo.toml", &manifest);
    library.write("base/build.rs", TOO_LONG);
    let library = library.locked();
    for expected in [(0, 4), (4, 0)] {
        let built = build(shim.run(&daemon), &library);
        assert_eq!(built.code, Some(0), "{built:#?}");
        assert_eq!(built.hits_and_misses(), expected, "{:?}", built.report);
        assert_eq!(built.troubles(), 0, "{:?}", built.report);
    }
}
