//! Keeps a session's plan: the keys that it asked for, which a process beside the next session's build fetches before that
//! asks for them.
//!
//! A plan is stored at the end of a session, for the same lock file and the same package, for the same package with
//! whatever lock file, and for the same lock file of whatever package; the next session takes the first of these that
//! there is. Where the machine mounts the shim, the first call begins this, and each program that was made stands for the end.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_cache::local::Local;
use nix_sccache_cache::plan::Plan;
use nix_sccache_cache::prefetch::{Prefetch, prefetch};
use nix_sccache_cache::request::KeyHasher;
use nix_sccache_cache::storage::{Address, Limits, Storage};
use nix_sccache_contract as contract;
use nix_sccache_contract::wire::Key;
use rustix::process::{Pid, Signal, kill_process, nice};

use crate::connection;
use crate::process;
use crate::session::Session;
use crate::settings;

/// How long the storage may take for an answer that no call waits for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much less a process counts that fetches beside a build: one tenth of a compiler. Calls wait for it for a moment alone.
const NICENESS: i32 = 10;

/// The plan as it was found, under its key.
const FOUND: &str = "plan";
/// The keys that plans of this session have.
const KEYS: &str = "plan-keys";

/// Begins to fetch what the session before asked for, in a process that nobody waits for. The command is that of the
/// session, if it has one.
pub fn begin(
    session: &Session,
    variables: &[(&str, PathBuf)],
    command: &[&OsStr],
) -> Option<Child> {
    if limit() == 0 {
        return None;
    }
    session.make_local().ok()?;
    let keys = keys(command);
    let lines = keys.iter().flat_map(|key| [key.as_bytes(), b"\n"].concat());
    fs::write(session.file(KEYS), lines.collect::<Vec<_>>()).ok()?;
    Command::new(env::current_exe().ok()?)
        .args(["session", "prefetch"])
        .envs(variables.iter().cloned())
        // Nix waits for whoever has the build's log open, and a shell for who has what it reads.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

/// The same where no hook does: at a session's first call.
pub fn begin_at_call(session: &Session) {
    if settings::are_mounted() && File::create_new(session.file(KEYS)).is_ok() {
        begin(session, &[], &[]);
    }
}

/// That process.
pub fn fetch() -> Option<()> {
    nice(NICENESS).ok();
    let session = Session::current()?;
    let local = session.local()?;
    let filling = local.fill().ok()?;
    let address = connection::address(Some(&session)).ok()??;
    // Who asks what the storage is like has the calls know.
    connection::connect(Some(&session)).ok()?;
    let mut storage = Storage::new(&address, limits(), None);
    let keys = keys_of(&session);
    let (bytes, plan) = keys.iter().find_map(|key| {
        let bytes = storage.get(*key).ok()??;
        let plan = Plan::parse(&bytes, key)?;
        Some((bytes, plan))
    })?;
    drop(storage);
    fs::write(session.file(FOUND), bytes).ok();
    let wanted = Prefetch {
        address: &address,
        limits: limits(),
        bytes: limit(),
    };
    prefetch(&filling, &plan, &wanted);
    Some(())
}

/// Ends that process, and stores what this session asked for.
pub fn end(session: &Session, has_failed: bool) {
    let Some(local) = session.local() else {
        return;
    };
    stop(&local);
    store_asked(session, &local, if has_failed { usize::MAX } else { 0 });
}

/// Stores what this session asked for so far, where nobody tells it of its end.
pub fn keep(session: &Session) {
    if settings::are_mounted()
        && let Some(local) = session.local()
    {
        // What nobody asks for any more goes in the end.
        store_asked(session, &local, local.asked().len());
    }
}

/// Stores what this session asked for, and as many keys of what the one before asked for beside that.
fn store_asked(session: &Session, local: &Local, rest: usize) {
    let is_writable = fs::read(session.file("storage")).is_ok_and(|it| it == b"writable");
    let asked = local.asked();
    if asked.is_empty() || !is_writable || session.has_failed_lately() {
        return;
    }
    let keys = keys_of(session);
    let found = fs::read(session.file(FOUND)).unwrap_or_default();
    let plans = keys.iter().map(|key| Plan::parse(&found, key));
    let before = plans.enumerate().find_map(|(at, plan)| Some((at, plan?)));
    let had: HashSet<_> = before.iter().flat_map(|(_, plan)| plan.keys()).collect();
    // A build that failed, or goes on, has not come to all.
    let known: HashSet<_> = asked.iter().collect();
    let others = before.iter().flat_map(|(_, plan)| plan.keys());
    let others = others.filter(|key| !known.contains(key)).take(rest);
    let plan = Plan::new(asked.iter().chain(others).copied());
    let is_there = |before: &Plan| {
        let has_asked = rest > 0 && known.is_subset(&had);
        has_asked || before.has_keys_of(&plan)
    };
    if before
        .as_ref()
        .is_some_and(|(at, before)| *at == 0 && is_there(before))
    {
        return;
    }
    let Ok(Some(address)) = connection::address(Some(session)) else {
        return;
    };
    store(&plan, &keys, &address);
}

fn store(plan: &Plan, keys: &[Key], address: &Address) {
    thread::scope(|scope| {
        for key in keys {
            let put = move || {
                let mut storage = Storage::new(address, limits(), None);
                storage.put(*key, &plan.encode(key)).ok();
            };
            thread::Builder::new().spawn_scoped(scope, put).ok();
        }
    });
}

/// Ends who fetches.
fn stop(local: &Local) {
    let since = Instant::now();
    while let Some(process) = local.filled_by().and_then(Pid::from_raw)
        && since.elapsed() < PATIENCE
    {
        kill_process(process, Signal::KILL).ok();
        thread::sleep(Duration::from_millis(1));
    }
}

/// How many bytes are fetched at most.
fn limit() -> u64 {
    let given = settings::text(contract::PREFETCH);
    let given = given.and_then(|bytes| bytes.parse().ok());
    given.unwrap_or(contract::DEFAULT_PREFETCH)
}

fn limits() -> Limits {
    let limits = connection::limits();
    Limits {
        connect: limits.connect.min(PATIENCE),
        answer: limits.answer.min(PATIENCE),
        ..limits
    }
}

fn keys_of(session: &Session) -> Vec<Key> {
    let lines = fs::read(session.file(KEYS)).unwrap_or_default();
    lines
        .split(|byte| *byte == b'\n')
        .filter_map(Key::new)
        .collect()
}

/// The keys that this session's plan is stored under, the first of which is the best.
fn keys(command: &[&OsStr]) -> Vec<Key> {
    let package =
        settings::package().or_else(|| Some(env::current_dir().ok()?.file_name()?.to_owned()));
    let package = package.map(|name| ("package", name.into_encoded_bytes()));
    let lock = lock_file().map(|text| ("lock file", text));
    let (package, lock) = (package.as_slice(), lock.as_slice());
    let mut named = vec![[lock, package].concat(), package.to_vec(), lock.to_vec()];
    named.retain(|fields| !fields.is_empty());
    named.dedup();
    named.iter().map(|fields| key(command, fields)).collect()
}

fn key(command: &[&OsStr], fields: &[(&str, Vec<u8>)]) -> Key {
    /// What decides how crates are compiled: nixpkgs', crane's and cargo's own.
    const PROFILE: [&str; 3] = ["cargoBuildType", "CARGO_PROFILE", "CARGO_BUILD_TARGET"];
    let mut key = KeyHasher::new("plan");
    for name in PROFILE {
        if let Some(value) = settings::attribute(name) {
            key.field(name, value.as_bytes());
        }
    }
    for word in command {
        // Paths are elsewhere the next time.
        if !word.as_bytes().contains(&b'/') {
            key.field("word", word.as_bytes());
        }
    }
    let rustc = process::find(OsStr::new("rustc")).and_then(|rustc| rustc.canonicalize().ok());
    let rustc = rustc.unwrap_or_default();
    key.field("rustc", rustc.as_os_str().as_bytes());
    for (tag, value) in fields {
        key.field(tag, value);
    }
    key.key()
}

/// What is in the lock file, if it can be known before the sources are unpacked; else the name in the store of what was
/// vendored by it.
fn lock_file() -> Option<Vec<u8>> {
    const VENDORED: [&str; 2] = ["cargoDeps", "cargoVendorDir"];
    let root = settings::attribute("cargoRoot").unwrap_or_default();
    let source = settings::attribute("src").map(|source| Path::new(&source).join(root));
    let vendored = || VENDORED.into_iter().filter_map(settings::attribute);
    let here = env::current_dir().unwrap_or_default();
    let mut directories = source
        .into_iter()
        .chain(vendored().map(PathBuf::from))
        .chain(here.ancestors().map(Path::to_owned));
    let found = directories.find_map(|directory| fs::read(directory.join("Cargo.lock")).ok());
    found.or_else(|| Some(vendored().next()?.into_encoded_bytes()))
}
