//! Makes a request of the cache from an invocation: what goes into the request key, which directories are of no
//! matter to it, and where it may leave files.

mod build_script;
mod cc;
mod fields;
mod rustc;
pub mod variables;

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix_sccache_cache::digest::Memo;
use nix_sccache_contract::part::Kind;

use crate::invocation::{Compiler, Invocation, Kind as CompilerKind, Options};
use crate::links::Linked;
use crate::stable_paths;
use crate::store;

use self::fields::absolute;

pub use self::build_script::out_dir;
pub use self::fields::{Field, ROOT, Request, replaced};

/// The directories that are of no matter to an invocation in a directory, unless they are in what it makes: the least first,
/// in the end none.
pub fn roots(invocation: &Invocation, directory: &Path) -> Vec<Vec<PathBuf>> {
    let root = stable_paths::root_of(directory);
    let mut roots = match &invocation.options {
        Options::Rustc(_) => Vec::new(),
        Options::Cc(_) => vec![root.into_iter().collect()],
        Options::BuildScript(_) => {
            // By way of a link, with crane.
            let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
            let manifest = manifest.and_then(|directory| stable_paths::root_of(&directory));
            let above = build_script::directory_of_all();
            let mut above: Vec<_> = [above, root, manifest].into_iter().flatten().collect();
            above.dedup();
            // In variables that nobody may have meant to read.
            let of_derivation = store::of_derivation().into_iter();
            let of_derivation = of_derivation.filter(|path| !above.contains(path));
            let mut all: Vec<_> = above.iter().cloned().chain(of_derivation).collect();
            all.dedup();
            vec![all, above]
        }
    };
    roots.push(Vec::new());
    roots.dedup();
    roots
}

/// Variables that libc reads for itself, whatever the compiler asks for: they decide of its messages.
pub const OF_LIBC: [&str; 6] = [
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LOCPATH",
];

/// What it reads beside that in programs that a build script may run: it sorts, counts and reads arguments by these.
const OF_PROGRAMS: [&str; 6] = [
    "LC_COLLATE",
    "LC_MONETARY",
    "LC_NUMERIC",
    "LC_TIME",
    "POSIXLY_CORRECT",
    "TZ",
];

/// That of an invocation in a directory, as the compiler is shown both, as if these roots were of no matter. Fails where
/// what the key is made of cannot be read.
pub fn of(
    invocation: &Invocation,
    directory: &Path,
    roots: Vec<PathBuf>,
    stdin: Option<&[u8]>,
    linked: Linked,
    memo: &mut Memo,
) -> io::Result<Request> {
    let mut request = Request {
        roots,
        ..Request::default()
    };
    if let Options::BuildScript(_) = invocation.options {
        build_script::add_program(&mut request, &invocation.compiler)?;
    } else {
        add_compiler(&mut request, &invocation.compiler, memo)?;
    }
    let directory_without_roots = request.without_roots(directory.as_os_str().as_bytes());
    request.add(Kind::Directory, "", &directory_without_roots);
    match &invocation.options {
        Options::Rustc(call) => {
            rustc::add(&mut request, call, directory, linked);
            if invocation.compiler.kind == CompilerKind::Rustdoc {
                // It goes on from what it finds there, and what it has made itself is no input.
                let is_there = rustc::documentation(call, directory).exists();
                request.add(Kind::Directory, "documentation", &[u8::from(is_there)]);
            }
        }
        Options::Cc(call) => cc::add(&mut request, call, directory),
        Options::BuildScript(call) => {
            build_script::add(&mut request, call, &invocation.compiler);
        }
    }
    // What is in a file of arguments is among them, and cargo's has another name each time.
    let files = invocation.arguments.iter();
    let files = files.filter_map(|argument| argument.as_bytes().strip_prefix(b"@"));
    let files = files.map(|file| absolute(Path::new(OsStr::from_bytes(file)), directory));
    request.scratch.extend(files);
    let of_programs = invocation.is_build_script().then_some(OF_PROGRAMS);
    for name in OF_LIBC.into_iter().chain(of_programs.into_iter().flatten()) {
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

fn add_compiler(request: &mut Request, compiler: &Compiler, memo: &mut Memo) -> io::Result<()> {
    let wrapper = compiler.wrapper.iter().map(|path| (Kind::Wrapper, path));
    for (kind, path) in wrapper.chain([(Kind::Compiler, &compiler.path)]) {
        // A compiler goes by its name as well: gcc and g++ may be one file.
        let name = path.file_name().unwrap_or_default();
        request.add(kind, "name", name.as_bytes());
        request.add(kind, "program", &identity(path, memo)?);
    }
    Ok(())
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
