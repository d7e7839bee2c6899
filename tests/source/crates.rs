//! Lists the crates of the repository: the packages of every workspace in it, with their targets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_tests::root;
use serde_json::Value;

/// What cargo compiles as one crate.
pub struct Target {
    /// Its package and its own name, as in `nix-sccache-tests, shim`.
    pub name: String,
    /// The file that it begins with.
    pub file: PathBuf,
}

/// A package of ours.
pub struct Package {
    pub folder: PathBuf,
    pub targets: Vec<Target>,
}

/// Those of the workspaces in the repository; tests' projects and templates are none of ours.
pub fn packages() -> Vec<Package> {
    let packages: Vec<_> = manifests(&root())
        .iter()
        .flat_map(|it| members(it))
        .collect();
    assert!(packages.len() > 3, "{} packages", packages.len());
    packages
}

/// The manifests with a `[workspace]`, of the root and the folders in it.
fn manifests(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    folders.extend(
        fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let manifests = folders.iter().map(|folder| folder.join("Cargo.toml"));
    manifests
        .filter(|manifest| {
            fs::read_to_string(manifest).is_ok_and(|text| {
                toml::from_str::<toml::Table>(&text)
                    .unwrap()
                    .contains_key("workspace")
            })
        })
        .collect()
}

/// What cargo says of a workspace's packages.
pub fn metadata(manifest: &Path) -> Value {
    let out = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version=1",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

fn members(manifest: &Path) -> Vec<Package> {
    let package = |it: &Value| {
        let name = it["name"].as_str().unwrap();
        let target = |it: &Value| {
            let target = it["name"].as_str().unwrap();
            Target {
                name: format!("{name}, {target}"),
                file: it["src_path"].as_str().unwrap().into(),
            }
        };
        Package {
            folder: Path::new(it["manifest_path"].as_str().unwrap())
                .parent()
                .unwrap()
                .into(),
            targets: it["targets"]
                .as_array()
                .unwrap()
                .iter()
                .map(target)
                .collect(),
        }
    };
    metadata(manifest)["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(package)
        .collect()
}
