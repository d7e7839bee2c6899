//! The sources at hand, and their own readers.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix_sccache_tests::{script, variable};
use serde_json::json;
use tempfile::TempDir;

use crate::generate::{BUILD, COMPILERS};

/// A source, as `scripts/lib/rustc-source.sh` leaves it.
#[derive(Debug)]
pub struct Source {
    pub release: String,
    pub minor: u32,
    path: PathBuf,
    /// Where configs are put, and bootstrap runs.
    work: TempDir,
}

/// What `bootstrap.py` reads: section, or none where it looks in the whole text, and key.
pub const READ_BY_PYTHON: &[(Option<&str>, &str)] = &[
    (None, "profile"),
    (None, "build"),
    (None, "rustc"),
    (None, "cargo"),
    (None, "submodules"),
    (Some("build"), "verbose"),
    (Some("build"), "vendor"),
    (Some("build"), "locked-deps"),
    (Some("build"), "build-dir"),
    (Some("build"), "bootstrap-cache-path"),
    (Some("build"), "patch-binaries-for-nix"),
    (Some("build"), "metrics"),
    (Some("build"), "jobs"),
    (Some("rust"), "deny-warnings"),
    (Some("target"), "cc"),
    (Some("target"), "cxx"),
    (Some("target"), "ar"),
    (Some("target"), "ranlib"),
    (Some("target"), "linker"),
    (Some("target"), "crt-static"),
];

/// All of `NIX_SCCACHE_TEST_RUSTC_SOURCES`, the two that everything is about among them.
pub fn sources() -> Vec<Source> {
    let directory = PathBuf::from(variable("NIX_SCCACHE_TEST_RUSTC_SOURCES"));
    let entries =
        fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut sources: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("oracle/oracle").exists())
        .map(Source::new)
        .collect();
    sources.sort_unstable_by_key(|source| source.minor);
    for minor in [63, 85] {
        let is_there = sources.iter().any(|source| source.minor == minor);
        assert!(is_there, "Rust 1.{minor} is not in {}", directory.display());
    }
    sources
}

impl Source {
    fn new(path: PathBuf) -> Self {
        let release = fs::read_to_string(path.join("src/version")).unwrap();
        let release = release.trim().to_owned();
        let minor = release.split('.').nth(1).unwrap().parse().unwrap();
        let work = TempDir::new().unwrap();
        // Bootstrap of 1.90 asks it for its sysroot.
        script(&work.path().join("rustc"), "#!/bin/sh\necho /sysroot\n");
        Self {
            release,
            minor,
            path,
            work,
        }
    }

    /// Has the Rust half read a config; the error is all that it says.
    pub fn read(&self, text: &str) -> Result<(), String> {
        self.read_for(text, &[])?;
        // Of a linker it minds that it is not there yet only where the command has a stage.
        if text.contains("\"self-contained\"") {
            self.read_for(text, &["--stage", "1"])?;
        }
        Ok(())
    }

    fn read_for(&self, text: &str, more: &[&str]) -> Result<(), String> {
        let config = self.work.path().join("the.toml");
        let compilers = format!("{}/", self.work.path().display());
        fs::write(&config, text.replace(COMPILERS, &compilers)).unwrap();
        let mut oracle = Command::new(self.path.join("oracle/oracle"));
        oracle
            .args(["build", "--config"])
            .arg(&config)
            .args(more)
            .current_dir(self.work.path())
            .env("RUST_BACKTRACE", "0")
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("RUST_BOOTSTRAP_CONFIG");
        if self.minor >= 75 {
            // The compilers that are named are none.
            oracle.arg("--skip-stage0-validation");
        }
        let output = oracle.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() {
            Ok(())
        } else {
            Err(said)
        }
    }

    /// Whether its bootstrap has a text in it, of what it says.
    pub fn says(&self, text: &str) -> bool {
        self.file_with(text).is_some()
    }

    /// What stands before the first section, and the sections: bootstrap lists none of them.
    pub fn top(&self) -> BTreeSet<String> {
        const STRUCT: &str = "struct TomlConfig {";
        let text = self.file_with(STRUCT).unwrap();
        let (_, fields) = text.split_once(STRUCT).unwrap();
        let (fields, _) = fields.split_once("\n}").unwrap();
        let fields = fields.lines().filter_map(|line| line.split_once(": "));
        fields
            .map(|(name, _)| name.rsplit(' ').next().unwrap().replace('_', "-"))
            .collect()
    }

    /// The file of its bootstrap with a text in it.
    fn file_with(&self, text: &str) -> Option<String> {
        let mut directories = vec![self.path.join("src/bootstrap")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let file = fs::read_to_string(path).unwrap();
                    if file.contains(text) {
                        return Some(file);
                    }
                }
            }
        }
        None
    }

    fn python(&self) -> PathBuf {
        self.path.join("src/bootstrap/bootstrap.py")
    }

    /// What `bootstrap.py` reads of each text: keys with their sections, and what it takes for
    /// their values.
    pub fn read_by_python(&self, texts: &[&str]) -> Vec<Vec<(String, Option<String>)>> {
        const SCRIPT: &str = "\
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import bootstrap
reader = bootstrap.RustBuild.__new__(bootstrap.RustBuild)
asked = json.load(sys.stdin)
answers = []
for text in asked['texts']:
    reader.config_toml = text
    answers.append([reader.get_toml(key, section) for section, key in asked['keys']])
json.dump(answers, sys.stdout)
";
        let section = |section: Option<&str>| match section {
            Some("target") => Some(format!("target.{BUILD}")),
            other => other.map(str::to_owned),
        };
        let keys: Vec<_> = READ_BY_PYTHON
            .iter()
            .map(|(of, key)| (section(*of), *key))
            .collect();
        let asked = json!({ "texts": texts, "keys": keys });
        let mut python = Command::new("python3");
        python
            .args(["-c", SCRIPT])
            .arg(self.python().parent().unwrap_or(Path::new(".")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut python = python.spawn().unwrap();
        let mut stdin = python.stdin.take().unwrap();
        stdin.write_all(asked.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "bootstrap.py of {}", self.release);
        let answers: Vec<Vec<Option<String>>> = serde_json::from_slice(&output.stdout).unwrap();
        answers
            .into_iter()
            .map(|found| names().into_iter().zip(found).collect())
            .collect()
    }

    /// The keys in its text that it looks for.
    pub fn looked_for_by_python(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.python()).unwrap();
        let code = text.lines().filter(|line| !line.trim().starts_with(">>>"));
        code.flat_map(|line| line.split("get_toml(").skip(1))
            .filter_map(|call| {
                let quote = call.chars().next().filter(|c| "'\"".contains(*c))?;
                call[1..].split(quote).next().map(str::to_owned)
            })
            .collect()
    }
}

/// What `rust.bootstrapConfig` calls what `bootstrap.py` reads.
fn names() -> Vec<String> {
    READ_BY_PYTHON
        .iter()
        .map(|(section, key)| match (section, *key) {
            (Some("target"), key) => format!("target.{BUILD}.{key}"),
            (Some(section), key) => format!("{section}.{key}"),
            (None, "profile") => "profile".to_owned(),
            (None, key) => format!("build.{key}"),
        })
        .collect()
}
