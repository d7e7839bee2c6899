//! Procedural macros that are linked as nixpkgs has everything linked: with a run path into the derivation's output.

use std::fs;
use std::path::Path;

use nix_sccache_tests::{Daemon, Reported, Shim, reported, script};
use tempfile::TempDir;

use crate::shim;

const MACRO: &str = r#"
extern crate proc_macro;
#[proc_macro]
pub fn answer(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "42".parse().unwrap() }
"#;

/// nixpkgs' wrappers of compiler and linker, as far as these flags go.
const CC: &str = r#"#!/bin/sh
for flag in $NIX_LDFLAGS; do set -- "$@" "-Wl,$flag"; done
exec cc "$@"
"#;

/// Compiles a macro, and a crate that uses it, in a derivation with this output.
fn compile(shim: &Shim, daemon: &Daemon, folder: &Path, out: &str, before: &str) -> Reported {
    let mut run = shim.run(daemon);
    run.current_dir(folder)
        .env("out", out)
        .env("outputs", "out")
        .env(
            "NIX_LDFLAGS",
            format!("-rpath {out}/lib -rpath /of/another/lib"),
        )
        .env("NIX_SCCACHE_LINKS", "all")
        .env("CARGO", "cargo");
    let build = format!(
        "{before} $RUSTC_WRAPPER rustc --crate-name answer --edition 2024 --crate-type proc-macro --emit dep-info,link \
         -C linker=$PWD/cc -C linker-features=-lld --out-dir . answer.rs && \
         $RUSTC_WRAPPER rustc --crate-name user --edition 2024 --crate-type lib --emit dep-info,link \
         --extern answer=libanswer.so --out-dir . user.rs"
    );
    let built = reported(run, ["sh", "-c", &build]);
    assert_eq!(built.code, Some(0), "{built:#?}");
    built
}

/// Whose uses hit in the next derivation; where the package's own macro may leave the build, it is
/// linked as it would have been without us.
#[test]
fn uses_of_a_dependencys_macro_hit() {
    let (shim, folder) = (shim(), TempDir::new().unwrap());
    script(&folder.path().join("cc"), CC);
    fs::write(folder.path().join("answer.rs"), MACRO).unwrap();
    fs::write(
        folder.path().join("user.rs"),
        "pub const ANSWER: u32 = answer::answer!();\n",
    )
    .unwrap();
    let run_paths = || {
        let library = fs::read(folder.path().join("libanswer.so")).unwrap();
        let library = String::from_utf8_lossy(&library).into_owned();
        (
            library.contains("/nix/store/"),
            library.contains("/of/another/lib"),
        )
    };
    for (before, expected, has_own) in [
        ("", (2, 0), false),
        // It is linked anew, and what uses it compiled.
        ("CARGO_PRIMARY_PACKAGE=1", (1, 1), true),
        // Nobody installs it, as cargo has another directory for what is built for the target.
        (
            "CARGO_PRIMARY_PACKAGE=1 CARGO_BUILD_TARGET=any",
            (2, 0),
            false,
        ),
    ] {
        let daemon = Daemon::start();
        compile(&shim, &daemon, folder.path(), "/nix/store/first", before);
        let built = compile(&shim, &daemon, folder.path(), "/nix/store/second", before);
        assert_eq!(built.hits_and_misses(), expected, "{before}: {built:#?}");
        assert_eq!(run_paths(), (has_own, true), "{before}");
    }
}
