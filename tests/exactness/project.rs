//! Lays out a directory of sources with the shell commands that build it, and reads what they left.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Functions of the shell that every script has: compilers, called through the shim where `through` names it, and
/// rustc with the arguments that cargo gives it.
const FUNCTIONS: &str = r#"
call() { ${through:-command} "$@"; }
rustc() { call rustc "$@"; }
cc() { call cc "$@"; }
cxx() { call c++ "$@"; }
crate() {
    crate_name=$1 crate_type=$2 emit=$3; shift 3
    mkdir -p target
    rustc --crate-name "$crate_name" --edition=2024 "src/$crate_name.rs" --error-format=json \
        --json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type "$crate_type" --emit="$emit" \
        ${bitcode--Cembed-bitcode=no} -C metadata="$crate_name" -C extra-filename="-$crate_name" --out-dir target \
        -L dependency=target "$@"
}
lib() { name=$1; shift; crate "$name" lib dep-info,metadata,link "$@"; }
check() { name=$1; shift; crate "$name" lib dep-info,metadata "$@"; }
bin() { name=$1; shift; crate "$name" bin dep-info,link "$@"; }
proc_macro() { name=$1; shift; crate "$name" proc-macro dep-info,link --extern proc_macro -C prefer-dynamic "$@"; }
# archive NAME SOURCE [ARGUMENT...]: a static library, made without the cache.
archive() {
    archived=$1 source=$2; shift 2
    command cc -c "$source" -o "$source.o" "$@"
    rm -f "$archived"; ar rcD "$archived" "$source.o"; rm "$source.o"
}
"#;

/// A directory's files, and what builds it.
#[derive(Clone, Debug)]
pub struct Project {
    /// What the directory is called.
    directory: String,
    files: BTreeMap<String, Source>,
    /// The environment of the script.
    pub variables: BTreeMap<String, OsString>,
    /// Lines of a shell, which ends at the first command that fails.
    pub script: String,
}

/// A file that is laid out.
#[derive(Clone, Debug)]
enum Source {
    Text {
        bytes: Vec<u8>,
        mode: u32,
        /// When it was modified, in seconds since 1970; now where none is given.
        modified: Option<u64>,
    },
    /// A symbolic link, to this.
    Link(String),
}

impl Project {
    /// Nothing but a script.
    pub fn new(script: &str) -> Self {
        Self {
            directory: "project".into(),
            files: BTreeMap::new(),
            variables: BTreeMap::new(),
            script: script.into(),
        }
    }

    fn put(&mut self, name: &str, bytes: &[u8], mode: u32, modified: Option<u64>) {
        let bytes = bytes.to_owned();
        let source = Source::Text {
            bytes,
            mode,
            modified,
        };
        self.files.insert(name.into(), source);
    }

    /// Writes a file, in place of what was there.
    pub fn file(&mut self, name: &str, text: impl AsRef<[u8]>) {
        self.put(name, text.as_ref(), 0o644, None);
    }

    /// Writes one that is as old as this, in seconds since 1970.
    pub fn dated(&mut self, name: &str, text: impl AsRef<[u8]>, modified: u64) {
        self.put(name, text.as_ref(), 0o644, Some(modified));
    }

    /// Writes a program.
    pub fn program(&mut self, name: &str, text: &str) {
        self.put(name, text.as_bytes(), 0o755, None);
    }

    /// Makes a symbolic link.
    pub fn link(&mut self, name: &str, to: &str) {
        self.files.insert(name.into(), Source::Link(to.into()));
    }

    /// Removes a file that is there.
    #[track_caller]
    pub fn remove(&mut self, name: &str) {
        assert!(self.files.remove(name).is_some(), "no {name}");
    }

    /// Calls a file otherwise.
    #[track_caller]
    pub fn rename(&mut self, from: &str, to: &str) {
        let source = self.files.remove(from);
        let source = source.unwrap_or_else(|| panic!("no {from}"));
        self.files.insert(to.into(), source);
    }

    /// Exchanges what is in two files.
    #[track_caller]
    pub fn swap(&mut self, one: &str, other: &str) {
        self.rename(one, "swapped");
        self.rename(other, one);
        self.rename("swapped", other);
    }

    /// Sets a variable.
    pub fn variable(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Has another text where this one is in the script.
    #[track_caller]
    pub fn script(&mut self, from: &str, to: &str) {
        assert!(self.script.contains(from), "no {from:?}: {}", self.script);
        self.script = self.script.replace(from, to);
    }

    /// Has the directory called this.
    pub fn directory(&mut self, name: &str) {
        self.directory = name.into();
    }

    /// The directory, in this one.
    pub fn path(&self, root: &Path) -> PathBuf {
        root.join(&self.directory)
    }

    /// Makes the directory anew, and the script beside it. That takes the names of the files for what is printed,
    /// on either stream.
    pub fn lay_out(&self, root: &Path) -> PathBuf {
        let directory = self.path(root);
        if directory.exists() {
            fs::remove_dir_all(&directory).unwrap();
        }
        fs::create_dir_all(&directory).unwrap();
        for (name, source) in &self.files {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match source {
                Source::Text {
                    bytes,
                    mode,
                    modified,
                } => {
                    fs::write(&path, bytes).unwrap();
                    fs::set_permissions(&path, Permissions::from_mode(*mode)).unwrap();
                    if let Some(modified) = modified {
                        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(*modified);
                        let times = FileTimes::new().set_modified(modified);
                        File::open(&path).unwrap().set_times(times).unwrap();
                    }
                }
                Source::Link(to) => symlink(to, &path).unwrap(),
            }
        }
        let script = root.join("script");
        let text = format!(
            "exec >\"$1\" 2>\"$2\"\nset -eu\n{FUNCTIONS}\n{}\n",
            self.script
        );
        fs::write(&script, text).unwrap();
        script
    }
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular file, with its permissions.
    File { mode: u32, bytes: Vec<u8> },
    /// A symbolic link.
    Link(PathBuf),
    /// A directory, with its permissions.
    Directory { mode: u32 },
    /// A device.
    Device,
    /// A pipe, or a socket.
    Other,
}

/// All below a directory, by their paths in it.
pub fn files_below(directory: &Path) -> BTreeMap<PathBuf, Found> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let (kind, mode) = (meta.file_type(), meta.permissions().mode() & 0o7777);
            let here = if kind.is_symlink() {
                Found::Link(fs::read_link(&path).unwrap())
            } else if kind.is_dir() {
                left.push(path.clone());
                Found::Directory { mode }
            } else if kind.is_file() {
                let bytes = fs::read(&path).unwrap();
                Found::File { mode, bytes }
            } else if kind.is_char_device() || kind.is_block_device() {
                Found::Device
            } else {
                Found::Other
            };
            found.insert(path.strip_prefix(directory).unwrap().to_owned(), here);
        }
    }
    found
}
