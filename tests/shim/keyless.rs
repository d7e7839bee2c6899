//! Variables of cargo's that name directories of the build and decide nothing of what is compiled.

use std::process::Command;

use nix_sccache_tests::{Daemon, Library, Reported, Shim, library, reported, rustc, stdout_of};

use crate::shim;

/// Builds it from scratch with a home of cargo's of its own, in the way of cargo-auditable's variables.
fn build(shim: &Shim, daemon: &Daemon, library: &Library, home: &str) -> Reported {
    library.clean();
    // Not rustup's program, which has a home of that name, too.
    let mut run = shim.run(daemon);
    run.current_dir(library.path())
        .env("RUSTC", rustc())
        .env("CARGO_HOME", library.path().join(home))
        .env("CARGO_AUDITABLE_ORIG_ARGS", format!("[\"{home}\"]"));
    reported(run, ["cargo", "build", "--release", "--offline"])
}

#[test]
fn directories_of_cargos_are_in_no_key() {
    let (shim, daemon) = (shim(), Daemon::start());
    let library = library("hello").locked();
    let cold = build(&shim, &daemon, &library, "one");
    assert_eq!(cold.hits_and_misses(), (0, 2), "{cold:#?}");
    let warm = build(&shim, &daemon, &library, "another");
    assert_eq!(warm.hits_and_misses(), (2, 0), "{warm:#?}");
}

/// A crate that reads one gets its own, and no other's entry.
#[test]
fn a_crate_that_reads_one_has_it_in_its_key() {
    let (shim, daemon) = (shim(), Daemon::start());
    let library = library("hello").locked();
    library.write(
        "greeting/src/lib.rs",
        "pub fn greeting() -> String { format!(\"{}\", env!(\"CARGO_HOME\")) }\n",
    );
    let path = |home: &str| format!("{} 3\n", library.path().join(home).display());
    let printed = || stdout_of(&mut Command::new(library.program()));
    let cold = build(&shim, &daemon, &library, "one");
    assert_eq!(cold.hits_and_misses(), (0, 2), "{cold:#?}");
    assert_eq!(printed(), path("one"));
    let other = build(&shim, &daemon, &library, "another");
    assert_eq!(other.hits_and_misses(), (1, 1), "{other:#?}");
    assert_eq!(printed(), path("another"));
    let again = build(&shim, &daemon, &library, "one");
    assert_eq!(again.hits_and_misses(), (2, 0), "{again:#?}");
    assert_eq!(printed(), path("one"));
}

/// What a procedural macro reads rustc may not know.
#[test]
fn what_a_macro_may_read_stays_in_the_key() {
    let (shim, daemon) = (shim(), Daemon::start());
    let library = library("hello").locked();
    library.write(
        "base/Cargo.toml",
        "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n",
    );
    library.write(
        "base/src/lib.rs",
        "use proc_macro::TokenStream;\n\
         #[proc_macro]\npub fn home(_: TokenStream) -> TokenStream {\n\
         format!(\"{:?}\", std::env::var(\"CARGO_HOME\").unwrap()).parse().unwrap()\n}\n",
    );
    library.write(
        "greeting/src/lib.rs",
        "pub fn greeting() -> &'static str { base::home!() }\n",
    );
    library.write(
        "program/src/main.rs",
        "fn main() { println!(\"{}\", greeting::greeting()); }\n",
    );
    for (home, expected) in [("one", (0, 1)), ("another", (0, 1)), ("one", (1, 0))] {
        let built = build(&shim, &daemon, &library, home);
        assert_eq!(built.hits_and_misses(), expected, "{home}: {built:#?}");
        let printed = stdout_of(&mut Command::new(library.program()));
        assert_eq!(
            printed,
            format!("{}\n", library.path().join(home).display())
        );
    }
}
