//! Makes small crates to compile.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::commands::stdout_of;

/// A cargo project in a directory of its own: a workspace of a library, a library that uses
/// it and a program that uses both, without any dependency from elsewhere.
#[derive(Debug)]
pub struct Library {
    directory: TempDir,
}

/// Writes the project. `word` is part of the second library's source.
pub fn library(word: &str) -> Library {
    let directory = TempDir::with_prefix("nix-sccache-crate-").unwrap();
    let library = Library { directory };
    library.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"base\", \"greeting\", \"program\"]\nresolver = \"3\"\n",
    );
    library.write("base/Cargo.toml", &manifest("base", ""));
    library.write(
        "base/src/lib.rs",
        "//! Base.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 { a + b }\n",
    );
    library.write(
        "greeting/Cargo.toml",
        &manifest("greeting", "base = { path = \"../base\" }\n"),
    );
    library.say(word);
    library.write(
        "program/Cargo.toml",
        &manifest(
            "program",
            "base = { path = \"../base\" }\ngreeting = { path = \"../greeting\" }\n",
        ),
    );
    library.write(
        "program/src/main.rs",
        "fn main() { println!(\"{} {}\", greeting::greeting(), base::add(1, 2)); }\n",
    );
    library
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
    )
}

impl Library {
    /// The project's directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Changes the second library's source.
    pub fn say(&self, word: &str) {
        let text = format!(
            "//! Greets.\n/// Greets.\npub fn greeting() -> String {{ format!(\"{word} {{}}\", base::add(2, 3)) }}\n"
        );
        self.write("greeting/src/lib.rs", &text);
    }

    /// Writes one file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(self.path())).unwrap();
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Writes the lock file, which a build without a network needs.
    #[must_use]
    pub fn locked(self) -> Self {
        let mut cargo = std::process::Command::new("cargo");
        stdout_of(
            cargo
                .current_dir(self.path())
                .args(["generate-lockfile", "--offline"]),
        );
        self
    }

    /// Removes what was built.
    pub fn clean(&self) {
        fs::remove_dir_all(self.path().join("target")).ok();
    }

    /// Where the program ends up.
    pub fn program(&self) -> PathBuf {
        self.path().join("target/release/program")
    }
}
