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
    pub directory: PathBuf,
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

/// The manifests with a `[workspace]`, of the root and the directories in it.
fn manifests(root: &Path) -> Vec<PathBuf> {
    let mut directories = vec![root.to_owned()];
    directories.extend(
        fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let manifests = directories
        .iter()
        .map(|directory| directory.join("Cargo.toml"));
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

/// What cargo says of a workspace.
fn metadata(manifest: &Path, options: &[&str]) -> Value {
    let out = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--format-version=1",
            "--manifest-path",
        ])
        .arg(manifest)
        .args(options)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The root of the workspace of this manifest, and the directories of all packages that it is compiled of and
/// no registry has.
pub fn all_packages(manifest: &Path) -> (PathBuf, Vec<PathBuf>) {
    let metadata = metadata(manifest, &["--locked"]);
    let packages = metadata["packages"].as_array().unwrap().iter();
    let ours = packages.filter(|it| it["source"].is_null());
    let directory = |it: &Value| {
        Path::new(it["manifest_path"].as_str().unwrap())
            .parent()
            .map(Path::to_owned)
    };
    let root = metadata["workspace_root"].as_str().unwrap();
    (root.into(), ours.filter_map(directory).collect())
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
            directory: Path::new(it["manifest_path"].as_str().unwrap())
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
    metadata(manifest, &["--no-deps"])["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(package)
        .collect()
}

/// The Rust files in a package's directory, without those of projects in it.
pub fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_other = path.join("Cargo.toml").exists() || path.ends_with("target");
        if path.is_dir() && !is_other {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}
