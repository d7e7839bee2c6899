//! Looks at what names hold now: files, directories, what is not there, variables. With the request key that makes
//! the result key.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::digest::{Digest, Identity, Memo};
use crate::machine;
use crate::places::Places;
use crate::request::KeyHasher;

pub use crate::manifest::{Inputs, Name, NameKind, TIMES};

/// What a name holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// There is nothing of the name.
    Absent,
    /// A directory.
    Directory,
    /// A file, with the digest of its contents where they count.
    File(Option<Digest>),
    /// A file that can be run, likewise.
    Program(Option<Digest>),
    /// A device, a pipe, a socket.
    Other,
    /// What a directory lists, where links lead to, or several variables: fields, with their tags. Of a file, why it cannot
    /// be had.
    Several(Vec<Field>),
    /// A variable that is set.
    Text(Vec<u8>),
}

/// One of several things that a name holds, and its tag.
pub type Field = (&'static str, Vec<u8>);

/// The variables that a run sees.
#[derive(Debug, Default)]
pub struct Environment {
    /// Each with whether it counts where all do.
    variables: BTreeMap<OsString, (OsString, bool)>,
    /// The directories in which programs are looked for.
    path: Vec<PathBuf>,
}

/// How a variable's value counts, where not all of it does; nothing where the variable is of no matter, if nothing asks
/// for it by its name.
pub type Counts = fn(name: &[u8], value: &[u8]) -> Option<Vec<u8>>;

impl Environment {
    /// These variables, each by what of it counts, and the directories in which programs are looked for.
    pub fn new(
        variables: impl Iterator<Item = (OsString, OsString)>,
        counts: Counts,
        path: Vec<PathBuf>,
    ) -> Self {
        let counted = variables.map(|(name, value)| {
            let counted = counts(name.as_bytes(), value.as_bytes());
            let counts = counted.is_some();
            let value = counted.map_or(value, OsString::from_vec);
            (name, (value, counts))
        });
        Self {
            variables: counted.collect(),
            path,
        }
    }

    /// Whether a variable is set.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables
            .get(OsStr::from_bytes(name))
            .map(|(value, _)| value.as_bytes())
    }

    /// The program of a name.
    fn program(&self, name: &[u8]) -> Option<PathBuf> {
        let mut candidates = self.path.iter().map(|it| it.join(OsStr::from_bytes(name)));
        candidates.find(|path| {
            let found = fs::metadata(path);
            found.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
        })
    }

    /// Those whose names begin so, in order.
    fn family(&self, start: &[u8]) -> Vec<Field> {
        let all = self
            .variables
            .iter()
            .filter(|(name, (_, counts))| *counts && name.as_bytes().starts_with(start));
        all.flat_map(|(name, (value, _))| {
            let bytes = |text: &OsString| text.as_bytes().to_vec();
            [("name", bytes(name)), ("value", bytes(value))]
        })
        .collect()
    }
}

/// Where names are looked up.
pub struct World<'a> {
    /// The places of the invocation.
    pub places: &'a Places,
    /// Its variables.
    pub environment: &'a Environment,
    /// What is known of files.
    pub memo: &'a mut Memo,
    /// Whether the permissions of files count: who copies one copies these.
    pub has_modes: bool,
}

impl World<'_> {
    /// What a name holds now; an error where that cannot be told. Of a file, or a directory that is listed, which was changed
    /// at or after `since`, by the clock of [`digest::now`](crate::digest::now), `changed` gets the path.
    fn value(
        &mut self,
        name: &Name,
        since: Option<i128>,
        changed: &mut Option<String>,
        directories: &mut RealPaths,
    ) -> io::Result<Value> {
        let path = self
            .places
            .path(name.place, &name.name)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(match name.kind {
            NameKind::Variable => match self.environment.get(&name.name) {
                Some(value) => Value::Text(value.to_vec()),
                None => Value::Absent,
            },
            NameKind::Command => match self.environment.program(&name.name) {
                Some(path) => Value::Text(path.into_os_string().into_vec()),
                None => Value::Absent,
            },
            NameKind::Machine => Value::Text(machine::holds(&name.name)),
            NameKind::Family => Value::Several(self.environment.family(&name.name)),
            NameKind::Environment => Value::Several(self.environment.family(b"")),
            NameKind::Listing => match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Value::Absent,
                Err(error) => return Err(error),
                Ok(found) => {
                    note_change(&path, &found, since, changed);
                    Value::Several(listing(&path)?)
                }
            },
            NameKind::Link => Value::Several(self.link(&path, directories)),
            NameKind::File | NameKind::State | NameKind::Absent => {
                let found = match fs::metadata(&path) {
                    Ok(found) => found,
                    Err(error) => return Ok(self.absent(&path, &error, directories)),
                };
                if found.is_dir() {
                    return Ok(Value::Directory);
                }
                if !found.is_file() {
                    return Ok(Value::Other);
                }
                let mut digest = None;
                if name.kind == NameKind::File {
                    note_change(&path, &found, since, changed);
                    digest = Some(self.memo.digest(&path, &found)?);
                }
                if found.permissions().mode() & 0o111 == 0 {
                    Value::File(digest)
                } else {
                    Value::Program(digest)
                }
            }
        })
    }

    /// What is said of a path that leads nowhere, by this error: a link that does so is not nothing.
    fn absent(&self, path: &Path, error: &io::Error, directories: &mut RealPaths) -> Value {
        if path.is_symlink() {
            return Value::Several(self.link(path, directories));
        }
        if error.kind() == io::ErrorKind::NotFound {
            return Value::Absent;
        }
        let code = error.raw_os_error().unwrap_or_default();
        Value::Several(vec![("error", code.to_le_bytes().to_vec())])
    }

    /// Where links lead to, on the way and at the end.
    fn link(&self, path: &Path, directories: &mut RealPaths) -> Vec<Field> {
        let mut fields = Vec::new();
        let link = fs::read_link(path);
        let real = real_path(path, &link, directories);
        for (tag, target) in [("link", link.ok()), ("real", real)] {
            if let Some(target) = target {
                let (place, rest) = self.places.name(target.as_os_str().as_bytes());
                fields.push(("place", vec![place]));
                fields.push((tag, rest.to_vec()));
            }
        }
        fields
    }
}

/// The paths of directories without links, as long as names are looked at: most are of files in a few directories.
type RealPaths = HashMap<PathBuf, Option<PathBuf>>;

/// Notes a path in `changed` where what was found there was changed at or after `since`.
fn note_change(
    path: &Path,
    found: &fs::Metadata,
    since: Option<i128>,
    changed: &mut Option<String>,
) {
    if since.is_some_and(|since| Identity::of(found).changed() >= since) {
        *changed = Some(path.display().to_string());
    }
}

/// A path without links, of which `link` is what it leads to itself; nothing where it leads nowhere.
fn real_path(
    path: &Path,
    link: &io::Result<PathBuf>,
    directories: &mut RealPaths,
) -> Option<PathBuf> {
    let is_none = matches!(link, Err(error) if error.kind() == io::ErrorKind::InvalidInput);
    // With a slash behind it a link is followed.
    let is_name = is_none && !path.as_os_str().as_bytes().ends_with(b"/");
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) if is_name => {
            if let Some(known) = directories.get(directory) {
                return Some(known.as_ref()?.join(name));
            }
            let real = fs::canonicalize(directory).ok();
            directories.insert(directory.to_owned(), real.clone());
            Some(real?.join(name))
        }
        _ => fs::canonicalize(path).ok(),
    }
}

/// What a directory lists: names, and of each whether it is a directory or a link.
fn listing(path: &Path) -> io::Result<Vec<Field>> {
    let read = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let kind = entry.file_type()?;
        Ok((entry.file_name(), [kind.is_dir(), kind.is_symlink()]))
    };
    let mut names = fs::read_dir(path)?
        .map(read)
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    let fields = |(name, kind): (OsString, [bool; 2])| {
        let kind = kind.map(u8::from).to_vec();
        [("name", name.into_vec()), ("kind", kind)]
    };
    Ok(names.into_iter().flat_map(fields).collect())
}

/// The digest of several things.
fn digest_of(fields: &[Field]) -> Digest {
    let mut key = KeyHasher::new("several");
    for (tag, value) in fields {
        key.field(tag, value);
    }
    key.digest()
}

/// What names hold, together.
#[derive(Debug)]
pub struct Look {
    /// With the request key's digest, that of the result key.
    pub result: Digest,
    /// Name by name.
    pub values: Vec<Value>,
    /// A file that was changed since the given time.
    pub changed: Option<String>,
}

/// Looks at all names of a trace. Fails where one cannot be looked at: then nobody knows, and it is a miss.
pub fn look(
    request: &Digest,
    inputs: &Inputs,
    world: &mut World,
    since: Option<i128>,
) -> io::Result<Look> {
    let mut key = KeyHasher::new("result");
    key.field("request", request);
    let mut values = Vec::new();
    let mut changed = None;
    let mut directories = RealPaths::new();
    let are_times = |name: &Name| name.kind == NameKind::Machine && name.name == TIMES;
    let has_times = inputs.iter().any(are_times);
    for name in inputs {
        let value = world.value(name, since, &mut changed, &mut directories)?;
        key.field("name", &[name.kind as u8, name.place]);
        key.field("path", &name.name);
        match &value {
            Value::Absent => key.field("absent", b""),
            Value::Directory => key.field("directory", b""),
            Value::File(digest) => key.field("file", digest.as_ref().map_or(&[][..], |it| it)),
            Value::Program(digest) => {
                key.field("program", digest.as_ref().map_or(&[][..], |it| it));
            }
            Value::Other => key.field("other", b""),
            Value::Several(fields) => key.field("several", &digest_of(fields)),
            Value::Text(text) => key.field("text", text),
        }
        let is_there = matches!(value, Value::Directory | Value::File(_) | Value::Program(_));
        if is_there && (world.has_modes || has_times) {
            let path = world.places.path(name.place, &name.name);
            let found = fs::metadata(path.unwrap_or_default())?;
            let mode = found.permissions().mode();
            key.field("mode", &(mode & 0o7777).to_le_bytes());
            if has_times {
                let time = (found.mtime(), found.mtime_nsec());
                key.field(
                    "time",
                    &[time.0.to_le_bytes(), time.1.to_le_bytes()].concat(),
                );
            }
        }
        values.push(value);
    }
    Ok(Look {
        result: key.digest(),
        values,
        changed,
    })
}
