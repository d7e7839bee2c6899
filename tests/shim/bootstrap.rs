//! Builds of rustc itself, in which cargo runs a program of bootstrap's that runs the compiler.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, Reported, Shim, library, script, stdout_of};

use crate::long_arguments::TOO_LONG;
use crate::{build, shim};

/// A build with such a program in front of a compiler.
struct Bootstrap {
    shim: Shim,
    daemon: Daemon,
    library: nix_sccache_tests::Library,
    directory: tempfile::TempDir,
}

impl Bootstrap {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        script(
            &directory.path().join("rustc"),
            "#!/bin/sh\nexec $RUSTC_WRAPPER_REAL \"$RUSTC_REAL\" \"$@\" $MAGIC_EXTRA_RUSTFLAGS\n",
        );
        let bootstrap = Self {
            shim: shim(),
            daemon: Daemon::start(),
            library: library("hello"),
            directory,
        };
        let sysroot = stdout_of(Command::new("rustc").args(["--print", "sysroot"]));
        let installed = Path::new(sysroot.trim());
        for stage in ["stage0", "stage1"] {
            symlink(installed, bootstrap.directory.path().join(stage)).unwrap();
        }
        bootstrap
    }

    fn build(&self, stage: &str, variables: &[(&str, &str)]) -> Reported {
        let compiler = self.directory.path().join(stage).join("bin/rustc");
        let host = stdout_of(Command::new("rustc").args(["--print", "host-tuple"]));
        let mut run = self.shim.run(&self.daemon);
        run.env("RUSTC", self.directory.path().join("rustc"))
            .env("RUSTC_REAL", &compiler)
            .env("RUSTC_SNAPSHOT", &compiler)
            .env("CARGO_BUILD_TARGET", host.trim())
            .envs(variables.iter().copied());
        let built = build(run, &self.library);
        assert_eq!(built.code, Some(0), "{built:#?}");
        built
    }
}

/// Flags that come from variables alone are in the keys.
#[test]
fn what_bootstrap_adds_is_in_the_keys() {
    let bootstrap = Bootstrap::new();
    for (variables, expected) in [
        (&[][..], (0, 2)),
        (&[], (2, 0)),
        (&[("MAGIC_EXTRA_RUSTFLAGS", "--cfg=other")], (0, 2)),
        // What makes no other crate.
        (&[("RUSTC_VERBOSE", "1")], (2, 0)),
    ] {
        let built = bootstrap.build("stage0", variables);
        assert_eq!(
            built.hits_and_misses(),
            expected,
            "{variables:?} {built:#?}"
        );
    }
}

/// So is the compiler, whichever stage it is of.
#[test]
fn compilers_of_stages_are_in_the_keys() {
    let bootstrap = Bootstrap::new();
    for (stage, expected) in [("stage0", (0, 2)), ("stage1", (0, 2)), ("stage1", (2, 0))] {
        let built = bootstrap.build(stage, &[]);
        assert_eq!(built.hits_and_misses(), expected, "{stage} {built:#?}");
    }
}

/// Cargo calls the shim for bootstrap's program, and that calls it for the compiler, as bootstrap has it at stage 0 from 1.89 on: it
/// is one call.
#[test]
fn a_call_within_a_call_is_none() {
    let bootstrap = Bootstrap::new();
    let wrapper = bootstrap.shim.program("sccache");
    let variables = [("RUSTC_WRAPPER_REAL", wrapper.to_str().unwrap())];
    for expected in [(0, 2), (2, 0)] {
        let built = bootstrap.build("stage0", &variables);
        assert_eq!(built.hits_and_misses(), expected, "{built:#?}");
    }
}

/// From 1.98 on bootstrap's program reads the file in which cargo gives it more arguments than a command line holds, and calls the
/// shim with one that names the compiler as well.
#[test]
fn more_arguments_than_a_command_line_holds() {
    let bootstrap = Bootstrap::new();
    let directory = bootstrap.directory.path();
    let text = format!(
        "#!/bin/sh\ncase $* in\n*@*) file={}/arguments.$$ ;;\n*) exec $RUSTC_WRAPPER_REAL \"$RUSTC_REAL\" \"$@\" ;;\nesac\n\
         {{ echo \"$RUSTC_REAL\"; cat \"${{1#@}}\"; }} >$file\n\
         $RUSTC_WRAPPER_REAL @$file && rm $file\n",
        directory.display(),
    );
    script(&directory.join("rustc"), &text);
    bootstrap.library.write("base/build.rs", TOO_LONG);
    let wrapper = bootstrap.shim.program("sccache");
    let wrapper = wrapper.to_str().unwrap();
    // Behind bootstrap's program alone, as at later stages, and on both sides of it.
    let behind = [("RUSTC_WRAPPER", ""), ("RUSTC_WRAPPER_REAL", wrapper)];
    let both = [("RUSTC_WRAPPER_REAL", wrapper)];
    for (variables, expected) in [
        (&behind[..], (0, 4)),
        (&behind[..], (4, 0)),
        // The build script is the same.
        (&both[..], (1, 3)),
        (&both[..], (4, 0)),
    ] {
        let built = bootstrap.build("stage0", variables);
        assert_eq!(
            built.hits_and_misses(),
            expected,
            "{variables:?} {built:#?}"
        );
        assert_eq!(built.troubles(), 0, "{variables:?} {built:#?}");
    }
}
