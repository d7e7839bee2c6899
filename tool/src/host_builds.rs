//! Follows what the host's gateway keeps of builds: what came of their calls so far, and which run.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix_sccache_contract::host_log::Line;
use nix_sccache_contract::log::{Entry, Outcome};
use nix_sccache_contract::record;

use crate::left_logs::{self, Log};

/// A build that says nothing for so long, and does not compile, has ended.
const ENDS_AFTER: Duration = Duration::from_mins(1);

/// A compiler that runs for longer was killed with its build.
const COMPILES: Duration = Duration::from_hours(1);

/// So much of a file is read at once.
const LARGEST: u64 = 64 << 20;

/// All that is kept, as far as it was read.
pub struct HostBuilds {
    directory: PathBuf,
    builds: Vec<HostBuild>,
}

/// A build.
pub struct HostBuild {
    /// Its file.
    pub log: Log,
    /// What it says of itself, and who the gateway says it was.
    pub origin: record::Build,
    /// Calls that the cache had.
    pub hits: usize,
    /// Calls that it had not.
    pub misses: usize,
    /// Calls that ran without it.
    pub passed: usize,
    /// Calls that the compiler refused.
    pub errors: usize,
    /// What the hits saved, in microseconds, as they say.
    pub saved: u64,
    /// Whether the cache could not be used.
    pub has_error: bool,
    /// The crate or source of the newest call.
    pub last: String,
    /// When it said something last.
    pub heard: SystemTime,
    compiles: BTreeMap<u64, String>,
    has_ended: bool,
    offset: u64,
}

impl HostBuilds {
    /// Nothing is read yet of what is kept in this directory.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            builds: Vec::new(),
        }
    }

    /// Reads what came since.
    pub fn update(&mut self) -> Result<(), String> {
        let logs = left_logs::logs(&self.directory)
            .map_err(|error| unreadable(&self.directory, &error))?;
        let mut known: HashMap<PathBuf, HostBuild> = self
            .builds
            .drain(..)
            .map(|build| (build.log.path().to_owned(), build))
            .collect();
        for log in logs {
            let known = known.remove(log.path());
            let mut build = known.unwrap_or_else(|| HostBuild::new(log));
            // What goes between the look and the reading is gone.
            if build.read().is_ok() {
                self.builds.push(build);
            }
        }
        Ok(())
    }

    /// The builds, the newest first.
    pub fn builds(&self) -> &[HostBuild] {
        &self.builds
    }
}

impl HostBuild {
    fn new(log: Log) -> Self {
        Self {
            origin: log.origin(),
            log,
            hits: 0,
            misses: 0,
            passed: 0,
            errors: 0,
            has_error: false,
            last: String::new(),
            heard: UNIX_EPOCH,
            compiles: BTreeMap::new(),
            saved: 0,
            has_ended: false,
            offset: 0,
        }
    }

    /// Whether it seems to run.
    pub fn runs(&self, now: SystemTime) -> bool {
        let quiet = now.duration_since(self.heard).unwrap_or_default();
        let patience = if self.compiles.is_empty() {
            ENDS_AFTER
        } else {
            COMPILES
        };
        !self.has_ended && quiet < patience
    }

    /// What is being compiled, the longest first.
    pub fn compiles(&self) -> impl Iterator<Item = &str> {
        self.compiles.values().map(String::as_str)
    }

    /// Reads the lines that were added.
    fn read(&mut self) -> io::Result<()> {
        let mut file = File::open(self.log.path())?;
        let state = file.metadata()?;
        self.heard = state.modified()?;
        if state.len() <= self.offset {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text)?;
        // The last line may be half there.
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.offset += whole as u64;
        for line in text
            .get(..whole)
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
        {
            let line = serde_json::from_slice(line).ok();
            match line.and_then(|line| Line::read(&line)) {
                Some(Line::Call(entry)) => self.add(entry),
                Some(Line::Started(started)) => {
                    self.compiles.insert(started.started, started.name);
                }
                Some(Line::Saved(hit)) => self.saved = self.saved.saturating_add(hit.saved),
                Some(Line::Error(_)) => self.has_error = true,
                Some(Line::Ended(_)) => self.has_ended = true,
                Some(Line::Fault(_) | Line::Key(_)) | None => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry) {
        self.compiles.remove(&entry.at);
        self.has_ended = false;
        match entry.outcome {
            Outcome::Hit => self.hits += 1,
            Outcome::Miss => self.misses += 1,
            Outcome::Passthrough(_) => self.passed += 1,
            Outcome::Error => self.errors += 1,
            Outcome::Probe => return,
        }
        self.last = entry.name;
    }
}

/// Why what is kept cannot be read, and what to do.
pub fn unreadable(directory: &Path, error: &io::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            "; root reads it, and the members of the group that `services.nix-sccache.logs.group` names"
        }
        ErrorKind::NotFound => {
            "; builds of this machine are kept where its gateway has --logs (`services.nix-sccache.logs`); say --logs DIR \
             where that is another directory"
        }
        _ => "",
    };
    format!("{}: {error}{hint}", directory.display())
}
