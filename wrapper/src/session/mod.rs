//! Keeps a session: one build's use of the cache.
//!
//! It is a directory, which [`contract::SESSION`] names, with the log of the calls, the
//! first error of the cache, what is remembered of files, a link by which tools call us, and, where the
//! transport wants a server in the build, that server's socket.

mod host;
pub mod log;
pub mod reports;
mod server;

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix_sccache_cache::local::Local;
use nix_sccache_contract as contract;
use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};
use nix_sccache_contract::host_log::{Ended, Saved, Started};
use nix_sccache_contract::json::Json;
use nix_sccache_contract::log::{Entry, Log, error_line};

use self::host::Host;
pub use self::host::{now, secrets};
use crate::process::own_name;
use crate::settings;
use crate::temporary::{TemporaryDirectory, TemporaryFile};

/// A running session.
#[derive(Clone, Debug)]
pub struct Session {
    folder: PathBuf,
}

/// A session that has begun, and the variables that its calls need.
pub struct Begun {
    /// The session.
    pub session: Session,
    /// The variables, by name.
    pub variables: Vec<(&'static str, PathBuf)>,
}

/// After a failure, how long calls go without the cache before one tries it again: a
/// daemon that was restarted is found, a broken one does not cost every call.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The file by which a session knows its folder.
const OWN: &str = "nix-sccache-session";

/// Where a session is in Nix's sandbox.
const IN_SANDBOX: &str = "/tmp/nix-sccache";

/// The directory of what it has of the storage.
const LOCAL: &str = "local";

/// How the names of files begin that stand for lines that could not be written.
const NOT_NOTED: &str = "not-noted-";

impl Session {
    /// The session that this process is in, if there is one and its directory is there. Where the machine mounts the shim
    /// the first call makes it, and it goes with the sandbox.
    pub fn current() -> Option<Self> {
        let named = env::var_os(contract::SESSION).map(PathBuf::from);
        let folder = match named {
            Some(folder) => folder,
            None if settings::are_mounted() => {
                fs::create_dir(IN_SANDBOX).ok();
                IN_SANDBOX.into()
            }
            None => return None,
        };
        folder.is_dir().then_some(Self { folder })
    }

    /// Begins a session: a directory of its own, and a server where the transport wants one.
    /// Trouble with either is noted, and leaves a session without a cache.
    pub fn begin() -> io::Result<Begun> {
        let folder = new_folder()?;
        File::create_new(folder.join(OWN))?;
        let session = Self { folder };
        let mut variables = vec![(contract::SESSION, session.folder.clone())];
        if let Some(transport) =
            env::var_os(contract::TRANSPORT).filter(|name| name != contract::TRANSPORT_SERVER)
        {
            variables.push((contract::SERVER_UDS, session.socket()));
            if transport == contract::TRANSPORT_EPHEMERAL {
                variables.push((contract::CACHE_DIR, session.folder.join("cache")));
            }
            // A server would make the directory, in vain.
            if let Some(folder) = not_mounted(&transport) {
                let folder = folder.display().to_string();
                session.give_up(&CacheError::DirectoryMissing(folder));
            } else if let Err(error) = server::start(&variables[1..]) {
                session.note_error(&CacheError::ServerNotStarted(error.to_string()));
            }
        }
        Ok(Begun { session, variables })
    }

    /// Ends the session: its server stops, its directory goes.
    pub fn end(self) {
        self.tell(|| Ended { ended: now() }.to_json());
        if self.has_server() {
            server::stop(&self.socket());
        }
        // Whatever the variable names: nothing goes that no session has made.
        if self.folder.join(OWN).is_file() {
            fs::remove_dir_all(&self.folder).ok();
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("calls.jsonl")
    }

    fn faults(&self) -> PathBuf {
        self.folder.join("faults.jsonl")
    }

    /// What the session left so far.
    pub fn read_log(&self) -> Log {
        let mut faults = log::read(&self.faults()).unwrap_or_default();
        faults.extend(self.not_noted());
        let calls = log::read(&self.log()).unwrap_or_else(|error| {
            let fault = Fault::LogIncomplete(error.to_string());
            faults.push(FaultRecord::of_calls(fault, 0));
            Vec::new()
        });
        Log {
            calls,
            error: self.first_error(),
            faults,
        }
    }

    /// Notes a call. A log that cannot be written is no reason to fail: the report says how many
    /// calls it lacks.
    pub fn note(&self, entry: &Entry) {
        self.append(&self.log(), entry);
        self.tell(|| entry.to_json());
    }

    /// Notes a call of the cache's, and tells what it saved, in microseconds, and what its key was made of, where anybody
    /// wants that.
    pub fn note_made(&self, entry: &Entry, saved: Option<u64>, made: impl FnOnce() -> String) {
        self.append(&self.log(), entry);
        let host = Host::connect(&self.folder);
        if host.is_none() && !reports::are_wanted() {
            return;
        }
        let made = made();
        if reports::are_wanted() {
            log::append_line(&self.keys(), &made).ok();
        }
        if let Some(host) = host {
            let at = entry.at;
            let saved = saved.map(|saved| Saved { saved, at }.to_json());
            let lines: Vec<_> = [entry.to_json()].into_iter().chain(saved).collect();
            host.tell(&lines.join("\n"), Some(&made));
        }
    }

    /// Notes something that went wrong and was got over.
    pub fn fault(&self, fault: &FaultRecord) {
        self.append(&self.faults(), fault);
        self.tell(|| fault.to_json());
    }

    /// Tells the host that a compiler begins to run for the call that began then.
    pub fn tell_started(&self, started: u64, name: &str) {
        let name = name.to_owned();
        self.tell(|| Started { started, name }.to_json());
    }

    fn append(&self, file: &Path, line: &impl Json) {
        if let Err(error) = log::append(file, line) {
            self.note_not_noted(&error);
        }
    }

    fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(host) = Host::connect(&self.folder) {
            host.tell(&line(), None);
        }
    }

    /// Notes that a line could not be written: by a file's name, for which there is room where
    /// there is none for a line.
    fn note_not_noted(&self, error: &io::Error) {
        let number = error.raw_os_error().unwrap_or_default();
        let name = format!("{NOT_NOTED}{}-{number}", own_name());
        File::create(self.folder.join(name)).ok();
    }

    /// The lines that could not be written, by what kept them from it.
    fn not_noted(&self) -> Vec<FaultRecord> {
        let Ok(files) = fs::read_dir(&self.folder) else {
            let why = "the session's folder was removed in the middle of the build";
            let fault = Fault::LogIncomplete(why.to_owned());
            return vec![FaultRecord::of_calls(fault, 0)];
        };
        let names = files.flatten().filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let (_, error) = name.strip_prefix(NOT_NOTED)?.rsplit_once('-')?;
            error.parse().ok()
        });
        names
            .map(|error| match error {
                0 => "an unknown error".to_owned(),
                number => io::Error::from_raw_os_error(number).to_string(),
            })
            .map(|why| FaultRecord::of_calls(Fault::LogIncomplete(why), 1))
            .collect()
    }

    /// The file of what the keys of the session's calls were made of.
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys.jsonl")
    }

    /// Notes an error of the cache; the session's end tells of the first. Not at once: cargo
    /// keeps what a compiler says, and says it again whenever it has no need to compile.
    pub fn note_error(&self, error: &CacheError) {
        let note = self.error_note();
        if let Ok(mut file) = OpenOptions::new().write(true).create_new(true).open(&note) {
            file.write_all(error.to_json().as_bytes()).ok();
            self.tell(|| error_line(error));
            return;
        }
        // The time of the note is that of the last error.
        let now = SystemTime::now();
        File::open(&note)
            .and_then(|file| file.set_modified(now))
            .ok();
    }

    /// The first error of the cache, if there was any. Where the note could not be written, the session's
    /// directory is that.
    pub fn first_error(&self) -> Option<CacheError> {
        let note = fs::read(self.error_note()).ok()?;
        Some(CacheError::from_json(&note).unwrap_or(CacheError::SessionUnusable))
    }

    /// Whether the cache failed just now, so that the cache is better left alone.
    pub fn has_failed_lately(&self) -> bool {
        let last = fs::metadata(self.error_note()).and_then(|note| note.modified());
        self.has_given_up()
            || last.is_ok_and(|last| last.elapsed().is_ok_and(|since| since < TRY_AGAIN_AFTER))
    }

    /// Notes an error that another try would only meet again, at a price: the cache is left
    /// alone for the rest of the session.
    pub fn give_up(&self, error: &CacheError) {
        self.note_error(error);
        File::create(self.given_up_note()).ok();
    }

    /// What `learn` says of these files under this name, which is asked again only when one of them
    /// is another one, by its time or its size, or when it had nothing to say.
    pub fn remember(
        &self,
        what: &[u8],
        files: &[PathBuf],
        learn: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let mut hash = DefaultHasher::new();
        what.hash(&mut hash);
        for path in files {
            let file = fs::metadata(path);
            let state = file.and_then(|file| Ok((file.modified()?, file.len())));
            (path, state.ok()).hash(&mut hash);
        }
        let folder = self.folder.join("known");
        let note = folder.join(format!("{:016x}", hash.finish()));
        if let Ok(known) = fs::read(&note) {
            return Some(known);
        }
        let learned = learn()?;
        write_whole(&note, &learned).ok();
        Some(learned)
    }

    /// A path that leads to us and has the name by which tools know a wrapper.
    pub fn wrapper(&self) -> io::Result<PathBuf> {
        let path = self.folder.join("sccache");
        symlink(env::current_exe()?, &path)?;
        Ok(path)
    }

    /// A file of this name, for what holds as long as the session.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What it has of the storage, if it keeps any of that.
    pub fn local(&self) -> Option<Local> {
        Local::in_directory(self.file(LOCAL))
    }

    /// Has it keep what it has of the storage.
    pub fn make_local(&self) -> io::Result<()> {
        fs::create_dir(self.file(LOCAL))
    }

    /// Whether the cache is left alone for the rest of the session.
    pub fn has_given_up(&self) -> bool {
        self.given_up_note().exists()
    }

    fn given_up_note(&self) -> PathBuf {
        self.folder.join("given-up")
    }

    /// Whether it has a server of its own.
    fn has_server(&self) -> bool {
        self.socket().exists()
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("sccache.sock")
    }

    fn error_note(&self) -> PathBuf {
        self.folder.join("cache-error")
    }
}

/// Writes a file, and the folder that it is in: whole or not at all, since others may read it now.
pub fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = TemporaryFile::new_in(folder)?;
    file.file().write_all(contents)?;
    file.persist(path)
}

/// The directory of the transport of that name, in a sandbox that has it not.
fn not_mounted(transport: &OsStr) -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os(contract::CACHE_DIR)?);
    (transport == "directory" && in_sandbox() && !folder.is_dir()).then_some(folder)
}

/// Whether this is Nix's sandbox, where the build's directory has always the same name.
pub fn in_sandbox() -> bool {
    env::var_os("NIX_BUILD_TOP").is_some_and(|top| top == "/build")
}

/// A folder of the session's own. Not in the build's directory, which a build may install as a
/// whole, but in `/tmp`; and in Nix's sandbox, where nobody else has that, always of the same
/// name, since it is in the environment of everything that runs there.
fn new_folder() -> io::Result<PathBuf> {
    if in_sandbox() && fs::create_dir(IN_SANDBOX).is_ok() {
        return Ok(IN_SANDBOX.into());
    }
    let made_in = |parent: &Path| TemporaryDirectory::new_in(parent, "nix-sccache-");
    Ok(made_in(Path::new("/tmp"))
        .or_else(|_| made_in(&env::temp_dir()))?
        .keep())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_files_lasts_as_long_as_they() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session {
            folder: folder.path().to_owned(),
        };
        let files = [folder.path().join("one"), folder.path().join("other")];
        let remember = |what: &str, files: &[PathBuf], learned: Option<u8>| {
            session.remember(what.as_bytes(), files, || learned.map(|byte| vec![byte]))
        };
        fs::write(&files[0], "1").unwrap();
        assert_eq!(remember("a", &files, None), None);
        assert_eq!(remember("a", &files, Some(1)), Some(vec![1]));
        assert_eq!(remember("a", &files, Some(2)), Some(vec![1]));
        assert_eq!(remember("b", &files, Some(2)), Some(vec![2]));
        assert_eq!(remember("a", &files[..1], Some(3)), Some(vec![3]));
        fs::write(&files[0], "another").unwrap();
        assert_eq!(remember("a", &files, Some(4)), Some(vec![4]));
        fs::write(&files[1], "").unwrap();
        assert_eq!(remember("a", &files, Some(5)), Some(vec![5]));
    }
}
