//! Passes what is known of one call between those in front of sccache and behind it, by files in the
//! session's folder.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::json::Json;

use crate::process::{is_there, process_of};

/// The note of one call: it is there while the compiler compiles, with the number of the process that
/// waits for it.
#[derive(Clone, Debug)]
pub struct Note(PathBuf);

impl Note {
    /// The note at this path.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.0.with_extension(ending)
    }

    /// Where a socket of this call may be.
    pub fn socket(&self) -> PathBuf {
        self.beside("sock")
    }

    /// The file with sccache's key of the call.
    pub fn key(&self) -> PathBuf {
        self.beside("key")
    }

    fn compiled(&self) -> PathBuf {
        self.beside("done")
    }

    fn real_path_found(&self) -> PathBuf {
        self.beside("real-path")
    }

    fn refused(&self) -> PathBuf {
        self.beside("refused")
    }

    fn arguments(&self) -> PathBuf {
        self.beside("arguments")
    }

    fn rules(&self) -> PathBuf {
        self.beside("rules")
    }

    /// Takes it away, and all that is beside it.
    pub fn remove(&self) {
        for file in [
            self.compiled(),
            self.key(),
            self.refused(),
            self.arguments(),
            self.rules(),
            self.0.clone(),
        ] {
            fs::remove_file(file).ok();
        }
    }

    /// Says that the compiler is done.
    pub fn note_compiled(&self) {
        fs::rename(&self.0, self.compiled()).ok();
    }

    /// Whether it was called.
    pub fn was_compiled(&self) -> bool {
        self.0.exists() || self.compiled().exists()
    }

    /// Waits until the compiler has ended that sccache left, so that not two of them write the same
    /// files; not for ever.
    pub fn wait_for_compiler(&self) {
        const POLL_INTERVAL: Duration = Duration::from_millis(10);
        const TIMEOUT: Duration = Duration::from_secs(5);
        let since = Instant::now();
        let compiles = || process_of(&fs::read_to_string(&self.0).ok()?);
        while since.elapsed() < TIMEOUT && compiles().is_some_and(is_there) {
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// How long after this moment it was called.
    pub fn called_after(&self, began: std::time::SystemTime) -> Duration {
        let called = fs::metadata(self.compiled()).and_then(|note| note.modified());
        let waited = called
            .ok()
            .and_then(|called| called.duration_since(began).ok());
        waited.unwrap_or_default()
    }

    /// Says that what was compiled must not be stored.
    pub fn note_real_path(&self) {
        fs::rename(&self.0, self.real_path_found()).ok();
    }

    /// Whether it must not. It is asked once.
    pub fn has_real_path(&self) -> bool {
        fs::remove_file(self.real_path_found()).is_ok()
    }

    /// Says why the call is none for the cache after all.
    pub fn note_refused(&self, reason: &BypassReason) {
        fs::write(self.refused(), reason.to_json()).ok();
    }

    /// Why it is none.
    pub fn refusal(&self) -> Option<BypassReason> {
        BypassReason::from_json(&fs::read(self.refused()).ok()?)
    }

    /// Keeps the arguments that the compiler was called with: sccache calls it with others of the same
    /// meaning, which will mostly do where these cannot be kept. Says whether they are.
    pub fn keep_arguments(&self, arguments: &[OsString]) -> bool {
        let words: Vec<_> = arguments.iter().map(|it| it.as_bytes()).collect();
        let is_kept = fs::write(self.arguments(), words.join(&0)).is_ok();
        if !is_kept {
            // What is there is not all of them.
            fs::remove_file(self.arguments()).ok();
        }
        is_kept
    }

    /// Those arguments.
    pub fn kept_arguments(&self) -> Option<Vec<OsString>> {
        let words = fs::read(self.arguments()).ok()?;
        let words = words.split(|byte| *byte == 0);
        Some(
            words
                .map(|word| OsString::from_vec(word.to_vec()))
                .collect(),
        )
    }

    /// Keeps the rules for make that the preprocessor has written to a file.
    pub fn keep_rules(&self, file: &OsStr) {
        let Ok(rules) = fs::read(file) else { return };
        if fs::write(self.rules(), [file.as_bytes(), b"\0", &rules].concat()).is_err() {
            fs::remove_file(self.rules()).ok();
        }
    }

    /// Puts these rules in place again: an entry has those of whoever stored it, with other names.
    pub fn put_rules_back(&self) {
        let Ok(kept) = fs::read(self.rules()) else {
            return;
        };
        let Some(end) = kept.iter().position(|byte| *byte == 0) else {
            return;
        };
        let (file, rules) = kept.split_at(end);
        let file = Path::new(OsStr::from_bytes(file));
        let rules = rules.get(1..).unwrap_or_default();
        if fs::read(file).is_ok_and(|found| found != rules) {
            fs::write(file, rules).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_what_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let note = Note::at(folder.path().join("call.compiling"));
        assert_eq!(note.kept_arguments(), None);
        let arguments = ["-c", "", "a\nb"].map(OsString::from);
        assert!(note.keep_arguments(&arguments));
        assert_eq!(note.kept_arguments().unwrap(), arguments);
        note.note_refused(&BypassReason::Sources);
        assert_eq!(note.refusal(), Some(BypassReason::Sources));
        note.remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn rules_are_this_calls() {
        let folder = tempfile::tempdir().unwrap();
        let note = Note::at(folder.path().join("call.compiling"));
        let rules = folder.path().join("a.d");
        fs::write(&rules, "a.o: a.c").unwrap();
        note.keep_rules(rules.as_os_str());
        fs::write(&rules, "b.o: b.c").unwrap();
        note.put_rules_back();
        assert_eq!(fs::read(&rules).unwrap(), b"a.o: a.c");
        fs::remove_file(&rules).unwrap();
        note.put_rules_back();
        assert!(!rules.exists());
    }
}
