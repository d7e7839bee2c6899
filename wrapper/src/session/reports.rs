//! Leaves the log of a session in the folder of reports, for `nix-sccache report` and `explain` on the host.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_contract as contract;
use nix_sccache_contract::log::{Log, lines};
use nix_sccache_contract::outputs;

/// Whether a build that ends leaves anything.
pub fn are_wanted() -> bool {
    env::var_os(contract::REPORTS).is_some_and(|folder| !folder.is_empty())
}

/// Leaves the log and what the keys were made of in the folder that [`contract::REPORTS`] names, if
/// it names one. They are called by the derivation's output and the time, since many builds leave
/// theirs there.
pub fn leave(log: &Log, keys: &[u8]) -> io::Result<()> {
    let Some(folder) = env::var_os(contract::REPORTS).filter(|folder| !folder.is_empty()) else {
        return Ok(());
    };
    let folder = PathBuf::from(folder);
    let named = |error: io::Error| {
        let hint = if error.kind() == io::ErrorKind::NotFound {
            "; is it there, and in extra-sandbox-paths?"
        } else {
            ""
        };
        io::Error::other(format!(
            "no log is left in {} ({}): {error}{hint}",
            folder.display(),
            contract::REPORTS
        ))
    };
    let out = env::var_os("out").map(PathBuf::from);
    let build = out.as_deref().and_then(Path::file_name);
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    keep_as(
        log,
        keys,
        &folder,
        build.unwrap_or(OsStr::new("session")),
        seconds,
    )
    .map_err(named)
}

fn keep_as(log: &Log, keys: &[u8], folder: &Path, build: &OsStr, seconds: u64) -> io::Result<()> {
    /// As many builds of one name may end within a second.
    const TRIES: u64 = 60;
    let name = |seconds: u64, ending: &str| {
        let mut name = build.to_owned();
        name.push(format!("-{seconds}.{ending}"));
        folder.join(name)
    };
    let texts = [("jsonl", lines(log)), ("keys.jsonl", keys.to_vec())];
    // Other builds write there as well: nothing of theirs is followed or overwritten.
    let is_free = |seconds: &u64| {
        !texts
            .iter()
            .any(|(ending, _)| name(*seconds, ending).exists())
    };
    let seconds = (seconds..seconds.saturating_add(TRIES))
        .find(is_free)
        .unwrap_or(seconds);
    let outputs = outputs::outputs(|name| env::var_os(name));
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    for (ending, text) in &texts {
        let file = name(seconds, ending);
        outputs::refuse_inside(&file, &outputs, real).map_err(io::Error::other)?;
        File::create_new(file)?.write_all(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_of_many_builds() {
        let folder = tempfile::tempdir().unwrap();
        let (log, build) = (Log::default(), OsStr::new("a-hello"));
        for _ in 0..2 {
            keep_as(&log, b"keys", folder.path(), build, 7).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "a-hello-7.jsonl",
                "a-hello-7.keys.jsonl",
                "a-hello-8.jsonl",
                "a-hello-8.keys.jsonl"
            ]
        );
        let none = folder.path().join("none");
        assert!(keep_as(&log, b"", &none, build, 7).is_err());
    }
}
