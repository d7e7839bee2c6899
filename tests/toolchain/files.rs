//! What each toolchain file comes to: `files.txt` has the files and the outcomes, which are
//! rustup's own, but where it says otherwise.
//!
//! With `UPDATE_GOLDEN=1` the file is written anew, to be read and committed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use nix_sccache_tests::{DistServer, Host, Installed, Rustup, hosts, root};
use serde_json::Value;
use tempfile::TempDir;

/// A toolchain file and what becomes of it.
struct Case {
    /// `rust-toolchain` or `rust-toolchain.toml`.
    name: String,
    text: String,
    /// The lines under it, as they stand.
    outcome: String,
    /// What rustup does instead: `refuses` or `takes`, and why.
    rustup: Option<String>,
}

fn table() -> PathBuf {
    root().join("tests/toolchain/files.txt")
}

/// Reads `NAME "TEXT"`, the text as JSON has it; below it, indented, the outcome and perhaps
/// `rustup: …`.
fn cases() -> Vec<Case> {
    let table = fs::read_to_string(table()).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in table.lines() {
        if let Some(under) = line.strip_prefix("    ") {
            let case = cases.last_mut().unwrap();
            match under.strip_prefix("rustup: ") {
                Some(rustup) => case.rustup = Some(rustup.to_owned()),
                None => under.clone_into(&mut case.outcome),
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            let (name, text) = line.split_once(' ').unwrap();
            cases.push(Case {
                name: name.to_owned(),
                text: serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}")),
                outcome: String::new(),
                rustup: None,
            });
        }
    }
    cases
}

/// A directory for each file.
fn directories(cases: &[Case]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (number, case) in cases.iter().enumerate() {
        let own = directory.path().join(number.to_string());
        fs::create_dir(&own).unwrap();
        fs::write(own.join(&case.name), &case.text).unwrap();
    }
    directory
}

/// One line: version, date, host and profile, then the components; or the error.
fn outcome(toolchain: &Value) -> String {
    if let Some(path) = toolchain["path"].as_str() {
        return format!("path {path}");
    }
    let text = |name: &str| toolchain[name].as_str().unwrap_or("null").to_owned();
    let host = text("host");
    let components: Vec<_> = components(toolchain)
        .into_iter()
        .map(|(package, target)| match target {
            Some(target) if target == host => package,
            Some(target) => format!("{package}@{target}"),
            None => format!("{package}@*"),
        })
        .collect();
    format!(
        "{} {} {} {host} {}: {}",
        text("channel"),
        text("version"),
        text("date"),
        text("profile"),
        components.join(" ")
    )
}

pub(super) fn components(toolchain: &Value) -> BTreeSet<(String, Option<String>)> {
    let components = toolchain["components"].as_array().unwrap();
    components
        .iter()
        .map(|component| {
            let text = |name: &str| component[name].as_str().map(str::to_owned);
            (text("package").unwrap(), text("target"))
        })
        .collect()
}

/// The answer for each file, or its error.
fn answers(
    host: &Host,
    server: &DistServer,
    directories: &TempDir,
    count: usize,
) -> Vec<Result<Value, String>> {
    let manifests: Vec<_> = server
        .manifests()
        .iter()
        .map(|manifest| format!("(builtins.readFile {})", manifest.display()))
        .collect();
    let call = format!(
        "case: builtins.rust.toolchain {{ file = {} + \"/${{toString case}}\"; host = \"x86_64-linux\"; default = \"stable\"; manifest = [ {} ]; }}",
        directories.path().display(),
        manifests.join(" ")
    );
    let caught = format!(
        "map (case: let answer = builtins.tryEval (builtins.deepSeq (call case) (call case)); in if answer.success then answer.value else null) (builtins.genList (i: i) {count})"
    );
    let values = host
        .eval(&format!("let call = {call}; in {caught}"), ["--impure"])
        .unwrap();
    let values = values.as_array().unwrap().clone();
    values
        .into_iter()
        .enumerate()
        .map(|(case, value)| match value {
            Value::Null => Err(host.impure_error(&format!("({call}) {case}"))),
            value => Ok(value),
        })
        .collect()
}

#[test]
fn each_has_its_outcome() {
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let server = DistServer::new();
    let directories = directories(&cases);
    for host in hosts() {
        let answers = answers(&host, &server, &directories, cases.len());
        let found: Vec<_> = answers
            .iter()
            .map(|answer| match answer {
                Ok(toolchain) => outcome(toolchain),
                Err(error) => error.replace(&directories.path().display().to_string(), "…"),
            })
            .collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            update(&found);
            return;
        }
        for (case, found) in cases.iter().zip(found) {
            // The directory has the case's number in it.
            let found = without_number(&found);
            assert_eq!(found, case.outcome, "{} {:?}", case.name, case.text);
        }
    }
}

/// `…/12/rust-toolchain` without the number, so that cases can be put between others.
fn without_number(outcome: &str) -> String {
    let mut parts = outcome.split("…/");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("…/");
        text.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_digit())
                .trim_start_matches('/'),
        );
    }
    text
}

fn update(found: &[String]) {
    let table = fs::read_to_string(self::table()).unwrap();
    let mut found = found.iter();
    let mut text = String::new();
    for line in table.lines() {
        let is_outcome = line.starts_with("    ") && !line.starts_with("    rustup: ");
        if is_outcome {
            continue;
        }
        writeln!(text, "{line}").unwrap();
        if !line.is_empty() && !line.starts_with(['#', ' ']) {
            writeln!(text, "    {}", without_number(found.next().unwrap())).unwrap();
        }
    }
    fs::write(self::table(), text).unwrap();
}

/// Rustup, on the same files and the same manifests.
#[test]
fn rustup_does_the_same() {
    let cases = cases();
    let server = DistServer::new();
    let directories = directories(&cases);
    let host = hosts().next().unwrap();
    let answers = answers(&host, &server, &directories, cases.len());
    let next = Mutex::new(0..cases.len());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(number) = { next.lock().unwrap().next() } {
                    let directory = directories.path().join(number.to_string());
                    let rustup = Rustup::new(&server.url()).install_in(&directory);
                    if let Err(failure) = compare(&cases[number], &answers[number], &rustup) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn compare(
    case: &Case,
    ours: &Result<Value, String>,
    rustup: &Result<Installed, String>,
) -> Result<(), String> {
    let what = format!("{} {:?}", case.name, case.text);
    let verdict = case.rustup.as_deref().unwrap_or_default();
    match (ours, rustup) {
        (Ok(_), Err(_)) if verdict.starts_with("refuses") => Ok(()),
        (Err(_), Ok(_)) if verdict.starts_with("takes") => Ok(()),
        _ if !verdict.is_empty() => {
            Err(format!("{what}: rustup does not do otherwise: {rustup:?}"))
        }
        (Err(_), Err(_)) => Ok(()),
        (Ok(ours), Ok((name, theirs))) if components(ours) == *theirs => {
            let host = ours["host"].as_str().unwrap_or_default();
            let ends = if name.ends_with(host) {
                Ok(())
            } else {
                Err(())
            };
            ends.map_err(|()| format!("{what}: rustup made {name} of it, and we are on {host}"))
        }
        (ours, theirs) => Err(format!("{what}: we say {ours:?}, and rustup {theirs:?}")),
    }
}
