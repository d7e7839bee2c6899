//! Puts a launcher in the place of a build script that was compiled, until it has run: cargo runs the launcher, and that asks the
//! cache for what the script would do.
//!
//! A launcher is a copy of this program, with two paths behind its end: the script's, which is beside it meanwhile, and the
//! shim's. So it works wherever the directory is taken, and without a session it runs the script. Cargo gives a compiled
//! script a second name by a hard link (1.95, `link_targets`); whichever name is called, the script is put back under both
//! before it runs, and is then the file that was compiled, with its time.
//!
//! A script runs several times where its package is compiled for the build and for a target, or with other features. Until the
//! last of these runs begins, the launcher keeps the name that cargo calls, and the script runs by its other one. Cargo (1.95)
//! makes the directories of all runs before the first, and by those it is told which are to come. One that an earlier process of
//! cargo's has made, and did not come to, may be of other flags.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix_sccache_cache::digest::Identity;
use rustix::process::getppid;
use rustix::time::{ClockId, clock_gettime};

use crate::invocation::Rustc;
use crate::session::Session;

/// A launcher's last bytes.
const MAGIC: &[u8; 16] = b"\0nscc launcher\x01\n";
/// Before these are the lengths of both paths.
const LENGTHS: usize = 4;
/// The longest paths.
const LONGEST: u64 = 2 * 4096;

/// How the names of scripts begin that have a launcher in their place.
const ASIDE: &str = ".nix-sccache-script-";

/// The session's lists of scripts that have launchers, and of directories for whose sake one has run.
const PLACED: &str = "launchers";
const STARTED: &str = "launched";

/// A launcher that was found.
#[derive(Debug)]
pub struct Launcher {
    /// What it was called by.
    pub called_as: OsString,
    /// Where it is.
    path: PathBuf,
    /// What its script is called.
    name: Vec<u8>,
    /// The shim that it is a copy of.
    pub shim: PathBuf,
}

impl Launcher {
    /// The one that this process is, called by this name.
    pub fn called(called_as: &OsStr) -> Option<Self> {
        let name = Path::new(called_as).file_name()?.as_bytes();
        let is_scripts = [&b"build-script-"[..], b"build_script_"];
        if !is_scripts.iter().any(|start| name.starts_with(start)) {
            return None;
        }
        let path = env::current_dir().ok()?.join(called_as);
        let mut launcher = Self::read(&mut File::open("/proc/self/exe").ok()?, path)?;
        called_as.clone_into(&mut launcher.called_as);
        Some(launcher)
    }

    /// The one at a path.
    fn at(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        let mut file = found.is_file().then(|| File::open(path).ok())??;
        Self::read(&mut file, path.to_owned())
    }

    fn read(file: &mut File, path: PathBuf) -> Option<Self> {
        let length = file.metadata().ok()?.len();
        let start = length.saturating_sub(LONGEST + (LENGTHS + MAGIC.len()) as u64);
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut end = Vec::new();
        file.read_to_end(&mut end).ok()?;
        let (paths, lengths) = end.strip_suffix(MAGIC)?.split_last_chunk::<LENGTHS>()?;
        let [of_name, of_shim] = [[lengths[0], lengths[1]], [lengths[2], lengths[3]]]
            .map(|length| usize::from(u16::from_le_bytes(length)));
        let (rest, shim) = paths.split_at_checked(paths.len().checked_sub(of_shim)?)?;
        let (_, name) = rest.split_at_checked(rest.len().checked_sub(of_name)?)?;
        Some(Self {
            called_as: OsString::new(),
            path,
            name: name.to_owned(),
            shim: PathBuf::from(OsStr::from_bytes(shim)),
        })
    }

    /// Puts the script back under all names that the launcher has. Another process may do so at the same time.
    pub fn put_back(&self) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let script = directory.join(OsStr::from_bytes(&self.name));
        let inode = fs::symlink_metadata(&self.path)?.ino();
        match fs::rename(aside(&script), &script) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ if Self::at(&script).is_some() => return Err(io::ErrorKind::NotFound.into()),
            _ => {}
        }
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            let is_launcher = path == self.path || entry.ino() == inode;
            if is_launcher && path != script && Self::at(&path).is_some() {
                let new = aside(&path);
                fs::remove_file(&new).ok();
                fs::hard_link(&script, &new).or_else(|_| fs::copy(&script, &new).map(drop))?;
                fs::rename(new, path)?;
            }
        }
        Ok(())
    }

    /// Puts the script back under its own name alone, where it is to run once more, and tells that name. At the last run of a
    /// package's scripts, puts back all that are left of it.
    pub fn share(&self, session: &Session) -> Option<PathBuf> {
        let package = env::var_os("CARGO_PKG_NAME")?;
        let script = self.path.with_file_name(OsStr::from_bytes(&self.name));
        if self.is_last(session, &package)? {
            put_back_all_of(session, |directory| is_of(directory, &package));
            return None;
        }
        fs::rename(aside(&script), &script).ok();
        (script != self.path && script.is_file() && Self::at(&script).is_none()).then_some(script)
    }

    /// Notes that it runs for a directory, and tells whether no other of the package waits: cargo has neither run a script for
    /// such a one before, nor has a launcher.
    fn is_last(&self, session: &Session, package: &OsStr) -> Option<bool> {
        let own = fs::canonicalize(env::var_os("OUT_DIR")?).ok()?;
        let began = caller_began()?;
        let is_new = |directory: &Path| {
            let found = fs::metadata(directory);
            found.is_ok_and(|it| Identity::of(&it).changed() >= began)
        };
        append(&session.file(STARTED), &own).ok()?;
        let started = fs::read(session.file(STARTED)).ok()?;
        // TARGET/PROFILE/build/PACKAGE-HASH/SCRIPT; what is for a target is in TARGET/TRIPLE/PROFILE.
        let profile = self.path.ancestors().nth(3)?;
        let (target, name) = (profile.parent()?, profile.file_name()?);
        let triples = fs::read_dir(target).ok()?.flatten();
        let profiles = triples.map(|triple| triple.path().join(name));
        let builds = profiles.chain([profile.to_owned()]);
        let mut runs = builds
            .filter_map(|it| fs::read_dir(it.join("build")).ok())
            .flatten()
            .flatten();
        let waits = runs.any(|run| {
            let out = run.path().join("out");
            is_of(&run.path(), package)
                && !run.path().join("output").exists()
                && is_new(&out)
                && fs::canonicalize(out).is_ok_and(|out| {
                    let mut started = started.split(|byte| *byte == 0);
                    !started.any(|it| it == out.as_os_str().as_bytes())
                })
        });
        Some(!waits)
    }

    /// The script, where it could not be put back.
    pub fn script_aside(&self) -> PathBuf {
        aside(&self.path.with_file_name(OsStr::from_bytes(&self.name)))
    }

    /// Its path, which is the script's when that was put back.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// When the process began that has called this one, by the clock of files' times, and no later.
fn caller_began() -> Option<i128> {
    /// Of a tick in `/proc/PID/stat`, in nanoseconds; as many may pass until a file's time is another.
    const TICK: i128 = 10_000_000;
    let caller = getppid()?.as_raw_nonzero();
    let status = fs::read_to_string(format!("/proc/{caller}/stat")).ok()?;
    let (_, fields) = status.rsplit_once(')')?;
    let ticks: i128 = fields.split_whitespace().nth(19)?.parse().ok()?;
    let now = |clock| {
        let time = clock_gettime(clock);
        i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
    };
    Some(now(ClockId::Realtime) - now(ClockId::Boottime) + (ticks - 1) * TICK)
}

fn aside(script: &Path) -> PathBuf {
    let mut name = ASIDE.as_bytes().to_vec();
    name.extend_from_slice(script.file_name().unwrap_or_default().as_bytes());
    script.with_file_name(OsStr::from_bytes(&name))
}

/// Whether a directory is one that cargo has for a package: PACKAGE-HASH.
fn is_of(directory: &Path, package: &OsStr) -> bool {
    let name = directory.file_name().unwrap_or_default().as_bytes();
    let hash = name.strip_prefix(package.as_bytes());
    let hash = hash.and_then(|rest| rest.strip_prefix(b"-"));
    hash.is_some_and(|hash| hash.iter().all(u8::is_ascii_hexdigit))
}

/// Adds a path to a list.
fn append(list: &Path, path: &Path) -> io::Result<()> {
    let mut list = OpenOptions::new().append(true).create(true).open(list)?;
    list.write_all(&[path.as_os_str().as_bytes(), b"\0"].concat())
}

/// The script that a call of rustc's has made, if it is a build script.
pub fn script(call: &Rustc) -> Option<PathBuf> {
    let is_script = call.crate_name()?.starts_with("build_script_")
        && call.crate_types().eq(["bin"])
        // Cargo says so of programs, and of them alone.
        && env::var_os("CARGO_BIN_NAME").is_none()
        && env::var_os("CARGO").is_some();
    let directory = env::current_dir().ok()?.join(call.out_dir()?);
    is_script.then_some(directory.join(call.output_stem()?))
}

/// Puts a launcher in a script's place. Where that fails the script is there.
pub fn place(session: &Session, script: &Path) -> io::Result<()> {
    let shim = env::current_exe()?.canonicalize()?;
    let name = script.file_name().unwrap_or_default().as_bytes();
    let (Ok(of_name), Ok(of_shim)) = (
        u16::try_from(name.len()),
        u16::try_from(shim.as_os_str().len()),
    ) else {
        return Ok(());
    };
    let aside = aside(script);
    let new = aside.with_extension("new");
    let written = || {
        fs::copy(&shim, &new)?;
        let found = fs::metadata(script)?;
        if !found.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::set_permissions(&new, found.permissions())?;
        let mut file = OpenOptions::new().append(true).open(&new)?;
        let shim = shim.as_os_str().as_bytes();
        let [of_name, of_shim] = [of_name.to_le_bytes(), of_shim.to_le_bytes()];
        file.write_all(&[name, shim, &of_name, &of_shim, MAGIC].concat())?;
        append(&session.file(PLACED), script)?;
        fs::remove_file(&aside).ok();
        fs::hard_link(script, &aside)?;
        fs::rename(&new, script)
    };
    written().inspect_err(|_| {
        fs::remove_file(&new).ok();
    })
}

/// Puts back all scripts of a session that have a launcher in their place still.
pub fn put_all_back(session: &Session) {
    put_back_all_of(session, |_| true);
}

/// The same of those in directories of which this is true.
fn put_back_all_of(session: &Session, is_one: impl Fn(&Path) -> bool) {
    let placed = fs::read(session.file(PLACED)).unwrap_or_default();
    let scripts = placed.split(|byte| *byte == 0);
    let directories = scripts.filter_map(|script| Path::new(OsStr::from_bytes(script)).parent());
    for directory in directories.filter(|directory| is_one(directory)) {
        let files = fs::read_dir(directory).into_iter().flatten().flatten();
        let launchers = files.filter_map(|file| Launcher::at(&file.path()));
        launchers.for_each(|launcher| {
            launcher.put_back().ok();
        });
    }
}
