//! Reads the directory in which builds leave their logs: which there are, and what is in them.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix_sccache_contract::fault::CacheError;
use nix_sccache_contract::log::{self, Entry};
use nix_sccache_contract::record::{self, Made};

/// How a log ends, and what is beside it.
const LOG: &str = ".jsonl";
const KEYS: &str = ".keys.jsonl";

/// Everybody may write to the directory: a file beyond this is not what a build has left.
const LARGEST: u64 = 256 << 20;

/// As many builds are looked through for a crate, the newest first.
const MOST: usize = 2000;

/// A build that has left its log.
#[derive(Debug)]
pub struct Build {
    /// Its derivation's output, or `session`.
    pub name: String,
    /// When it ended or, where the host's gateway keeps it, began, in seconds since 1970.
    pub seconds: u64,
    /// What it says of itself.
    pub origin: record::Build,
    /// Its calls, in the order of their ends.
    pub calls: Vec<Call>,
    /// Why the cache could not be used, the first time.
    pub error: Option<CacheError>,
}

/// One call of a compiler's.
#[derive(Debug)]
pub struct Call {
    /// Its line in the log.
    pub entry: Entry,
    /// What its key was made of, where that was recorded.
    pub made: Option<Made>,
}

impl Call {
    /// Cargo's package.
    pub fn package(&self) -> Option<&str> {
        let package = self.entry.package.as_deref()?;
        package.split(' ').next()
    }

    /// Its version.
    pub fn version(&self) -> Option<&str> {
        let (_, version) = self.entry.package.as_deref()?.split_once(' ')?;
        Some(version)
    }
}

/// A log that nobody has read yet.
#[derive(Clone, Debug)]
pub struct Log {
    path: PathBuf,
    name: String,
    seconds: u64,
    /// When it was last written to.
    written: Option<SystemTime>,
}

/// The logs, the newest first.
pub fn logs(directory: &Path) -> io::Result<Vec<Log>> {
    let mut logs: Vec<_> = fs::read_dir(directory)?
        .flatten()
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let stem = name.strip_suffix(LOG).filter(|_| !name.ends_with(KEYS))?;
            let (name, seconds) = stem.rsplit_once('-')?;
            Some(Log {
                path: file.path(),
                written: file.metadata().and_then(|it| it.modified()).ok(),
                name: name.to_owned(),
                seconds: seconds.parse().ok()?,
            })
        })
        .collect();
    // Several may be of one second.
    logs.sort_by_key(|log| Reverse((log.seconds, log.written, log.path.clone())));
    logs.truncate(MOST);
    Ok(logs)
}

impl Log {
    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What tells it from all others: the name of its file without the ending.
    pub fn id(&self) -> String {
        format!("{}-{}", self.name, self.seconds)
    }

    /// The time in its name, in seconds since 1970.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The name for people of a build that says this of itself.
    pub fn title(&self, origin: &record::Build) -> String {
        title(origin.name.as_deref(), &self.name).to_owned()
    }

    /// What the build says of itself.
    pub fn origin(&self) -> record::Build {
        const FIRST: u64 = 64 << 10;
        let mut first = String::new();
        let read = File::open(self.keys())
            .and_then(|file| BufReader::new(file.take(FIRST)).read_line(&mut first));
        read.map(|_| record::read(&first).0).unwrap_or_default()
    }

    /// The file of what the keys of its calls were made of.
    fn keys(&self) -> PathBuf {
        let mut keys = self.path.with_extension("").into_os_string();
        keys.push(KEYS);
        keys.into()
    }

    /// Reads it; nothing where it is none.
    pub fn log(&self) -> Option<log::Log> {
        Some(log::kept(&text(&self.path).ok()?))
    }

    /// Reads it, and what the keys of its calls were made of.
    pub fn read(&self) -> Option<Build> {
        let log = self.log()?;
        let (origin, mut made) = text(&self.keys())
            .map(|text| record::read(&text))
            .unwrap_or_default();
        let calls = log
            .calls
            .into_iter()
            .map(|entry| {
                let its = |made: &Made| made.at == entry.at && made.name == entry.name;
                let at = made.iter().position(its);
                Call {
                    made: at.map(|at| made.swap_remove(at)),
                    entry,
                }
            })
            .collect();
        Some(Build {
            name: self.name.clone(),
            seconds: self.seconds,
            origin,
            calls,
            error: log.error,
        })
    }
}

/// The newest build that goes by this: its file's name, or its own, with or without a version.
pub fn find(directory: &Path, wanted: &str) -> io::Result<Option<Log>> {
    let mut logs = logs(directory)?.into_iter();
    Ok(logs.find(|log| {
        let is = |name: &str| name == wanted || without_version(name) == wanted;
        let origin = log.origin();
        log.id() == wanted || is(&log.title(&origin)) || origin.pname.as_deref() == Some(wanted)
    }))
}

/// A build's own name or, where it says none, that of its file without the hash of its output.
fn title<'a>(own: Option<&'a str>, file: &'a str) -> &'a str {
    const HASH: usize = 32;
    own.unwrap_or_else(|| match file.split_at_checked(HASH) {
        Some((hash, name)) if hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            name.strip_prefix('-').unwrap_or(file)
        }
        _ => file,
    })
}

/// The text of a file, which is one.
fn text(path: &Path) -> io::Result<String> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() || found.len() > LARGEST {
        return Err(io::Error::other("no log"));
    }
    fs::read(path).map(|text| String::from_utf8_lossy(&text).into_owned())
}

impl Build {
    /// The name for people: the derivation's, without the hash of its output.
    pub fn title(&self) -> &str {
        title(self.origin.name.as_deref(), &self.name)
    }

    /// Whether both are builds of one derivation, as its versions come and go.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self.family(), other.family()) {
            (Some(one), Some(other)) => one == other,
            _ => self.title() == other.title(),
        }
    }

    /// What stays of the derivation's name when its version changes.
    fn family(&self) -> Option<&str> {
        let named = self.origin.name.as_deref().map(without_version);
        self.origin.pname.as_deref().or(named)
    }
}

/// A derivation's name up to its version, by Nix's rule: that begins at the first dash that no
/// letter follows.
fn without_version(name: &str) -> &str {
    let version = name.match_indices('-').find(|(at, _)| {
        let next = name.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_some_and(|next| !next.is_alphabetic())
    });
    version.map_or(name, |(at, _)| name.get(..at).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_versions() {
        for (name, expected) in [
            ("hello-1.0.0", "hello"),
            ("cargo-audit-0.21", "cargo-audit"),
            ("hello", "hello"),
            ("hello-", "hello-"),
            ("", ""),
        ] {
            assert_eq!(without_version(name), expected);
        }
    }
}
