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
    let own = "CARGO_PRIMARY_PACKAGE=1";
    for (before, second, expected, has_own) in [
        ("", "/nix/store/second", (2, 0), false),
        // It is linked anew, and of what uses it that path is of no matter, unless its length makes another library.
        (own, "/nix/store/other", (2, 0), true),
        (own, "/nix/store/second", (1, 1), true),
        // Nobody installs it, as cargo has another directory for what is built for the target.
        (
            "CARGO_PRIMARY_PACKAGE=1 CARGO_BUILD_TARGET=any",
            "/nix/store/second",
            (2, 0),
            false,
        ),
    ] {
        let daemon = Daemon::start();
        compile(&shim, &daemon, folder.path(), "/nix/store/first", before);
        let built = compile(&shim, &daemon, folder.path(), second, before);
        assert_eq!(built.hits_and_misses(), expected, "{before}: {built:#?}");
        assert_eq!(run_paths(), (has_own, true), "{before}");
    }
}

/// One that has the path elsewhere than in its run path is another in the next derivation, and so is a crate that has a copy of it.
#[test]
fn the_path_counts_where_it_may_be_told() {
    let (shim, folder) = (shim(), TempDir::new().unwrap());
    script(&folder.path().join("cc"), CC);
    let tells = MACRO.replace(
        "\"42\".parse()",
        "std::hint::black_box(env!(\"out\")).len().to_string().parse()",
    );
    let uses = "pub const ANSWER: u32 = answer::answer!();\n";
    let copies = format!("{uses}pub const COPY: &[u8] = include_bytes!(\"libanswer.so\");\n");
    for (of_macro, of_user, hits) in [(tells.as_str(), uses, 0), (MACRO, &copies, 1)] {
        fs::write(folder.path().join("answer.rs"), of_macro).unwrap();
        fs::write(folder.path().join("user.rs"), of_user).unwrap();
        let daemon = Daemon::start();
        for (out, hits) in [("/nix/store/first", 0), ("/nix/store/other", hits)] {
            let built = compile(
                &shim,
                &daemon,
                folder.path(),
                out,
                "CARGO_PRIMARY_PACKAGE=1",
            );
            assert_eq!(built.count("hits"), hits, "{out}: {built:#?}");
            let library = fs::read(folder.path().join("libuser.rlib")).unwrap();
            let library = String::from_utf8_lossy(&library).into_owned();
            assert_eq!(library.contains(out), of_user == copies, "{out}");
        }
    }
}
