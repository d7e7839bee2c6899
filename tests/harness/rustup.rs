//! Runs the real rustup, in a home of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A rustup that has nothing installed, and takes its releases from a server.
#[derive(Debug)]
pub struct Rustup {
    home: TempDir,
    server: String,
}

/// What it installed: its name, and each component's package and target.
pub type Installed = (String, BTreeSet<(String, Option<String>)>);

impl Rustup {
    /// With `stable` as its default toolchain, which is not installed.
    pub fn new(server: &str) -> Self {
        let home = TempDir::with_prefix("nix-sccache-rustup-")
            .unwrap_or_else(|error| panic!("no directory for rustup: {error}"));
        let settings = "version = \"12\"\nprofile = \"default\"\ndefault_host_triple = \"x86_64-unknown-linux-gnu\"\ndefault_toolchain = \"stable-x86_64-unknown-linux-gnu\"\n";
        let file = home.path().join("settings.toml");
        fs::write(&file, settings).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self {
            home,
            server: server.to_owned(),
        }
    }

    /// The command, without what the machine's own rustup has put into the environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new("rustup");
        command
            .env("RUSTUP_HOME", self.home.path())
            .env("CARGO_HOME", self.home.path().join("cargo"))
            .env("RUSTUP_DIST_SERVER", &self.server)
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("RUST_RECURSION_COUNT")
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Installs the toolchain that a directory's toolchain file asks for.
    pub fn install_in(&self, directory: &Path) -> Result<Installed, String> {
        let mut install = self.command();
        install
            .current_dir(directory)
            .args(["toolchain", "install", "--no-self-update"]);
        self.installed(install)
    }

    /// Installs the toolchain of this name, for whatever host.
    pub fn install(&self, name: &str) -> Result<Installed, String> {
        let mut install = self.command();
        install.current_dir(self.home.path()).args([
            "toolchain",
            "install",
            "--no-self-update",
            "--force-non-host",
            name,
        ]);
        self.installed(install)
    }

    fn installed(&self, mut install: Command) -> Result<Installed, String> {
        let output = install.output().unwrap_or_else(|error| {
            panic!("{install:?}: {error}: Rust by rustup (https://rustup.rs) is wanted here")
        });
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let toolchains = self.home.path().join("toolchains");
        let mut names = fs::read_dir(&toolchains)
            .unwrap_or_else(|error| panic!("{}: {error}", toolchains.display()))
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let Some(name) = names.next() else {
            panic!("rustup ended well, and installed nothing");
        };
        let config = toolchains
            .join(&name)
            .join("lib/rustlib/multirust-config.toml");
        let text = fs::read_to_string(&config)
            .unwrap_or_else(|error| panic!("{}: {error}", config.display()));
        Ok((name, components(&text)))
    }
}

/// The components in rustup's own list of what it installed.
fn components(config: &str) -> BTreeSet<(String, Option<String>)> {
    let config: toml::Table = config
        .parse()
        .unwrap_or_else(|error| panic!("{error}: {config}"));
    let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).map(str::to_owned);
    config
        .get("components")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|component| {
            let package = text(component.get("pkg"))?;
            let target = text(component.get("target")).filter(|target| target != "*");
            Some((package, target))
        })
        .collect()
}
