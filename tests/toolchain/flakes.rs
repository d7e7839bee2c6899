//! In flakes, where a toolchain file and a manifest are inputs: in pure evaluation, and without
//! an import from a derivation.

use std::fs;
use std::path::Path;

use nix_sccache_tests::{DistServer, Host, hosts, stdout_of};

const OPTIONS: [&str; 4] = [
    "--pure-eval",
    "--no-write-lock-file",
    "--option",
    "allow-import-from-derivation",
];

fn eval(host: &Host, flake: &Path, output: &str) -> serde_json::Value {
    let mut eval = host.nix("eval");
    eval.args(["--json"]).args(OPTIONS).arg("false");
    eval.arg(format!("path:{}#{output}", flake.display()));
    serde_json::from_str(&stdout_of(&mut eval)).unwrap()
}

#[test]
fn files_and_manifests_are_inputs() {
    let server = DistServer::new();
    let directory = tempfile::tempdir().unwrap();
    let project = directory.path().join("project");
    let flake = directory.path().join("flake");
    let manifests = directory.path().join("manifests");
    for directory in [&project, &flake, &manifests] {
        fs::create_dir(directory).unwrap();
    }
    let toolchain = "[toolchain]\nchannel = \"1.84\"\ntargets = [\"wasm32-unknown-unknown\"]\n";
    fs::write(project.join("rust-toolchain.toml"), toolchain).unwrap();
    fs::write(flake.join("rust-toolchain"), "stable\n").unwrap();
    let manifest = server
        .manifests()
        .iter()
        .find(|file| file.ends_with("2025-01-30/channel-rust-stable.toml"));
    fs::copy(manifest.unwrap(), manifests.join("stable.toml")).unwrap();
    fs::write(
        flake.join("flake.nix"),
        format!(
            r#"{{
              inputs.project = {{ url = "path:{}"; flake = false; }};
              inputs.manifests = {{ url = "path:{}"; flake = false; }};
              outputs = {{ self, project, manifests }}: let
                manifest = "${{manifests}}/stable.toml";
                call = file: manifest: builtins.rust.toolchain {{ inherit file manifest; host = "x86_64-linux"; }};
              in {{
                directory = call project manifest;
                file = call (project + "/rust-toolchain.toml") manifest;
                own = call ./. manifest;
                self = call self (builtins.readFile manifest);
                context = builtins.hasContext (builtins.toJSON (call project manifest));
              }};
            }}"#,
            project.display(),
            manifests.display()
        ),
    )
    .unwrap();
    for host in hosts() {
        let directory = eval(&host, &flake, "directory");
        assert_eq!(directory["version"], "1.84.1");
        assert_eq!(directory["targets"][1], "wasm32-unknown-unknown");
        assert_eq!(eval(&host, &flake, "file"), directory);
        let own = eval(&host, &flake, "own");
        assert_eq!(own["channel"], "stable");
        assert_eq!(eval(&host, &flake, "self"), own);
        // What is fetched does not depend on the whole of the project.
        assert_eq!(eval(&host, &flake, "context"), false);
    }
}

/// An input that is the manifest itself, which Nix has had since 2.9.
#[test]
fn a_manifest_is_an_input_of_its_own() {
    let server = DistServer::new();
    let manifest = &server.manifests()[0];
    let flake = tempfile::tempdir().unwrap();
    fs::write(
        flake.path().join("flake.nix"),
        format!(
            r#"{{
              inputs.manifest = {{ url = "file+file://{}"; flake = false; }};
              outputs = {{ self, manifest }}: {{
                toolchain = builtins.rust.toolchain {{ toolchain = "1.30"; inherit manifest; host = "x86_64-linux"; }};
              }};
            }}"#,
            manifest.display()
        ),
    )
    .unwrap();
    for host in hosts().filter(|host| host.is_from(2, 9)) {
        let toolchain = eval(&host, flake.path(), "toolchain");
        assert_eq!(toolchain["version"], "1.30.1");
    }
}

/// Restricted evaluation reads what it may, and nothing else.
#[test]
fn what_may_not_be_read_is_not() {
    let server = DistServer::new();
    let manifest = server.manifests()[0].display().to_string();
    let call = format!(
        "builtins.rust.toolchain {{ toolchain = \"1.30.1\"; manifest = \"{manifest}\"; host = \"x86_64-linux\"; }}"
    );
    let restricted = ["--impure", "--option", "restrict-eval", "true"];
    for host in hosts() {
        let refused = host.eval(&call, restricted).unwrap_err();
        assert!(
            refused.contains("restricted") || refused.contains("forbidden"),
            "{refused}"
        );
        let refused = host.eval(&call, ["--pure-eval"]).unwrap_err();
        assert!(
            refused.contains("pure evaluation") || refused.contains("forbidden"),
            "{refused}"
        );
        assert!(host.eval(&call, ["--impure"]).is_ok());
    }
}
