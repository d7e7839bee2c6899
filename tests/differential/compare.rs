//! Compares what two builds of a project left and said.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::build::Said;
use crate::change::State;
use crate::project::Call;

/// Names of what cargo and rustdoc keep for themselves: times, locks, the name of the wrapper in front of rustc, pages that
/// name the crate whose turn was the last, and a list of sources that names one of a package's two libraries at random.
const CARGOS: [&str; 9] = [
    ".fingerprint",
    "fingerprint",
    ".rustc_info.json",
    ".cargo-lock",
    "incremental",
    ".lock",
    "help.html",
    "settings.html",
    "libtop.d",
];

/// What differs, by what it is about, which is a call's stream or a file; none where all is the same.
pub type Differences = BTreeMap<String, String>;

/// What a build left and said.
#[derive(Debug)]
pub struct Built {
    /// The place where it was built, as it was then.
    pub tree: PathBuf,
    /// What its calls did.
    pub said: Vec<Said>,
}

/// Compares a build with one by the compilers alone. Where no output was there before, files' modes count; else only
/// whether they may be run: a compiler that writes over a file leaves it its mode, and what replaces it gets a new one.
pub fn differences(state: &State, plain: &Built, cached: &Built) -> Differences {
    let State { change, project } = state;
    let counts = if change.afresh { 0o7777 } else { 0o100 };
    let mut found = Differences::new();
    for (number, call) in project.calls.iter().enumerate() {
        let (plain, cached) = (&plain.said[number], &cached.said[number]);
        if plain.status != cached.status {
            found.insert(
                format!("{number}: {call}"),
                format!("it ends by {} and not by {}", cached.status, plain.status),
            );
        }
        for (stream, plain, cached) in [
            ("stdout", &plain.stdout, &cached.stdout),
            ("stderr", &plain.stderr, &cached.stderr),
        ] {
            let [plain, cached] = [plain, cached].map(|said| normal(call, said));
            if plain != cached {
                found.insert(
                    format!("{number}: {stream} of {call}"),
                    format!("it is {cached:?}\n    and not {plain:?}"),
                );
            }
        }
    }
    let [plain, cached] = [plain, cached].map(|built| {
        let mut files = BTreeMap::new();
        collect(&built.tree, Path::new(""), counts, &mut files);
        files
    });
    for (path, plain) in &plain {
        let difference = match cached.get(path) {
            Some(cached) if cached == plain => continue,
            Some(cached) => plain.against(cached),
            None => "it is missing".to_owned(),
        };
        found.insert(path.display().to_string(), difference);
    }
    // What rustc leaves when it fails it takes away when it works the next time, and a hit does not.
    let is_left_over = |path: &Path| path.to_string_lossy().ends_with(".rcgu.o");
    let more = cached.keys().filter(|path| !plain.contains_key(*path));
    for path in more.filter(|path| !is_left_over(path)) {
        found.insert(path.display().to_string(), "it is there".to_owned());
    }
    found
}

/// What was said, without what may differ: the times that cargo prints and the order in which it comes to its crates, and
/// the path by which a C compiler was called.
fn normal(call: &Call, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said).replace("COLLECT_GCC=/usr/bin/", "COLLECT_GCC=");
    if !call.words.iter().any(|word| word == "cargo") {
        return said;
    }
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((rest, _)) if line.trim_start().starts_with("Finished ") => format!("{rest}\n"),
        _ => line.to_owned(),
    };
    let mut lines: Vec<_> = said.split_inclusive('\n').map(line).collect();
    lines.sort();
    lines.concat()
}

#[derive(PartialEq, Eq)]
enum Left {
    Directory,
    Link(PathBuf),
    File(u32, Vec<u8>),
    Other,
}

impl Left {
    fn against(&self, cached: &Self) -> String {
        match (self, cached) {
            (Self::File(mode, plain), Self::File(other, cached)) if plain == cached => {
                format!("its mode is {other:o} and not {mode:o}")
            }
            (Self::File(_, plain), Self::File(_, cached)) => {
                let at = plain
                    .iter()
                    .zip(cached)
                    .take_while(|(one, other)| one == other)
                    .count();
                format!(
                    "{} bytes and not {}, which differ from {at} on",
                    cached.len(),
                    plain.len()
                )
            }
            (Self::Link(plain), Self::Link(cached)) => {
                format!(
                    "leads to {} and not to {}",
                    cached.display(),
                    plain.display()
                )
            }
            _ => "another kind of file".to_owned(),
        }
    }
}

/// Whether it is a directory that `-C save-temps` has rustc leave behind: its name is made up each time.
fn is_kept_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let made_up = ["rmeta", "rustc"]
        .iter()
        .find_map(|begins| name.strip_prefix(begins));
    made_up.is_some_and(|rest| rest.len() == 6) && path.is_dir()
}

fn collect(tree: &Path, directory: &Path, counts: u32, files: &mut BTreeMap<PathBuf, Left>) {
    for entry in fs::read_dir(tree.join(directory))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let (whole, path) = (entry.path(), directory.join(&name));
        if CARGOS.iter().any(|cargos| name == *cargos) || is_kept_temporary(&whole) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let kind = metadata.file_type();
        let left = if kind.is_dir() {
            collect(tree, &path, counts, files);
            Left::Directory
        } else if kind.is_symlink() {
            Left::Link(fs::read_link(whole).unwrap_or_default())
        } else if kind.is_file() {
            let mode = metadata.permissions().mode() & counts;
            Left::File(mode, fs::read(whole).unwrap_or_default())
        } else {
            Left::Other
        };
        files.insert(path, left);
    }
}
