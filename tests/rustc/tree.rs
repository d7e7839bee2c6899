//! A source that says nothing of how it is installed: an unpacked tree, and a package like nixpkgs'.

use std::fs;

use nix_sccache_tests::{Built, Host, hosts, root};
use serde_json::Value;

/// The arguments of the last call of x.py.
fn installed(host: &Host, attribute: &str) -> (Built, Value) {
    let mut command = host.program("nix-build");
    // Another host may have built it.
    let run = format!("{} {}", host.name(), std::process::id());
    command.arg(root().join("tests/rustc/tree.nix")).args([
        "--no-out-link",
        "--attr",
        attribute,
        "--argstr",
        "run",
        &run,
    ]);
    let built = Built::run(&mut command);
    let seen = fs::read_to_string(built.path().join("seen.json")).unwrap();
    let seen: Value = serde_json::from_str(&seen).unwrap();
    (built, seen["arguments"].clone())
}

/// What was built, at its stage, and not all that a compiler can be installed with.
#[test]
fn a_tree_is_installed_as_it_was_built() {
    for host in hosts() {
        let (built, arguments) = installed(&host, "tree");
        let mut arguments = arguments.as_array().unwrap().clone();
        assert_eq!(arguments.remove(1), "-j");
        arguments.remove(1);
        assert_eq!(arguments, ["install", "library", "--stage", "1"]);
        for line in [
            "build-stage = 1",
            "install-stage = 1",
            // The host is never left out.
            "target = [\"x86_64-unknown-linux-gnu\", \"wasm32-unknown-unknown\"]",
        ] {
            assert!(built.log.contains(line), "{line}: {built:#?}");
        }
    }
}

#[test]
fn a_package_without_an_install_phase_is_installed_by_x_py() {
    for host in hosts() {
        let (_, arguments) = installed(&host, "package");
        assert_eq!(arguments[0], "install");
        assert_eq!(arguments.as_array().unwrap().len(), 3, "{arguments}");
    }
}

#[test]
fn a_stage_that_the_release_has_not_is_an_error() {
    for host in hosts() {
        let mut command = host.program("nix-instantiate");
        command
            .arg(root().join("tests/rustc/tree.nix"))
            .args(["--eval", "--attr", "refused"]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(
            said.contains("settings.build.build-stage: Rust 1.95.0 has no stage 0 for this"),
            "{said}"
        );
    }
}
