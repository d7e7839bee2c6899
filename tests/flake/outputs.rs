//! Its outputs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Host, hosts, root, variable};
use serde_json::Value;

use crate::copy::{Copy, Plugin, said, stand_in};

const SYSTEMS: [&str; 2] = ["aarch64-linux", "x86_64-linux"];

/// What is derivations, of one system.
const DERIVATIONS: [&str; 15] = [
    "checks.SYSTEM.build",
    "checks.SYSTEM.lib",
    "checks.SYSTEM.toolchain",
    "devShells.SYSTEM.contributing",
    "devShells.SYSTEM.default",
    "formatter.SYSTEM",
    "packages.SYSTEM.default",
    "packages.SYSTEM.everyBuild",
    "packages.SYSTEM.gateway",
    "packages.SYSTEM.plugin",
    "packages.SYSTEM.sccache",
    "packages.SYSTEM.shim",
    "packages.SYSTEM.tool",
    "packages.SYSTEM.units",
    "packages.SYSTEM.wrapper",
];

/// Those of them that the plugin has a part in.
const OF_PLUGIN: [&str; 2] = ["checks.SYSTEM.build", "packages.SYSTEM.default"];

/// The lock file is whole: nothing is to be looked up, and nothing to be written.
#[test]
fn the_lock_file_is_whole() {
    let copy = Copy::new();
    for host in hosts() {
        let metadata = ["flake", "metadata", "--no-update-lock-file", "--json"];
        let printed = said(copy.bare(&host, Plugin::Without, &metadata).arg(copy.url()));
        assert_eq!(printed.warnings(), [""; 0], "{printed:#?}");
        let metadata: Value = serde_json::from_str(printed.stdout()).unwrap();
        let nodes = metadata["locks"]["nodes"].as_object().unwrap();
        assert!(nodes.keys().eq(["nixpkgs", "root", "rust-overlay"]));
        for (node, owner) in [("nixpkgs", "NixOS"), ("rust-overlay", "oxalica")] {
            let locked = &nodes[node]["locked"];
            assert_eq!(locked["type"], "github");
            assert_eq!(locked["owner"], owner);
            assert_eq!(locked["rev"].as_str().unwrap().len(), 40);
        }
    }
}

/// Everything has its name without the plugin, too, and nothing is warned of.
#[test]
fn all_outputs_are_shown() {
    let mut copy = Copy::new();
    for host in hosts() {
        copy.forget();
        let show = |plugin| {
            let mut command = copy.nix(&host, plugin, &["flake", "show"]);
            if host.is_from(2, 13) {
                command.arg("--all-systems");
            }
            said(command.arg(copy.url()))
        };
        let without = show(Plugin::Without);
        assert_eq!(without.warnings(), [""; 0], "{without:#?}");
        for text in ["apps", "checks", "devShells", "formatter", "templates"] {
            assert!(without.stdout().contains(text), "{text}: {without:#?}");
        }
        for plugin in [Plugin::With, Plugin::Without] {
            assert_eq!(show(plugin).stdout(), without.stdout());
        }
    }
}

/// What the plugin has a part in has its name without it.
#[test]
fn names_need_no_plugin() {
    let copy = Copy::new();
    for host in hosts() {
        for (output, expected) in [
            ("packages.x86_64-linux.default", "rustc-1.84.1"),
            ("checks.x86_64-linux.build", "hello-1.0.0"),
        ] {
            let attribute = format!("{}#{output}.name", copy.url());
            let name = said(
                copy.nix(&host, Plugin::Without, &["eval", "--raw"])
                    .arg(attribute),
            );
            assert_eq!(name.stdout(), expected);
        }
    }
}

/// The paths of all derivations, or nothing for those that want the plugin.
fn derivations(copy: &Copy, host: &Host, plugin: Plugin) -> BTreeMap<String, Option<String>> {
    let names = SYSTEMS
        .iter()
        .flat_map(|system| DERIVATIONS.map(|name| name.replace("SYSTEM", system)));
    names
        .map(|name| {
            let attribute = format!("{}#{name}.drvPath", copy.url());
            let said = said(copy.nix(host, plugin, &["eval", "--raw"]).arg(attribute));
            let path = if said.wants_the_plugin() {
                None
            } else {
                Some(said.stdout().to_owned())
            };
            (name, path)
        })
        .collect()
}

/// No output is another with the plugin than without it, whatever Nix remembers: what the plugin has a
/// part in fails without it, and that is not remembered.
#[test]
fn the_plugin_changes_no_output() {
    let mut copy = Copy::new();
    for host in hosts() {
        copy.forget();
        let before = derivations(&copy, &host, Plugin::Without);
        let with = derivations(&copy, &host, Plugin::With);
        // What it evaluated with the plugin it may remember.
        let after = derivations(&copy, &host, Plugin::Without);
        for (name, path) in &before {
            let mut parts = name.split('.');
            let (kind, system) = (parts.next().unwrap(), parts.next().unwrap());
            let general = name.replace(system, "SYSTEM");
            assert!(with[name].is_some(), "{kind}: {name}: {with:#?}");
            if OF_PLUGIN.contains(&general.as_str()) {
                assert_eq!(*path, None, "{name}");
                assert!(after[name].is_none() || after[name] == with[name], "{name}");
            } else {
                assert_eq!(*path, with[name], "{name}");
                assert_eq!(after[name], with[name], "{name}");
            }
        }
    }
}

/// What builds fails in the same way, and builds then.
#[test]
fn a_failure_is_not_remembered() {
    let mut copy = Copy::new();
    for host in hosts() {
        copy.forget();
        let build = |plugin| {
            let arguments = ["build", "--no-link", "--print-build-logs"];
            let installable = format!("{}#default", copy.url());
            said(copy.nix(&host, plugin, &arguments).arg(installable))
        };
        for _ in 0..2 {
            let failed = build(Plugin::Without);
            assert!(failed.wants_the_plugin(), "{failed:#?}");
        }
        let built = build(Plugin::With);
        assert!(built.is_ok, "{built:#?}");
    }
}

/// `nix run FLAKE -- doctor` on a Nix that knows nothing of us.
#[test]
fn the_command_runs() {
    let copy = Copy::new();
    for host in hosts() {
        let mut command = copy.nix(&host, Plugin::Without, &["run"]);
        let doctor = said(command.arg(copy.url()).args(["--", "doctor", "--json"]));
        let told: Value = serde_json::from_str(&doctor.stdout)
            .unwrap_or_else(|error| panic!("{error}: {doctor:#?}"));
        assert!(told.is_object(), "{told}");
    }
}

/// All checks pass; without the plugin they say what they could not look at.
#[test]
fn the_checks_pass() {
    let copy = Copy::new();
    for host in hosts() {
        let check = |plugin, more: &[&str]| {
            let mut command = copy.nix(&host, plugin, &["flake", "check", "--print-build-logs"]);
            said(command.args(more).arg(copy.url()))
        };
        let without = check(Plugin::Without, &["--keep-going"]);
        assert!(without.wants_the_plugin(), "{without:#?}");
        for text in ["packages.default", "checks.build"] {
            assert!(without.stderr.contains(text), "{text}: {without:#?}");
        }
        let with = check(Plugin::With, &[]);
        assert!(with.is_ok, "{with:#?}");
    }
}

/// What is for installing builds.
#[test]
fn the_packages_build() {
    let copy = Copy::new();
    for host in hosts() {
        let mut command = copy.nix(&host, Plugin::Without, &["build", "--no-link"]);
        command.arg("--print-build-logs");
        for name in [
            "everyBuild",
            "gateway",
            "plugin",
            "sccache",
            "shim",
            "tool",
            "units",
        ] {
            command.arg(format!("{}#{name}", copy.url()));
        }
        let built = said(&mut command);
        assert!(built.is_ok, "{built:#?}");
    }
}

/// `nix develop` gives what the predecessor's shell gave.
#[test]
fn the_shell_has_what_it_should() {
    let copy = Copy::new();
    for host in hosts() {
        let mut command = copy.nix(&host, Plugin::Without, &["develop"]);
        command
            .args([&copy.url(), "--ignore-environment", "--command", "bash"])
            .arg(root().join("tests/rustc/shell.sh"));
        let shell = said(&mut command);
        assert!(shell.is_ok, "{shell:#?}");
    }
}

/// `nix develop .#contributing` has the programs that this project's scripts call.
#[test]
fn the_shell_for_contributors_has_its_programs() {
    let copy = Copy::new();
    for host in hosts() {
        let mut command = copy.nix(&host, Plugin::Without, &["develop"]);
        command.args([
            &format!("{}#contributing", copy.url()),
            "--ignore-environment",
            "--command",
            "bash",
            "-c",
            "echo \"$PATH\"",
        ]);
        let path = said(&mut command).stdout().to_owned();
        for program in [
            "cargo",
            "clippy-driver",
            "git",
            "pkg-config",
            "rustfmt",
            "sccache",
            "shellcheck",
        ] {
            // A link counts that leads nowhere, as those do to what the sandbox alone has.
            let is_there = path.split(':').any(|directory| {
                Path::new(directory)
                    .join(program)
                    .symlink_metadata()
                    .is_ok()
            });
            assert!(is_there, "{program}: {path}");
        }
    }
}

/// `nix fmt`.
#[test]
fn the_formatter_formats() {
    let copy = Copy::new();
    for host in hosts() {
        let file = copy.path().join("bad.nix");
        std::fs::write(&file, "{ }:   1\n").unwrap();
        let formatter = variable("NIX_SCCACHE_TEST_NIXFMT");
        let directory = formatter.strip_suffix("/nixfmt").unwrap();
        let path = format!("{directory}:{}", std::env::var("PATH").unwrap());
        let mut command = copy.nix(&host, Plugin::Without, &["fmt"]);
        let formatted = said(
            command
                .current_dir(copy.path())
                .env("PATH", path)
                .args(["--", "bad.nix"]),
        );
        assert!(formatted.is_ok, "{formatted:#?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ }: 1\n");
        std::fs::remove_file(&file).unwrap();
    }
}

/// A flake of a rustc source in the place of nixpkgs' own source.
#[test]
fn another_source_is_built() {
    let copy = Copy::new();
    for host in hosts() {
        let of_source = |input: &str| {
            let mut command = copy.nix(&host, Plugin::With, &["eval", "--raw"]);
            let attribute = format!(
                "{}#packages.x86_64-linux.default.toolchain.version",
                copy.url()
            );
            said(command.arg(attribute).args([
                "--override-input",
                "rustSrcFlake",
                &stand_in("rust-source"),
                "--override-input",
                input,
                &stand_in("nixpkgs"),
            ]))
        };
        // The compiler that its stage0 file names.
        assert_eq!(of_source("rustSrcFlake/nixpkgs").stdout(), "1.83.0");
    }
}

/// A Nix without flakes' commands says so itself; the lock file is for humans, too.
#[test]
fn the_lock_file_is_what_nix_would_write() {
    let copy = Copy::new();
    for host in hosts() {
        let mut command = copy.bare(&host, Plugin::Without, &["flake", "lock"]);
        let locked = said(command.arg(copy.path()));
        assert!(locked.is_ok, "{locked:#?}");
        let mut diff = Command::new("git");
        let changed = said(
            diff.current_dir(copy.path())
                .args(["status", "--porcelain"]),
        );
        assert_eq!(changed.stdout(), "", "{locked:#?}");
    }
}
