//! What `nix flake init -t` makes.

use std::fs;
use std::process::Command;

use nix_sccache_tests::{Host, hosts, root};
use tempfile::TempDir;

use crate::copy::{Copy, Plugin, Said, commit, said, stand_in};

/// A project that a template made, in a repository of its own.
pub struct Project<'a> {
    copy: &'a Copy,
    host: &'a Host,
    directory: TempDir,
}

impl<'a> Project<'a> {
    /// Of the copy's `#template`, or its default one.
    pub fn new(copy: &'a Copy, host: &'a Host, template: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let reference = format!("{}{template}", copy.url());
        let mut command = copy.bare(host, Plugin::Without, &["flake", "init", "-t"]);
        let made = said(command.arg(reference).current_dir(directory.path()));
        assert!(made.is_ok, "{made:#?}");
        commit(directory.path());
        Self {
            copy,
            host,
            directory,
        }
    }

    /// `nix SUBCOMMAND …` of it, with this project's copy for its input.
    fn nix(&self, plugin: Plugin, arguments: &[&str]) -> Command {
        let mut command = self.copy.bare(self.host, plugin, arguments);
        command.current_dir(self.directory.path()).args([
            "--no-write-lock-file",
            "--override-input",
            "nixpkgs",
            &stand_in("nixpkgs"),
            "--override-input",
            "nix-sccache",
            &self.copy.url(),
        ]);
        command
    }

    /// The same where that input has inputs of its own.
    pub fn with_its_own(&self, plugin: Plugin, arguments: &[&str]) -> Command {
        let mut command = self.nix(plugin, arguments);
        let overlay = stand_in("rust-overlay");
        command.args(["--override-input", "nix-sccache/rust-overlay", &overlay]);
        command
    }

    fn show(&self, plugin: Plugin) -> Said {
        said(&mut self.with_its_own(plugin, &["flake", "show"]))
    }
}

/// A Rust project: it builds without the plugin, and is the very same with it.
#[test]
fn a_project_builds() {
    let mut copy = Copy::new();
    for host in hosts() {
        for template in ["", "#project"] {
            copy.forget();
            let project = Project::new(&copy, &host, template);
            let build = |plugin| {
                let arguments = ["build", "--print-build-logs", "--out-link", "result"];
                said(&mut project.with_its_own(plugin, &arguments))
            };
            let shown = project.show(Plugin::Without);
            assert!(shown.stdout().contains("default"), "{shown:#?}");
            let built = build(Plugin::Without);
            assert!(built.is_ok, "{built:#?}");
            let result = project.directory.path().join("result");
            let program = result.join("bin/hello");
            assert_eq!(said(&mut Command::new(program)).stdout(), "hello, world");
            let output = fs::read_link(&result).unwrap();
            fs::remove_file(&result).unwrap();

            let built = build(Plugin::With);
            assert!(built.is_ok, "{built:#?}");
            assert_eq!(fs::read_link(&result).unwrap(), output);
            assert_eq!(project.show(Plugin::With).stdout(), shown.stdout());
        }
    }
}

/// The flakes that the README and the book show, each in the place of the project's own.
#[test]
fn shown_flakes_evaluate() {
    let copy = Copy::new();
    for page in ["README.md", "docs/src/derivation.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let flake = text
            .split("```nix\n")
            .filter_map(|rest| rest.split_once("```"))
            .map(|(code, _)| code)
            .find(|code| code.contains("outputs ="))
            .unwrap_or_else(|| panic!("{page} shows no flake"));
        for host in hosts() {
            let project = Project::new(&copy, &host, "#project");
            fs::write(project.directory.path().join("flake.nix"), flake).unwrap();
            commit(project.directory.path());
            let mut eval = project.with_its_own(Plugin::With, &["eval", "--raw"]);
            let made = said(eval.arg(".#packages.x86_64-linux.default.drvPath"));
            assert!(
                made.stdout().ends_with("-hello-1.0.0.drv"),
                "{page}: {made:#?}"
            );
        }
    }
}

/// A machine: its configuration evaluates, with the plugin or without it.
#[test]
fn a_machine_has_the_service() {
    let copy = Copy::new();
    for host in hosts() {
        let machine = Project::new(&copy, &host, "#nixos");
        for plugin in [Plugin::Without, Plugin::With] {
            let attribute = ".#nixosConfigurations.machine.config.systemd.services.nix-sccache-daemon.environment.SCCACHE_CACHE_SIZE";
            let size = said(
                machine
                    .with_its_own(plugin, &["eval", "--raw"])
                    .arg(attribute),
            );
            assert_eq!(size.stdout(), "50G");
        }
    }
}

/// The predecessor's flake, but for one input more: it evaluates for both systems.
#[test]
fn the_predecessors_flake_evaluates() {
    let mut copy = Copy::new();
    for host in hosts() {
        copy.forget();
        let flake = Project::new(&copy, &host, "#rustc");
        // Its packages are by the overlay's nightly, which has to fit the source.
        let older = format!("{}?dir=tests/rust-overlay/older", copy.url());
        let eval = |plugin, output: &str| {
            let mut command = flake.nix(plugin, &["eval", "--raw"]);
            said(command.arg(format!(".#{output}.drvPath")).args([
                "--override-input",
                "rust-overlay",
                &older,
                "--override-input",
                "rustSrcFlake",
                &stand_in("rust-source"),
                "--override-input",
                "rustSrcFlake/nixpkgs",
                &stand_in("nixpkgs"),
            ]))
        };
        for system in ["aarch64-linux", "x86_64-linux"] {
            let package = format!("packages.{system}.default");
            let without = eval(Plugin::Without, &package);
            assert!(without.wants_the_plugin(), "{without:#?}");
            let with = eval(Plugin::With, &package);
            assert!(with.stdout().ends_with("-rustc-1.84.1.drv"), "{with:#?}");
            // It follows our inputs, and each is there.
            assert_eq!(with.warnings(), [""; 0], "{with:#?}");

            let shell = format!("devShells.{system}.default");
            for plugin in [Plugin::Without, Plugin::With] {
                assert!(eval(plugin, &shell).is_ok, "{shell}");
            }
        }
    }
}
