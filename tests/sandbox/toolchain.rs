//! Toolchains that are resolved, fetched and patched, and what they build.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nix_sccache_tests::{Built, Host, hosts, root, stdout_of, variable};

/// The channel whose archives there are.
fn channel() -> &'static str {
    let directory = PathBuf::from(variable("NIX_SCCACHE_TEST_DIST")).join("dist");
    let channels = ["stable", "beta", "nightly"];
    let there = |channel: &&str| {
        directory
            .join(format!("channel-rust-{channel}.toml"))
            .exists()
    };
    channels
        .into_iter()
        .find(there)
        .unwrap_or_else(|| panic!("no manifest in {}", directory.display()))
}

/// A command about `tests/sandbox/toolchain.nix`.
fn about(mut command: Command, attribute: &str) -> Command {
    command
        .arg(root().join("tests/sandbox/toolchain.nix"))
        .args(["--attr", attribute])
        .args(["--argstr", "channel", channel()])
        .args(["--argstr", "dist", &variable("NIX_SCCACHE_TEST_DIST")]);
    command
}

/// Builds one of its derivations, unless the store has it.
fn build(host: &Host, attribute: &str) -> Built {
    Built::run(about(host.program("nix-build"), attribute).arg("--no-out-link"))
}

/// One of its values.
fn value(host: &Host, attribute: &str) -> serde_json::Value {
    let mut command = about(host.program("nix-instantiate"), attribute);
    let printed = stdout_of(command.args(["--eval", "--strict", "--json"]));
    serde_json::from_str(&printed).unwrap()
}

/// The compiler runs on nothing of the machine's, has a sysroot of its own, and what it
/// compiles, runs: a procedural macro in the compiler, and a program.
#[test]
fn rustc_compiles() {
    for host in hosts() {
        let toolchain = build(&host, "minimal").path().to_owned();
        let built = build(&host, "rustc");
        let read = |name| fs::read_to_string(built.path().join(name)).unwrap();
        assert_eq!(read("said"), "hello\n");
        assert_eq!(read("sysroot"), format!("{}\n", toolchain.display()));
        let libraries = read("libraries");
        for name in [
            "librustc_driver-",
            "libLLVM",
            "libc.so",
            "libgcc_s.so",
            "libz.so",
        ] {
            assert!(libraries.contains(name), "{libraries}");
        }
        for line in libraries.lines().filter(|line| !line.contains("vdso")) {
            assert!(line.contains("/nix/store/"), "{line}");
            assert!(!line.contains("=> /lib"), "{line}");
            assert!(!line.contains("=> /usr"), "{line}");
        }
    }
}

/// A project's build, through the cache.
#[test]
fn cargo_builds() {
    for host in hosts() {
        let built = build(&host, "hello.minimal");
        let program = built.path().join("bin/hello");
        let said = stdout_of(&mut Command::new(program));
        assert_eq!(said, "hello, world\n");
    }
}

/// Runs the program of one of its derivations where there is nothing but the store.
fn start(host: &Host, attribute: &str) {
    build(host, &format!("linkedBy.{attribute}")).path();
    let mut run = about(host.program("nix-build"), &format!("started.{attribute}"));
    let started = Built::run(run.args(["--no-out-link", "--option", "sandbox-paths", ""]));
    let said = fs::read_to_string(started.path()).unwrap();
    // The program, the macro and the build script are linked with one library.
    let versions: Vec<_> = said.split('"').skip(1).step_by(2).collect();
    let context = format!("{attribute}: {said}");
    assert_eq!(versions.len(), 3, "{context}");
    assert!(versions.iter().all(|one| *one == versions[0]), "{context}");
}

/// What is linked with a library of `buildInputs` finds it where there is no other, by whichever
/// builder it is built.
#[test]
fn programs_start() {
    for host in hosts() {
        for toolchain in ["minimal", "fromPaths", "bareByFromPaths"] {
            start(&host, &format!("{toolchain}.cargo"));
            start(&host, &format!("{toolchain}.buildRustPackage"));
        }
        start(&host, "bare.sccachedRustc");
    }
}

/// So do build scripts and procedural macros, and hardening is in all of them.
#[test]
fn what_runs_in_the_build_finds_its_libraries() {
    for host in hosts() {
        for toolchain in ["minimal", "fromPaths", "bareByFromPaths"] {
            let built = build(&host, &format!("linkedBy.{toolchain}.cargo"));
            let parts: Vec<_> = fs::read_dir(built.path().join("parts")).unwrap().collect();
            assert_eq!(parts.len(), 2, "{parts:?}");
            for part in parts {
                let part = part.unwrap().path();
                let needed = stdout_of(Command::new("readelf").arg("-d").arg(&part));
                for word in ["[libz.so.1]", "-zlib/lib", "BIND_NOW"] {
                    assert!(needed.contains(word), "{}: {needed}", part.display());
                }
            }
        }
    }
}

/// Components that were added are of the same toolchain, and find the compiler's libraries.
#[test]
fn more_components() {
    for host in hosts() {
        build(&host, "hello.withComponents").path();
    }
}

/// A target that was added is one component more, of the same server.
#[test]
fn more_targets() {
    for host in hosts() {
        let urls = value(&host, "urls").to_string();
        assert!(urls.contains("\"file:///dist/dist/"), "{urls}");
        assert!(urls.contains("-wasm32-unknown-unknown.tar.xz\""), "{urls}");
    }
}

/// Packages that are there already, as one toolchain.
#[test]
fn from_paths() {
    for host in hosts() {
        let toolchain = build(&host, "fromPaths");
        let cargo = toolchain.path().join("bin/cargo");
        let target = fs::canonicalize(cargo).unwrap();
        let target = target.display().to_string();
        assert!(target.contains("-cargo-"), "{target}");
        build(&host, "hello.fromPaths").path();
    }
}

/// What get-paths.nix told.
#[test]
fn paths() {
    for host in hosts() {
        let paths = value(&host, "paths");
        let toolchain = build(&host, "minimal").path().display().to_string();
        for name in ["rustc", "cargo"] {
            assert_eq!(paths[name], toolchain.as_str(), "{paths}");
        }
        for name in ["sccache", "curl"] {
            let path = paths[name].as_str().unwrap_or_default();
            assert!(path.starts_with("/nix/store/"), "{paths}");
        }
    }
}
