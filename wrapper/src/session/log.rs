//! Appends lines to the session's files, and reads them back.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use nix_sccache_contract::json::Json;
use nix_sccache_contract::log::whole_lines;

/// Adds a line. A single write to a file opened for appending is whole, whoever else writes.
pub fn append(log: &Path, entry: &impl Json) -> io::Result<()> {
    append_line(log, &entry.to_json())
}

/// The same of its text.
pub fn append_line(log: &Path, text: &str) -> io::Result<()> {
    let line = text.to_owned() + "\n";
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)?
        .write_all(line.as_bytes())
}

/// Reads the lines of a log, calls or faults. A line that is not whole, as a full disk leaves it, is
/// passed over.
pub fn read<T: Json>(log: &Path) -> io::Result<Vec<T>> {
    let text = match fs::read_to_string(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    Ok(whole_lines(&text))
}

#[cfg(test)]
mod tests {
    use nix_sccache_contract::bypass::BypassReason;
    use nix_sccache_contract::log::{Entry, Outcome};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(read::<Entry>(&log).unwrap(), []);
        let entry = |outcome| Entry {
            at: 1,
            took: 2,
            language: "rust".into(),
            name: "a".into(),
            package: Some("a 0.1.0".into()),
            keeps_path: true,
            outcome,
        };
        let entries = [
            entry(Outcome::Hit),
            entry(Outcome::Passthrough(BypassReason::Links("bin".into()))),
            entry(Outcome::Passthrough(BypassReason::Incremental)),
        ];
        for entry in &entries {
            append(&log, entry).unwrap();
        }
        fs::write(
            &log,
            format!("{}{{\"at\":1,\"to", fs::read_to_string(&log).unwrap()),
        )
        .unwrap();
        assert_eq!(read::<Entry>(&log).unwrap(), entries);
    }
}
