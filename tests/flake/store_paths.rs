//! The store path of a user's derivation hangs on `wrapper/` alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Host, hosts, stdout_of};

use crate::copy::{Copy, Plugin, said};
use crate::templates::Project;

/// What is in every user's derivation as it is: the shim's source, and its setup hook.
const IN_CLOSURES: [&str; 2] = ["wrapper/", "nix/hook/"];

/// The paths of all files of a copy, from its root on.
fn files(copy: &Copy) -> Vec<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(copy.path()).arg("ls-files");
    stdout_of(&mut git).lines().map(str::to_owned).collect()
}

/// Adds a line to a file, which is a comment where somebody reads it.
fn change(copy: &Copy, file: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(copy.path().join(file))
        .unwrap();
    file.write_all(b"\n# changed\n").unwrap();
}

/// The directory of a file at the root, or the file itself.
fn part(file: &str) -> &str {
    file.split('/').next().unwrap_or(file)
}

/// The derivation of a project that uses `withSccache`.
fn of_a_project(project: &Project<'_>) -> String {
    let eval = ["eval", "--raw", ".#default.drvPath"];
    let said = said(&mut project.with_its_own(Plugin::With, &eval));
    said.stdout().to_owned()
}

/// A change of the tool, the gateway, the builtins, their lock file, the documentation, the tests, the
/// NixOS module or whatever else there is leaves users' derivations as they are.
#[test]
fn nothing_but_the_wrapper_changes_a_derivation() {
    for host in hosts() {
        let copy = Copy::new();
        let project = Project::new(&copy, &host, "");
        let before = of_a_project(&project);
        // Of the lock file's inputs derivations are made, and it is no place for a comment.
        let is_outside = |file: &&String| {
            *file != "flake.lock" && !IN_CLOSURES.iter().any(|part| file.starts_with(part))
        };
        let files = files(&copy);
        let outside: Vec<_> = files.iter().filter(is_outside).collect();
        for name in ["tool", "gateway", "core", "plugin", "docs", "tests", "nix"] {
            assert!(outside.iter().any(|file| part(file) == name), "{name}");
        }
        for files in outside.chunk_by(|one, other| part(one) == part(other)) {
            for file in files {
                change(&copy, file);
            }
            let name = part(files[0]);
            assert_eq!(of_a_project(&project), before, "after a change of {name}");
        }
        let manifest = copy.path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let version = "\nversion = \"";
        assert!(text.contains(version));
        fs::write(&manifest, text.replace(version, "\nversion = \"99.")).unwrap();
        assert_eq!(of_a_project(&project), before, "in another version");

        let mut last = before;
        for file in [
            "wrapper/src/main.rs",
            "wrapper/contract/src/lib.rs",
            "wrapper/Cargo.lock",
        ] {
            change(&copy, file);
            let next = of_a_project(&project);
            assert_ne!(next, last, "after a change of {file}");
            last = next;
        }
    }
}

/// The shim's output is in the same place after a change of anything else, and the same to the bit when
/// it is built again.
#[test]
fn the_shim_is_the_same_when_it_is_rebuilt() {
    let host = hosts().next().unwrap();
    let copy = Copy::new();
    let before = build(&copy, &host);
    for file in files(&copy) {
        if ["tool", "gateway", "core", "plugin", "docs", "tests"].contains(&part(&file)) {
            change(&copy, &file);
        }
    }
    assert_eq!(build(&copy, &host), before);
    let deriver = stdout_of(
        host.plain("nix-store")
            .args(["--query", "--deriver", &before]),
    );
    let mut check = host.plain("nix-store");
    let checked = said(check.args(["--realise", "--check", deriver.trim()]));
    assert_eq!(checked.stdout(), before);
    assert!(Path::new(&before).join("bin/nix-sccache-shim").exists());
}

/// Builds the shim of a copy.
fn build(copy: &Copy, host: &Host) -> String {
    let arguments = ["build", "--no-link", "--print-build-logs"];
    let installable = format!("{}#shim", copy.url());
    let mut command = copy.nix(host, Plugin::Without, &arguments);
    let built = said(command.arg(&installable));
    assert!(built.is_ok, "{built:#?}");
    let mut command = copy.nix(host, Plugin::Without, &["eval", "--raw"]);
    said(command.arg(format!("{installable}.outPath")))
        .stdout()
        .to_owned()
}
