//! The session's log: one line of JSON a call.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::class::Reason;

/// One call of a compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it began, in microseconds since 1970.
    pub at: u64,
    /// How long it took, in microseconds; 0 for a probe, which nobody waits for.
    pub took: u64,
    /// `rust`, `c` or `c++`.
    pub language: String,
    /// The crate, or the source file.
    pub name: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "reason")]
pub enum Outcome {
    /// The cache had it.
    Hit,
    /// The cache had it not, and was given it.
    Miss,
    /// It ran without the cache.
    Passthrough(Reason),
    /// A question, which went straight to the compiler.
    Probe,
    /// The compiler refused it.
    Error,
}

/// Adds a line. A single write to a file opened for appending is whole, whoever else writes.
pub fn append(log: &Path, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)?
        .write_all(&line)
}

/// Reads a log. A line that is not whole, as a full disk leaves it, is passed over.
pub fn read(log: &Path) -> io::Result<Vec<Entry>> {
    let text = match fs::read_to_string(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(read(&log).unwrap(), []);
        let entry = |outcome| Entry {
            at: 1,
            took: 2,
            language: "rust".into(),
            name: "a".into(),
            outcome,
        };
        let entries = [
            entry(Outcome::Hit),
            entry(Outcome::Passthrough(Reason::Links("bin".into()))),
            entry(Outcome::Passthrough(Reason::Incremental)),
        ];
        for entry in &entries {
            append(&log, entry).unwrap();
        }
        fs::write(
            &log,
            format!("{}{{\"at\":1,\"to", fs::read_to_string(&log).unwrap()),
        )
        .unwrap();
        assert_eq!(read(&log).unwrap(), entries);
    }
}
