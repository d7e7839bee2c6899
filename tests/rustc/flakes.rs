//! What the predecessor's flake did, point by point: of this project's own, and of one that has
//! the same text but for the function.

use std::fs;
use std::process::Command;

use nix_sccache_tests::{Built, Host, hosts, root, stdout_of};
use serde_json::{Value, json};

fn about(mut command: Command, attribute: &str) -> Command {
    command
        .arg(root().join("tests/rustc/flakes.nix"))
        .args(["--attr", attribute]);
    command
}

/// What is told of both flakes without building anything.
fn told(host: &Host) -> Value {
    let mut command = about(host.program("nix-instantiate"), "told");
    let printed = stdout_of(command.args(["--eval", "--strict", "--json"]));
    serde_json::from_str(&printed).unwrap()
}

/// Builds the compiler of the predecessor's flake, whose x.py is a stand-in that notes what it finds.
fn compiler(host: &Host, run: &str, fails: &str) -> Built {
    let mut command = about(host.program("nix-build"), "compiler");
    // Another host may have built it.
    let run = format!("{run} {} {}", host.name(), std::process::id());
    Built::run(
        command
            .arg("--no-out-link")
            .args(["--argstr", "run", &run, "--argstr", "fails", fails]),
    )
}

#[test]
fn the_inputs_are_the_predecessors() {
    for host in hosts() {
        let told = told(&host);
        let expected = json!({
            "nixpkgs": "github:meta-introspector/nixpkgs?ref=feature/CRQ-016-nixify",
            "rust-overlay": "github:meta-introspector/rust-overlay?ref=feature/CRQ-016-nixify",
            "rustSrcFlake": "github:meta-introspector/rust?ref=e6c1b92d0abaa3f64032d6662cbcde980c826ff2",
        });
        assert_eq!(told["inputs"]["own"], expected, "{}", host.name());
    }
}

/// For both systems, by one definition, each with its own triple.
#[test]
fn the_outputs_are_the_predecessors() {
    for host in hosts() {
        let told = told(&host);
        let (own, predecessor) = (&told["outputs"]["own"], &told["outputs"]["predecessor"]);
        let packages = json!({ "aarch64-linux": "rustc-1.84.1", "x86_64-linux": "rustc-1.84.1" });
        assert_eq!(own["packages"], packages, "{}", host.name());
        assert_eq!(predecessor["packages"], packages, "{}", host.name());
        assert_eq!(told["function"], "rustc-1.84.1", "{}", host.name());
        assert_eq!(
            told["systems"],
            json!(["aarch64-linux", "x86_64-linux"]),
            "{}",
            host.name()
        );
        assert_eq!(
            told["triples"],
            json!(["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"]),
            "{}",
            host.name()
        );
        // What the source's stage0 file names, with nobody saying so.
        assert_eq!(
            told["toolchains"],
            json!(["1.83.0", "1.83.0"]),
            "{}",
            host.name()
        );
    }
}

/// The shell has the same tools and variables, and the shim besides.
#[test]
fn the_shell_is_the_predecessors() {
    for host in hosts() {
        let told = told(&host);
        for system in ["aarch64-linux", "x86_64-linux"] {
            let mut own = told["outputs"]["own"]["devShells"][system].clone();
            let inputs = own["inputs"].as_array_mut().unwrap();
            let shim = inputs.pop().unwrap();
            assert!(
                shim.as_str().unwrap().starts_with("nix-sccache"),
                "{}: {shim}",
                host.name()
            );
            let predecessor = &told["outputs"]["predecessor"]["devShells"][system];
            assert_eq!(own, *predecessor, "{}", host.name());
            assert_eq!(own["RUSTC_ICE"], "0");
            let names = own["inputs"].to_string();
            for name in [
                "rust-1.92.0-nightly",
                "python3",
                "pip",
                "git",
                "curl",
                "which",
                "cmake",
                "ninja",
                "pkg-config",
                "nix-",
            ] {
                assert!(
                    names.contains(&format!("\"{name}")),
                    "{}: {names}",
                    host.name()
                );
            }
        }
    }
}

/// What `sccachedRustc` made of the source's package: each thing where the predecessor had it, and
/// what it had in the wrong place in the right one.
#[test]
fn the_compiler_is_built_as_the_predecessors() {
    for host in hosts() {
        let built = compiler(&host, "works", "");
        let read = |name| fs::read_to_string(built.path().join(name)).unwrap();
        let seen: Value = serde_json::from_str(&read("seen.json")).unwrap();
        let environment = |name: &str| seen["environment"][name].as_str().unwrap_or_default();

        // The package's own hooks ran, and the script that its configurePhase calls did not.
        assert_eq!(
            read("hooks"),
            "ran preConfigure\nran postConfigure\nran preBuild\nran postBuild\n",
            "{}",
            host.name()
        );

        // sccache and curl are among the inputs and on PATH, and the former is the shim.
        for name in ["curl", "sccache"] {
            let program = seen["programs"][name].as_str().unwrap_or_default();
            assert!(program.ends_with(&format!("/bin/{name}")), "{seen:#}");
            let package = program.trim_end_matches(&format!("/bin/{name}"));
            assert!(
                environment("nativeBuildInputs").contains(package),
                "{seen:#}"
            );
        }
        assert_eq!(
            environment("CURL"),
            seen["programs"]["curl"],
            "{}",
            host.name()
        );
        assert_eq!(
            environment("RUSTC_WRAPPER"),
            seen["programs"]["sccache"],
            "{}",
            host.name()
        );
        assert_ne!(environment("SCCACHE_DIR"), "", "{}", host.name());
        assert_ne!(environment("SCCACHE_SERVER_UDS"), "", "{}", host.name());

        // The same in every build.
        assert_eq!(environment("HOME"), "/build", "{}", host.name());
        assert_eq!(
            environment("CARGO_HOME"),
            "/build/.cargo",
            "{}",
            host.name()
        );

        // x.py, with the config where it looks for it.
        assert_eq!(seen["arguments"][0], "build", "{}", host.name());
        assert_eq!(seen["arguments"][1], "-j", "{}", host.name());
        let folder = seen["folder"].as_str().unwrap();
        assert_eq!(
            environment("RUST_BOOTSTRAP_CONFIG"),
            format!("{folder}/config.toml"),
            "{}",
            host.name()
        );
        let config: toml::Table = read("config.toml").parse().unwrap();
        // At the top there were keys that bootstrap does not know there, and two that it knows nowhere.
        let sections: Vec<_> = config
            .iter()
            .filter(|(_, value)| !value.is_table())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(sections, ["profile"], "{}", host.name());
        let build = config["build"].as_table().unwrap();
        assert_eq!(build["vendor"].as_bool(), Some(true), "{}", host.name());
        for name in ["rustc", "cargo"] {
            let program = build[name].as_str().unwrap();
            assert!(
                program.ends_with(&format!("-rust-1.84.1/bin/{name}")),
                "{program}"
            );
        }
        for (section, key) in [("llvm", "download-ci-llvm"), ("rust", "incremental")] {
            assert_eq!(
                config[section][key].as_bool(),
                Some(false),
                "{}",
                host.name()
            );
        }

        // The date of the stage0 file, which follows the source.
        assert_eq!(read(".rustc-stamp"), "2024-11-28", "{}", host.name());

        // The statistics, and after them nothing is left of the server.
        assert_eq!(
            built.hits_and_misses(),
            (0, 1),
            "{}: {built:#?}",
            host.name()
        );
        assert_eq!(built.troubles(), 0, "{}: {built:#?}", host.name());
    }
}

/// A build that fails tells as well.
#[test]
fn a_failed_build_reports() {
    for host in hosts() {
        let built = compiler(&host, "fails", "1");
        assert_eq!(built.output, None, "{}: {built:#?}", host.name());
        assert!(
            built.log.contains("x.py fails"),
            "{}: {built:#?}",
            host.name()
        );
        assert_eq!(
            built.hits_and_misses(),
            (0, 1),
            "{}: {built:#?}",
            host.name()
        );
    }
}

/// The predecessor gave a nightly of 1.92 to a source of 1.84.
#[test]
fn a_compiler_that_bootstrap_refuses_is_an_error() {
    for host in hosts() {
        let mut command = about(host.program("nix-instantiate"), "refused.drvPath");
        let output = command.arg("--eval").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{}", host.name());
        for text in [
            "the toolchain is Rust 1.92.0-nightly-2025-10-16, and the source is Rust 1.84.1, which is built by Rust 1.83 or 1.84",
            "Rust 1.83.0, which the source's stage0 file names",
        ] {
            assert!(said.contains(text), "{}: {said}", host.name());
        }
    }
}
