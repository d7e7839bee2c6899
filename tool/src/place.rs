//! Where what is kept of a session may be written: nowhere that a build's output is made of.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_contract as contract;

use super::view;
use crate::call_log::{self, Log};

/// Fails where a file would be in an output of the derivation that is being built, or in the
/// Nix store at all.
pub fn outside_outputs(file: &Path) -> io::Result<()> {
    refuse_inside(file, &outputs())
}

fn refuse_inside(file: &Path, outputs: &[PathBuf]) -> io::Result<()> {
    let file = std::path::absolute(file)?;
    // The file itself may not be there yet, nor the outputs.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = real(file.parent().unwrap_or(&file));
    let written = [
        file.clone(),
        folder.join(file.file_name().unwrap_or_default()),
    ];
    for output in outputs {
        let real = real(output);
        if written
            .iter()
            .any(|file| file.starts_with(output) || file.starts_with(&real))
        {
            return Err(io::Error::other(format!(
                "this is in {}, and what the cache did must not be part of what is built",
                output.display()
            )));
        }
    }
    Ok(())
}

fn outputs() -> Vec<PathBuf> {
    let names = env::var("outputs").unwrap_or_else(|_| "out".to_owned());
    let outputs = names.split_whitespace().filter_map(env::var_os);
    let store = env::var_os("NIX_STORE").unwrap_or_else(|| "/nix/store".into());
    // An empty path would be a part of every other.
    outputs
        .chain([store])
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect()
}

/// Leaves log, page and what the keys were made of in the folder that [`contract::REPORTS`] names, if
/// it names one. They are called by the derivation's output and the time, since many builds leave
/// theirs there.
pub fn keep_in_folder(log: &Log, keys: &[u8]) -> io::Result<()> {
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
            "no page is left in {} ({}): {error}{hint}",
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
    let texts = [
        ("html", view::page(log)?.into_bytes()),
        ("jsonl", call_log::lines(log)?),
        ("keys.jsonl", keys.to_vec()),
    ];
    // Other builds write there as well: nothing of theirs is followed or overwritten.
    let is_free = |seconds: &u64| {
        !texts
            .iter()
            .any(|(ending, _)| name(*seconds, ending).exists())
    };
    let seconds = (seconds..seconds.saturating_add(TRIES))
        .find(is_free)
        .unwrap_or(seconds);
    for (ending, text) in &texts {
        let file = name(seconds, ending);
        outside_outputs(&file)?;
        File::create_new(file)?.write_all(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_output_gets_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let outputs = [out.clone()];
        let refused = |file: &Path| refuse_inside(file, &outputs).is_err();
        // Not there yet.
        assert!(refused(&out));
        assert!(refused(&out.join("page.html")));
        assert!(!refused(&folder.path().join("page.html")));
        assert!(!refused(&folder.path().join("output.html")));
        fs::create_dir(&out).unwrap();
        symlink(&out, folder.path().join("link")).unwrap();
        assert!(refused(&folder.path().join("link/page.html")));
        assert!(outside_outputs(Path::new("/nix/store/page.html")).is_err());
        assert!(outside_outputs(Path::new("page.html")).is_ok());
    }

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
                "a-hello-7.html",
                "a-hello-7.jsonl",
                "a-hello-7.keys.jsonl",
                "a-hello-8.html",
                "a-hello-8.jsonl",
                "a-hello-8.keys.jsonl"
            ]
        );
        let none = folder.path().join("none");
        assert!(keep_as(&log, b"", &none, build, 7).is_err());
    }
}
