//! Workspace wrappers, and compilers of C.

use std::fmt::Write as _;
use std::process::Command;

use nix_sccache_tests::{Daemon, Reported, Shim, library, reported, script, variable};

use crate::{build, shim};

/// Clippy is a workspace wrapper: `sccache clippy-driver rustc …`.
#[test]
fn clippy() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.write(
        "base/src/lib.rs",
        "pub fn add(a: u32, b: u32) -> u32 { return a + b; }\n",
    );
    // The program is only checked, and served as well.
    for expected in [(0, 3), (3, 0)] {
        library.clean();
        let mut run = shim.run(&daemon);
        run.current_dir(library.path());
        let checked = reported(run, ["cargo", "clippy", "--offline"]);
        checked.assert_counts(expected);
        assert!(
            checked.stderr.contains("unneeded `return` statement"),
            "{checked:#?}"
        );
    }
    // What clippy found is not what a plain check finds.
    library.clean();
    let mut run = shim.run(&daemon);
    run.current_dir(library.path());
    let checked = reported(run, ["cargo", "check", "--offline"]);
    checked.assert_counts((0, 3));
    assert!(!checked.stderr.contains("unneeded"), "{checked:#?}");
}

/// So is cargo-auditable, which puts the dependencies into the program.
#[test]
fn cargo_auditable() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut programs = Vec::new();
    for expected in [(0, 2), (2, 0)] {
        library.clean();
        let mut run = shim.run(&daemon);
        run.current_dir(library.path());
        let built = reported(
            run,
            [
                &variable("NIX_SCCACHE_TEST_CARGO_AUDITABLE"),
                "auditable",
                "build",
                "--release",
                "--offline",
            ],
        );
        built.assert_counts(expected);
        programs.push(std::fs::read(library.program()).unwrap());
    }
    assert!(programs[0] == programs[1]);
    let has_dependencies = programs[0].windows(8).any(|window| window == b".dep-v0\0");
    assert!(has_dependencies, "cargo-auditable did nothing");
}

/// A wrapper of the user's own goes on being called, and is part of the key.
#[test]
fn a_wrapper_of_ones_own() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let wrapper = library.path().join("wrapper");
    for (word, expected) in [("one", (0, 2)), ("one", (2, 0)), ("two", (0, 2))] {
        script(&wrapper, &format!("#!/bin/sh\nexec \"$@\" --cfg={word}\n"));
        let mut run = shim.run(&daemon);
        run.env("RUSTC_WORKSPACE_WRAPPER", &wrapper);
        let built = build(run, &library);
        built.assert_counts(expected);
    }
}

/// What nixpkgs' wrapper of rustc adds from the environment is in the key.
#[test]
fn flags_of_nixpkgs_rustc_are_in_the_key() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let rustc = library.path().join("rustc");
    script(&rustc, "#!/bin/sh\nexec rustc \"$@\" $NIX_RUSTFLAGS\n");
    for (flags, expected) in [
        (None, (0, 2)),
        (Some("-Cdebuginfo=1"), (0, 2)),
        (Some("-Cdebuginfo=1"), (2, 0)),
        (None, (2, 0)),
    ] {
        let mut run = shim.run(&daemon);
        run.env("RUSTC", &rustc);
        if let Some(flags) = flags {
            run.env("NIX_RUSTFLAGS", flags);
        }
        let built = build(run, &library);
        built.assert_counts(expected);
    }
}

/// So is what rustc itself reads there, and which decides whether a crate compiles at all.
#[test]
fn rustcs_own_variables_are_in_the_key() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.write(
        "base/src/lib.rs",
        "#![feature(never_type)]\npub fn add(a: u32, b: u32) -> u32 { a + b }\n",
    );
    for (bootstrap, code) in [("1", Some(0)), ("0", Some(101)), ("1", Some(0))] {
        let mut run = shim.run(&daemon);
        run.env("RUSTC_BOOTSTRAP", bootstrap);
        let built = build(run, &library);
        assert_eq!(built.code, code, "{bootstrap} {built:#?}");
    }
}

fn compile_c(
    shim: &Shim,
    daemon: &Daemon,
    directory: &std::path::Path,
    change: impl FnOnce(&mut Command),
) -> Reported {
    let mut run = shim.run(daemon);
    run.current_dir(directory);
    change(&mut run);
    let sccache = shim.program("sccache");
    reported(
        run,
        [
            sccache.to_str().unwrap(),
            "gcc",
            "-O2",
            "-c",
            "a.c",
            "-o",
            "a.o",
        ],
    )
}

#[test]
fn c_is_cached() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), tempfile::tempdir().unwrap());
    std::fs::write(directory.path().join("a.c"), "int a(void) { return 1; }\n").unwrap();
    let compile = |change: fn(&mut Command)| {
        let built = compile_c(&shim, &daemon, directory.path(), change);
        assert_eq!(built.code, Some(0), "{built:#?}");
        built.hits_and_misses()
    };
    assert_eq!(compile(|_| {}), (0, 1));
    assert_eq!(compile(|_| {}), (1, 0));
    let object = std::fs::read(directory.path().join("a.o")).unwrap();
    let direct = Command::new("gcc")
        .current_dir(directory.path())
        .args(["-O2", "-c", "a.c", "-o", "b.o"])
        .status()
        .unwrap();
    assert!(direct.success());
    assert!(object == std::fs::read(directory.path().join("b.o")).unwrap());
    // Languages that are not to be wrapped go straight to their compilers.
    assert_eq!(
        compile(|run| _ = run.env("NIX_SCCACHE_WRAP", "rust,c++")),
        (0, 0)
    );
}

/// A compiler under the same name that is another one is another one to the cache.
#[test]
fn another_compiler_is_another_key() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), tempfile::tempdir().unwrap());
    std::fs::write(directory.path().join("a.c"), "int a(void) { return A; }\n").unwrap();
    let compiler = directory.path().join("gcc");
    let sccache = shim.program("sccache");
    for (define, expected) in [("1", (0, 1)), ("1", (1, 0)), ("2", (0, 1))] {
        script(
            &compiler,
            &format!("#!/bin/sh\nexec /usr/bin/gcc -DA={define} \"$@\"\n"),
        );
        let mut run = shim.run(&daemon);
        run.current_dir(directory.path());
        let built = reported(
            run,
            [
                sccache.to_str().unwrap(),
                compiler.to_str().unwrap(),
                "-c",
                "a.c",
                "-o",
                "a.o",
            ],
        );
        built.assert_counts(expected);
    }
}

/// So is a rustc that is a script, as nixpkgs' own is: what is written in it goes into what
/// it compiles.
#[test]
fn another_rustc_is_another_key() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let rustc = library.path().join("rustc");
    for (word, expected) in [("one", (0, 2)), ("one", (2, 0)), ("two", (0, 2))] {
        script(
            &rustc,
            &format!("#!/bin/sh\nexec rustc \"$@\" --cfg={word}\n"),
        );
        let mut run = shim.run(&daemon);
        run.env("RUSTC", &rustc);
        let built = build(run, &library);
        built.assert_counts(expected);
    }
}

/// Within one session, which remembers what files there are.
#[test]
fn two_compilers_in_one_session() {
    let (shim, directory) = (shim(), tempfile::tempdir().unwrap());
    std::fs::write(directory.path().join("a.c"), "int a(void) { return A; }\n").unwrap();
    let mut compile = String::new();
    for (name, define) in [("one", "1"), ("two", "2"), ("one", "1"), ("two", "2")] {
        let compiler = directory.path().join(name).join("gcc");
        std::fs::create_dir_all(compiler.parent().unwrap()).unwrap();
        script(
            &compiler,
            &format!("#!/bin/sh\nexec /usr/bin/gcc -DA={define} \"$@\"\n"),
        );
        let sccache = shim.program("sccache");
        let (sccache, compiler) = (sccache.display(), compiler.display());
        writeln!(compile, "{sccache} {compiler} -c a.c -o {name}.o").unwrap();
    }
    let mut run = shim.run_with("ephemeral");
    run.current_dir(directory.path());
    let built = reported(run, ["sh", "-ec", &compile]);
    built.assert_counts((2, 2));
    let object = |name| std::fs::read(directory.path().join(name)).unwrap();
    assert!(object("one.o") != object("two.o"));
}
