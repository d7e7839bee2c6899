//! Lays out a server of Rust releases in a directory, as `RUSTUP_DIST_SERVER=file://…` takes it: manifests of
//! a few releases that never were, and archives with nothing in them. Which components a
//! toolchain has is the manifests' matter alone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::commands::stdout_of;

/// Those that rustc runs on.
const HOSTS: &[&str] = &[
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-gnu",
    "i686-pc-windows-gnu",
    "aarch64-apple-darwin",
];

/// Those that it also compiles for.
const TARGETS: &[&str] = &[
    "i686-unknown-linux-gnu",
    "thumbv7em-none-eabihf",
    "wasm32-unknown-unknown",
    "wasm32-wasip1",
    "x86_64-unknown-none",
];

/// One that has no standard library, and is named all the same.
const WITHOUT_LIBRARY: &str = "mips-unknown-linux-gnu";

/// Components of `rust` that every installation has.
const COMPONENTS: &[&str] = &["rustc", "cargo", "rust-docs"];

/// Those that may be had besides.
const EXTENSIONS: &[&str] = &[
    "clippy-preview",
    "llvm-tools-preview",
    "miri-preview",
    "rust-analysis",
    "rust-analyzer-preview",
    "rustc-dev",
    "rustfmt-preview",
];

/// A release on the server.
struct Release {
    version: &'static str,
    date: &'static str,
    /// Names of its manifest, behind `channel-rust-`, at the top of the server.
    names: &'static [&'static str],
    /// And in the directory of its date.
    dated_names: &'static [&'static str],
    /// What could not be built.
    lacks: &'static [&'static str],
    has_profiles: bool,
}

const RELEASES: &[Release] = &[
    Release {
        version: "1.30.1 (1433507eb 2018-11-07)",
        date: "2018-11-08",
        names: &["1.30", "1.30.1"],
        dated_names: &["stable"],
        lacks: &["rust-analyzer-preview", "miri-preview"],
        has_profiles: false,
    },
    Release {
        version: "1.84.0 (9fc6b4312 2025-01-07)",
        date: "2025-01-09",
        names: &["1.84.0"],
        dated_names: &["stable", "1.84.0"],
        lacks: &["miri-preview"],
        has_profiles: true,
    },
    Release {
        version: "1.84.1 (e71f9a9a9 2025-01-27)",
        date: "2025-01-30",
        names: &["stable", "1.84", "1.84.1"],
        dated_names: &["stable", "1.84.1"],
        lacks: &["miri-preview"],
        has_profiles: true,
    },
    Release {
        version: "1.85.0-beta.4 (0fb0b5a5a 2025-01-19)",
        date: "2025-01-20",
        names: &["beta", "1.85.0-beta", "1.85.0-beta.4"],
        dated_names: &["beta"],
        lacks: &["miri-preview"],
        has_profiles: true,
    },
    Release {
        version: "1.86.0-nightly (ae5de6c75 2025-01-27)",
        date: "2025-01-28",
        names: &[],
        dated_names: &["nightly"],
        lacks: &[],
        has_profiles: true,
    },
    Release {
        version: "1.86.0-nightly (6365178a6 2025-01-28)",
        date: "2025-01-29",
        names: &["nightly"],
        dated_names: &["nightly"],
        lacks: &["miri-preview", "rustfmt-preview"],
        has_profiles: true,
    },
];

/// The server's directory, which goes with the value.
#[derive(Debug)]
pub struct DistServer {
    directory: TempDir,
    manifests: Vec<PathBuf>,
}

impl DistServer {
    /// Makes the directory.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let directory = TempDir::with_prefix("nix-sccache-dist-")
            .unwrap_or_else(|error| panic!("no directory for a server: {error}"));
        let dist = directory.path().join("dist");
        let manifests = RELEASES
            .iter()
            .map(|release| {
                let dated = dist.join(release.date);
                create(&dated);
                let text = release.manifest(&dated);
                for name in release.dated_names {
                    publish(&dated, name, &text);
                }
                for name in release.names {
                    publish(&dist, name, &text);
                }
                dated.join(format!("channel-rust-{}.toml", release.dated_names[0]))
            })
            .collect();
        Self {
            directory,
            manifests,
        }
    }

    /// What `RUSTUP_DIST_SERVER` and `root` are to be.
    pub fn url(&self) -> String {
        format!("file://{}", self.directory.path().display())
    }

    /// One manifest of each release.
    pub fn manifests(&self) -> &[PathBuf] {
        &self.manifests
    }
}

fn create(directory: &Path) {
    fs::create_dir_all(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// Writes a manifest, and its digest beside it.
fn publish(directory: &Path, name: &str, text: &str) {
    let file = format!("channel-rust-{name}.toml");
    write(&directory.join(&file), text);
    let digest = format!("{:x}  {file}\n", Sha256::digest(text));
    write(&directory.join(format!("{file}.sha256")), &digest);
}

impl Release {
    /// The manifest's text. The archives that it names are made in `directory`.
    fn manifest(&self, directory: &Path) -> String {
        let mut text = format!("manifest-version = \"2\"\ndate = \"{}\"\n", self.date);
        self.package(&mut text, directory, "rust", HOSTS);
        let whole = archive(directory, "rust");
        for host in HOSTS {
            let host_std = format!("{{ pkg = \"rust-std\", target = \"{host}\" }}");
            let components: Vec<_> = COMPONENTS
                .iter()
                .map(|name| format!("{{ pkg = \"{name}\", target = \"{host}\" }}"))
                .chain([host_std])
                .chain(
                    host.contains("windows")
                        .then(|| format!("{{ pkg = \"rust-mingw\", target = \"{host}\" }}")),
                )
                .collect();
            let extensions: Vec<_> = EXTENSIONS
                .iter()
                .map(|name| format!("{{ pkg = \"{name}\", target = \"{host}\" }}"))
                .chain(["{ pkg = \"rust-src\", target = \"*\" }".to_owned()])
                .chain(
                    HOSTS
                        .iter()
                        .chain(TARGETS)
                        .filter(|target| *target != host)
                        .map(|target| format!("{{ pkg = \"rust-std\", target = \"{target}\" }}")),
                )
                .collect();
            let fetch = self.fetch("rust", &whole);
            writeln!(
                text,
                "[pkg.rust.target.{host}]\navailable = true\n{fetch}components = [{}]\nextensions = [{}]",
                components.join(", "),
                extensions.join(", ")
            )
            .unwrap_or_default();
        }
        for name in COMPONENTS.iter().chain(EXTENSIONS) {
            self.package(&mut text, directory, name, HOSTS);
        }
        let with_library: Vec<_> = HOSTS.iter().chain(TARGETS).copied().collect();
        self.package(&mut text, directory, "rust-std", &with_library);
        let without = format!("[pkg.rust-std.target.{WITHOUT_LIBRARY}]\navailable = false\n");
        text.push_str(&without);
        self.package(&mut text, directory, "rust-mingw", &["i686-pc-windows-gnu"]);
        self.package(&mut text, directory, "rust-src", &["\"*\""]);
        for name in EXTENSIONS {
            if let Some(old) = name.strip_suffix("-preview") {
                writeln!(text, "[renames.{old}]\nto = \"{name}\"").unwrap_or_default();
            }
        }
        if self.has_profiles {
            text.push_str(
                r#"[profiles]
minimal = ["rustc", "cargo", "rust-std", "rust-mingw"]
default = ["rustc", "cargo", "rust-std", "rust-mingw", "rust-docs", "rustfmt-preview", "clippy-preview"]
complete = ["rustc", "cargo", "rust-std", "rust-mingw", "rust-docs", "rustfmt-preview", "clippy-preview", "rust-analyzer-preview", "rust-src", "llvm-tools-preview", "rust-analysis", "miri-preview"]
"#,
            );
        }
        text
    }

    /// Where a package's archive is, and its digest.
    fn fetch(&self, name: &str, digest: &str) -> String {
        let date = self.date;
        format!(
            "url = \"https://static.rust-lang.org/dist/{date}/{name}.tar.gz\"\nhash = \"{digest}\"\n"
        )
    }

    /// Appends a `[pkg.NAME]`; the targets of `rust` itself come later.
    fn package(&self, text: &mut String, directory: &Path, name: &str, targets: &[&str]) {
        writeln!(text, "[pkg.{name}]\nversion = \"{}\"", self.version).unwrap_or_default();
        if name == "rust" {
            return;
        }
        let available = !self.lacks.contains(&name);
        let archive = available.then(|| archive(directory, name));
        for target in targets {
            writeln!(
                text,
                "[pkg.{name}.target.{target}]\navailable = {available}"
            )
            .unwrap_or_default();
            if let Some(digest) = &archive {
                text.push_str(&self.fetch(name, digest));
            }
        }
    }
}

/// Makes the archive of a package that has nothing in it, and gives its digest.
fn archive(directory: &Path, name: &str) -> String {
    let file = directory.join(format!("{name}.tar.gz"));
    let content = directory.join(name);
    create(&content.join(name));
    write(&content.join("rust-installer-version"), "3\n");
    write(&content.join("components"), &format!("{name}\n"));
    write(&content.join(name).join("manifest.in"), "");
    let mut tar = Command::new("tar");
    tar.arg("-czf")
        .arg(&file)
        .arg("-C")
        .arg(directory)
        .arg(name);
    stdout_of(&mut tar);
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    format!("{:x}", Sha256::digest(bytes))
}
