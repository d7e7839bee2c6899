//! Verifies entries: says which hits are run again, and what differs then.

use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_cache::entry::{Entry, StoredEntry};
use nix_sccache_contract as contract;

use crate::settings;
/// Whether this hit is one of those that are run again: one in so many.
pub fn is_due() -> bool {
    let every = settings::text(contract::VERIFY).and_then(|every| every.parse::<u128>().ok());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    every.is_some_and(|every| every > 0 && (now / 1000).is_multiple_of(every))
}

/// What of an entry is not what the compiler has just made.
pub fn difference(stored: &StoredEntry, made: &Entry) -> Option<String> {
    let name = |file: &[u8]| String::from_utf8_lossy(file).into_owned();
    if stored.code != made.code {
        return Some("the exit code".to_owned());
    }
    if stored.stdout().ok().as_deref() != Some(&made.stdout)
        || stored.stderr().ok().as_deref() != Some(&made.stderr)
    {
        return Some("the messages".to_owned());
    }
    if stored.files().len() != made.files.len() {
        return Some("which files there are".to_owned());
    }
    let differs = stored
        .files()
        .iter()
        .zip(&made.files)
        .find(|(stored_file, file)| {
            let is_same = (
                stored_file.directory,
                &stored_file.name,
                stored_file.executable,
            ) == (file.directory, &file.name, file.executable);
            !is_same || stored.contents(stored_file).ok().as_deref() != Some(&file.contents)
        });
    differs.map(|(_, file)| name(&file.name))
}
