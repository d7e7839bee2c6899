//! Keeps what builds told: for each session the two files that the setting `reports` leaves, so that whoever reads those
//! reads these. What is old goes, and what is too much: of the session, of its user, and of all.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_sccache_contract::host_log::{LONGEST_SESSION, Line, Speaker};
use nix_sccache_contract::record::{self, Build};

use super::line::Told;
use crate::users::counted_as;

/// The files of a session: the log, and what keys were made of. A page may be beside them.
const CALLS: &str = "jsonl";
const KEYS: &str = "keys.jsonl";
const PAGE: &str = "html";

/// Of all that is kept a user may have this part, and a session that.
const USERS: u64 = 4;
const SESSIONS: u64 = 16;

/// So many sessions a user may begin at once: whoever lists builds looks through two thousand.
const BEGUN: u64 = 512;

/// In this time a user may write, and begin, once more as much as it may have. Nix gives a user to one build after the other: the next one
/// is heard as soon as some of that is over.
const WHILE: Duration = Duration::from_mins(10);

/// What a file takes at least.
const BLOCK: u64 = 4096;

/// How far it goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes in all.
    pub size: u64,
    /// How long a session is kept after its last word.
    pub age: Duration,
}

/// What is kept.
pub struct Kept {
    directory: PathBuf,
    limits: Limits,
    state: Mutex<State>,
}

/// A session, by its user and the name that it has among the user's.
type Id = (u32, String);

#[derive(Default)]
struct State {
    sessions: HashMap<Id, Session>,
    /// What users wrote of late.
    written: HashMap<u32, Written>,
}

/// What a user wrote, of which the more is forgotten the longer ago it was.
struct Written {
    bytes: u64,
    at: Instant,
}

struct Session {
    /// How its files' names begin.
    stem: String,
    /// How large its files are.
    calls: u64,
    keys: u64,
    /// When it said something last.
    last: SystemTime,
}

impl Kept {
    /// Goes on with what is in this directory.
    pub fn open(directory: PathBuf, limits: Limits) -> io::Result<Self> {
        let mut sessions = HashMap::new();
        for file in fs::read_dir(&directory)?.flatten() {
            let name = file.file_name().into_string().unwrap_or_default();
            let stem = name
                .strip_suffix(KEYS)
                .and_then(|name| name.strip_suffix('.'));
            if let Some((id, session)) = stem.and_then(|stem| found(&directory, stem)) {
                sessions.insert(id, session);
            }
        }
        // It is to be written to, and that is to be known now.
        let probe = directory.join(".writable");
        File::create(&probe)?;
        fs::remove_file(probe)?;
        let state = Mutex::new(State {
            sessions,
            ..State::default()
        });
        Ok(Self {
            directory,
            limits,
            state,
        })
    }

    /// Whether a user may say more now.
    pub fn listens_to(&self, uid: u32) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.written.get(&counted_as(uid));
        let most = self.limits.size / USERS;
        written.is_none_or(|written| written.left(most) < most)
    }

    /// Keeps what a user's session told. An error is of the directory.
    pub fn keep(&self, uid: u32, told: &Told) -> io::Result<()> {
        let text = |keys: bool| -> String {
            let lines = told.lines.iter();
            let lines = lines.filter(|line| matches!(line, Line::Key(_)) == keys);
            lines.map(|line| line.to_json() + "\n").collect()
        };
        let (calls, keys) = (text(false), text(true));
        let now = SystemTime::now();
        let user = counted_as(uid);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.count(user, len(&calls) + len(&keys), self.limits.size / USERS);
        let id = (user, told.speaker.session.clone());
        if !state.sessions.contains_key(&id) {
            state.count(
                user,
                self.limits.size / USERS / BEGUN,
                self.limits.size / USERS,
            );
            let session = self.begin(uid, &told.speaker, now)?;
            state.sessions.insert(id.clone(), session);
            self.forget_old(&mut state);
        }
        let Some(session) = state.sessions.get_mut(&id) else {
            return Ok(());
        };
        session.last = now;
        // Calls are told of when there is no more room for their keys.
        let most = self.limits.size / SESSIONS;
        if session.size() + len(&keys) <= most - most / 8 {
            append(&self.file(&session.stem, KEYS), &keys, &mut session.keys)?;
        }
        if session.size() + len(&calls) <= most {
            append(&self.file(&session.stem, CALLS), &calls, &mut session.calls)?;
        }
        self.make_room(&mut state, &id);
        Ok(())
    }

    fn file(&self, stem: &str, ending: &str) -> PathBuf {
        self.directory.join(format!("{stem}.{ending}"))
    }

    /// Makes the files of a new session, which are called as those of the setting `reports` are.
    fn begin(&self, uid: u32, speaker: &Speaker, now: SystemTime) -> io::Result<Session> {
        let build = Build {
            at: now.duration_since(UNIX_EPOCH).map_or(0, |since| {
                u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
            }),
            user: Some(uid.to_string()),
            session: Some(speaker.session.clone()),
            ..speaker.build.clone()
        };
        let first = record::text(&build, b"");
        let (name, seconds) = (name(&build), build.at / 1_000_000);
        let mut stem = format!("{name}-{seconds}");
        let mut made = create(&self.file(&stem, KEYS), &first);
        if let Err(error) = &made
            && error.kind() == ErrorKind::AlreadyExists
        {
            // Another of that name began in the same second. Of this one there is none.
            stem = format!("{name}+{uid}+{}-{seconds}", speaker.session);
            made = create(&self.file(&stem, KEYS), &first);
        }
        made?;
        create(&self.file(&stem, CALLS), b"")?;
        Ok(Session {
            stem,
            calls: 0,
            keys: first.len() as u64,
            last: now,
        })
    }

    fn forget_old(&self, state: &mut State) {
        let age = self.limits.age;
        let old = state
            .sessions
            .extract_if(|_, session| is_older(session.last, age));
        for (_, session) in old {
            self.remove(&session);
        }
        state
            .written
            .retain(|_, written| written.at.elapsed() < WHILE);
    }

    /// Has the oldest go where there is too much: of the user who spoke, or of the one with the most.
    fn make_room(&self, state: &mut State, speaks: &Id) {
        loop {
            let mut users: HashMap<u32, u64> = HashMap::new();
            for ((user, _), session) in &state.sessions {
                *users.entry(*user).or_default() += session.size();
            }
            let own = users.get(&speaks.0).copied().unwrap_or_default();
            let from = if own > self.limits.size / USERS {
                Some(speaks.0)
            } else if users.values().sum::<u64>() > self.limits.size {
                users
                    .into_iter()
                    .max_by_key(|(_, size)| *size)
                    .map(|(user, _)| user)
            } else {
                None
            };
            let sessions = state.sessions.iter().filter(|(id, _)| *id != speaks);
            let oldest = sessions
                .filter(|((user, _), _)| Some(*user) == from)
                .min_by_key(|(_, session)| session.last);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            if let Some(session) = state.sessions.remove(&id) {
                self.remove(&session);
            }
        }
    }

    fn remove(&self, session: &Session) {
        for ending in [CALLS, KEYS, PAGE] {
            fs::remove_file(self.file(&session.stem, ending)).ok();
        }
    }
}

impl State {
    fn count(&mut self, user: u32, bytes: u64, most: u64) {
        let before = self.written.get(&user);
        let before = before.map_or(0, |written| written.left(most));
        let written = Written {
            // A session's files are there with nothing in them as well.
            bytes: before + bytes + BLOCK / 8,
            at: Instant::now(),
        };
        self.written.insert(user, written);
    }
}

impl Written {
    /// What of it still counts, where so much may be written in a while.
    fn left(&self, most: u64) -> u64 {
        let over = u128::from(most) * self.at.elapsed().as_micros() / WHILE.as_micros();
        self.bytes
            .saturating_sub(u64::try_from(over).unwrap_or(u64::MAX))
    }
}

impl Session {
    fn size(&self) -> u64 {
        self.calls.next_multiple_of(BLOCK) + self.keys.next_multiple_of(BLOCK) + BLOCK
    }
}

/// The session of files that were there before, if they are those of one.
fn found(directory: &Path, stem: &str) -> Option<(Id, Session)> {
    const FIRST: u64 = 64 << 10;
    let [calls, keys] = [CALLS, KEYS].map(|ending| directory.join(format!("{stem}.{ending}")));
    let mut first = String::new();
    let read = BufReader::new(File::open(&keys).ok()?.take(FIRST)).read_line(&mut first);
    read.ok()?;
    let (build, _) = record::read(&first);
    let user = counted_as(build.user?.parse().ok()?);
    let name = build.session.filter(|name| name.len() <= LONGEST_SESSION)?;
    let (calls, keys) = (fs::metadata(calls).ok()?, fs::metadata(keys).ok()?);
    let session = Session {
        stem: stem.to_owned(),
        last: calls.modified().ok()?,
        calls: calls.len(),
        keys: keys.len(),
    };
    Some(((user, name), session))
}

/// What a build's files are called by: its output, or else its name, as it says, in plain characters.
fn name(build: &Build) -> String {
    const LONGEST: usize = 180;
    let out = build
        .out
        .as_deref()
        .and_then(|out| Path::new(out).file_name()?.to_str());
    let said = out.or(build.name.as_deref()).unwrap_or("session");
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let name = said
        .chars()
        .take(LONGEST)
        .map(|c| if plain(c) { c } else { '_' });
    let name: String = name.collect();
    if name.starts_with('.') || name.is_empty() {
        return format!("_{name}");
    }
    name
}

fn create(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(file)?;
    // Of the directory's group, too, whatever our own mask says.
    file.set_permissions(Permissions::from_mode(0o640))?;
    file.write_all(text)
}

/// Adds whole lines, or nothing.
fn append(file: &Path, text: &str, length: &mut u64) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(file)?;
    if let Err(error) = file.write_all(text.as_bytes()) {
        file.set_len(*length).ok();
        return Err(error);
    }
    *length += len(text);
    Ok(())
}

fn len(text: &str) -> u64 {
    text.len() as u64
}

fn is_older(time: SystemTime, age: Duration) -> bool {
    time.elapsed().is_ok_and(|since| since > age)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 4 << 20;

    fn kept(directory: &Path, days: u64) -> Kept {
        let age = Duration::from_hours(24 * days);
        Kept::open(directory.to_owned(), Limits { size: SIZE, age }).unwrap()
    }

    fn told(session: &str, name: &str, lines: usize) -> Told {
        let call = r#"{"at":1,"took":2,"language":"rust","name":"a","outcome":"hit"}"#;
        let build =
            format!("{{\"session\":{session:?},\"build\":{{\"at\":1,\"name\":{name:?}}}}}\n");
        Told::read((build + &format!("{call}\n").repeat(lines)).as_bytes()).unwrap()
    }

    fn files(directory: &Path) -> Vec<(String, u64)> {
        let files = fs::read_dir(directory).unwrap().flatten();
        let mut files: Vec<_> = files
            .map(|file| {
                (
                    file.file_name().into_string().unwrap(),
                    file.metadata().unwrap().len(),
                )
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_session_is_one_before_and_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let kept = kept(directory.path(), 1);
            for _ in 0..2 {
                kept.keep(7, &told("a", "hello", 1)).unwrap();
            }
        }
        let found = files(directory.path());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].1, 4 * 63);
        // That of another user is another, whatever it calls itself.
        kept(directory.path(), 1)
            .keep(8, &told("a", "hello", 1))
            .unwrap();
        assert_eq!(files(directory.path()).len(), 4);
    }

    #[test]
    fn a_session_has_an_end_and_its_user_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let kept = kept(directory.path(), 1);
        kept.keep(1, &told("other", "other", 10)).unwrap();
        for number in 0..600 {
            if kept.listens_to(7) {
                kept.keep(7, &told(&format!("{}", number / 4), "flood", 1000))
                    .unwrap();
            }
        }
        let found = files(directory.path());
        let size: u64 = found.iter().map(|(_, size)| size).sum();
        assert!(size <= SIZE / USERS + SIZE / SESSIONS, "{size}");
        assert!(found.iter().all(|(_, size)| *size <= SIZE / SESSIONS));
        assert!(found.iter().any(|(name, _)| name.starts_with("other-")));
        assert!(!kept.listens_to(7) && kept.listens_to(1));
        // Some of it is over before all of it is.
        let mut state = kept.state.lock().unwrap();
        let written = state.written.get_mut(&7).unwrap();
        written.at = written.at.checked_sub(WHILE / 10).unwrap();
        drop(state);
        assert!(kept.listens_to(7));
    }

    #[test]
    fn ever_new_sessions_are_of_their_time_and_end() {
        let directory = tempfile::tempdir().unwrap();
        let kept = kept(directory.path(), 1);
        for number in 0..4096 {
            if kept.listens_to(7) {
                kept.keep(7, &told(&number.to_string(), "same", 0)).unwrap();
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let found = files(directory.path());
        let sessions = found.iter().filter(|(name, _)| !name.contains(KEYS));
        let stems = sessions.map(|(name, _)| name.trim_end_matches(".jsonl").to_owned());
        let seconds: Vec<u64> = stems
            .map(|stem| stem.rsplit('-').next().unwrap().parse().unwrap())
            .collect();
        assert!(seconds.len() > 50 && seconds.len() as u64 <= BEGUN + 8);
        assert!(seconds.iter().all(|seconds| *seconds <= now.as_secs()));
    }

    #[test]
    fn names_are_plain() {
        let build = |name: &str, out: Option<&str>| Build {
            name: Some(name.to_owned()),
            out: out.map(str::to_owned),
            ..Build::default()
        };
        for (name, out, expected) in [
            ("hello-1.0", None, "hello-1.0"),
            ("hello", Some("/nix/store/abc-hello-1"), "abc-hello-1"),
            ("../../etc/passwd", None, ".._.._etc_passwd"),
            ("", None, ""),
            ("a\n\u{1b}b", Some("/"), "a__b"),
        ] {
            let found = super::name(&build(name, out));
            let expected = match expected {
                "" => "_".to_owned(),
                dots if dots.starts_with('.') => format!("_{dots}"),
                plain => plain.to_owned(),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_old_goes() {
        let directory = tempfile::tempdir().unwrap();
        kept(directory.path(), 1)
            .keep(7, &told("a", "old", 1))
            .unwrap();
        let then = SystemTime::now() - Duration::from_hours(25);
        for (name, _) in files(directory.path()) {
            let file = File::options()
                .append(true)
                .open(directory.path().join(name));
            file.unwrap().set_modified(then).unwrap();
        }
        kept(directory.path(), 1)
            .keep(7, &told("b", "new", 1))
            .unwrap();
        let found = files(directory.path());
        assert!(
            found.iter().all(|(name, _)| name.starts_with("new-")),
            "{found:?}"
        );
    }
}
