//! Makes a request of the cache from an invocation: what goes into the request key, which directories are of no
//! matter to it, and where it may leave files.

mod cc;
mod rustc;
pub mod variables;

use std::env;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix_sccache_cache::digest::{Digest, Memo};
use nix_sccache_cache::places::Places;
use nix_sccache_cache::request::KeyHasher;
use nix_sccache_contract::part::Kind;

use crate::invocation::{Compiler, Invocation, Options};
use crate::store;

/// One field of a request key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub kind: Kind,
    /// Its name: an option, a variable.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// What the cache is asked for.
#[derive(Debug, Default)]
pub struct Request {
    /// What its key is made of, in order.
    pub fields: Vec<Field>,
    /// How files are named.
    pub places: Places,
    /// Directories in which the compiler may leave files.
    pub writable: Vec<PathBuf>,
    /// Directories of caches of the compiler's own.
    pub scratch: Vec<PathBuf>,
    /// Directories whose lists are of no matter.
    pub unlisted: Vec<PathBuf>,
    /// Whether the first place is one of rustc's.
    target: bool,
    /// Whether the random seed that nixpkgs gives compilers may be in what is made.
    pub has_seed: bool,
    /// Whether a failure may be stored: it is a question to the compiler, and not part of a build.
    pub is_probe: bool,
}

/// Variables that libc reads for itself, whatever the compiler asks for: they decide of its messages.
const OF_LIBC: [&str; 6] = [
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LOCPATH",
];

impl Request {
    /// That of an invocation in a directory, as the compiler is shown both. Fails where what the key is made of cannot
    /// be read.
    pub fn of(
        invocation: &Invocation,
        directory: &Path,
        stdin: Option<&[u8]>,
        memo: &mut Memo,
    ) -> io::Result<Self> {
        let mut request = Self::default();
        request.compiler(&invocation.compiler, memo)?;
        request.add(Kind::Directory, "", directory.as_os_str().as_bytes());
        match &invocation.options {
            Options::Rustc(call) => rustc::add(&mut request, call, directory),
            Options::Cc(call) => cc::add(&mut request, call, directory),
        }
        for name in OF_LIBC {
            if let Some(value) = env::var_os(name) {
                request.add(Kind::Variable, name, value.as_bytes());
            }
        }
        if io::stderr().is_terminal() {
            request.add(Kind::Argument, "to a terminal", b"");
        }
        if let Some(stdin) = stdin {
            request.add(Kind::Source, "standard input", stdin);
        }
        Ok(request)
    }

    fn compiler(&mut self, compiler: &Compiler, memo: &mut Memo) -> io::Result<()> {
        let wrapper = compiler.wrapper.iter().map(|path| (Kind::Wrapper, path));
        for (kind, path) in wrapper.chain([(Kind::Compiler, &compiler.path)]) {
            // A compiler goes by its name as well: gcc and g++ may be one file.
            let name = path.file_name().unwrap_or_default();
            self.add(kind, "name", name.as_bytes());
            self.add(kind, "program", &identity(path, memo)?);
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, name: impl Into<String>, value: &[u8]) {
        self.fields.push(Field {
            kind,
            name: name.into(),
            value: value.to_vec(),
        });
    }

    /// The directory of cargo's in whose place another may stand, where that is in what rustc writes.
    pub fn target(&self) -> Option<&Path> {
        self.target
            .then(|| self.places.directories().next())
            .flatten()
    }

    /// The digest of all fields.
    pub fn digest(&self) -> Digest {
        let mut key = KeyHasher::new("request");
        for field in &self.fields {
            key.field(field.kind.name(), field.name.as_bytes());
            key.field("value", &field.value);
        }
        key.digest()
    }
}

/// What tells a program from every other: its path, if that is in a Nix store, which holds one thing under one name;
/// else its contents.
fn identity(program: &Path, memo: &mut Memo) -> io::Result<Vec<u8>> {
    let real = program.canonicalize()?;
    if store::holds(&real) {
        return Ok(real.as_os_str().as_bytes().to_vec());
    }
    Ok(memo.digest(&real, &real.metadata()?)?.to_vec())
}

/// An absolute path, as a string.
fn absolute(path: &Path, directory: &Path) -> PathBuf {
    directory.join(path).components().collect()
}
