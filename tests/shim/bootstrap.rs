//! Builds of rustc itself, in which cargo runs a program of bootstrap's that runs the compiler.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, Reported, Shim, library, script, stdout_of};

use crate::{build, shim};

/// A build with such a program in front of a compiler.
struct Bootstrap {
    shim: Shim,
    daemon: Daemon,
    library: nix_sccache_tests::Library,
    folder: tempfile::TempDir,
}

impl Bootstrap {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        script(
            &folder.path().join("rustc"),
            "#!/bin/sh\nexec \"$RUSTC_REAL\" \"$@\" $MAGIC_EXTRA_RUSTFLAGS\n",
        );
        let bootstrap = Self {
            shim: shim(),
            daemon: Daemon::start(),
            library: library("hello"),
            folder,
        };
        let sysroot = stdout_of(Command::new("rustc").args(["--print", "sysroot"]));
        let installed = Path::new(sysroot.trim());
        for stage in ["stage0", "stage1"] {
            symlink(installed, bootstrap.folder.path().join(stage)).unwrap();
        }
        let libraries = bootstrap.folder.path().join("sysroot/lib/rustlib/x/lib");
        fs::create_dir_all(libraries).unwrap();
        bootstrap
    }

    /// What it has built so far of the standard library.
    fn has_library(&self, contents: &str) {
        let file = self
            .folder
            .path()
            .join("sysroot/lib/rustlib/x/lib/libstd-1.rlib");
        fs::write(file, contents).unwrap();
    }

    fn build(&self, stage: &str, variables: &[(&str, &str)]) -> Reported {
        let compiler = self.folder.path().join(stage).join("bin/rustc");
        let host = stdout_of(Command::new("rustc").args(["--print", "host-tuple"]));
        let mut run = self.shim.run(&self.daemon);
        run.env("RUSTC", self.folder.path().join("rustc"))
            .env("RUSTC_REAL", &compiler)
            .env("RUSTC_SNAPSHOT", &compiler)
            .env("RUSTC_SYSROOT", self.folder.path().join("sysroot"))
            .env("CARGO_BUILD_TARGET", host.trim())
            .envs(variables.iter().copied());
        let built = build(run, &self.library);
        assert_eq!(built.code, Some(0), "{built:#?}");
        built
    }
}

/// Flags that come from variables alone, and the library that is compiled against, are in the keys.
#[test]
fn what_bootstrap_adds_is_in_the_keys() {
    let bootstrap = Bootstrap::new();
    let expect = |variables: &[(&str, &str)], expected| {
        let built = bootstrap.build("stage0", variables);
        assert_eq!(
            built.hits_and_misses(),
            expected,
            "{variables:?} {built:#?}"
        );
    };
    expect(&[], (0, 2));
    expect(&[], (2, 0));
    expect(&[("MAGIC_EXTRA_RUSTFLAGS", "--cfg=other")], (0, 2));
    expect(&[("RUSTC_LINT_FLAGS", "-Dwarnings")], (0, 2));
    // What makes no other crate.
    expect(&[("RUSTC_VERBOSE", "1")], (2, 0));

    for (contents, expected) in [("one", (0, 2)), ("other", (0, 2)), ("one", (2, 0))] {
        bootstrap.has_library(contents);
        expect(&[], expected);
    }
}

/// A compiler of a later stage is made anew in every build, and by its name it is the same.
#[test]
fn later_stages_are_passed_by() {
    let bootstrap = Bootstrap::new();
    let built = bootstrap.build("stage1", &[]);
    assert_eq!(built.hits_and_misses(), (0, 0), "{built:#?}");
    assert!(
        built
            .report
            .to_string()
            .contains("compiles with a rustc of this very build"),
        "{built:#?}"
    );
}
