//! Says which runs may be stored, by what they made and said.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::inputs::NameKind;
use nix_sccache_cache::trace::{Observation, Output};

use crate::observed::Ran;
use crate::relocated;
use crate::request::Request;
use crate::rust_program::{self, Listed};
use crate::store;
use crate::written::{Text, Written};

/// The longest messages that are stored, in bytes.
const LONGEST_MESSAGES: usize = 1 << 20;
/// The code of a run that may be stored: it went well, or was a question whose answer is that something does not compile.
pub fn may_be_stored(request: &Request, ran: &Ran) -> Option<u8> {
    /// What a failure says that is no answer, but something that went wrong.
    const TROUBLE: [&[u8]; 9] = [
        b"No space left",
        b"Cannot allocate memory",
        b"memory exhausted",
        b"out of memory",
        b"os error",
        b"internal compiler error",
        b"compiler unexpectedly panicked",
        b"Killed",
        b"terminated with signal",
    ];
    if ran.stdout.len() + ran.stderr.len() > LONGEST_MESSAGES {
        return None;
    }
    let code = u8::try_from(ran.status.code()?).ok()?;
    let is_answer = || {
        let says = |what: &[u8]| memmem::find(&ran.stderr, what).is_some();
        request.is_probe
            && code == 1
            && says(b"error")
            && !TROUBLE.iter().any(|trouble| says(trouble))
    };
    (code == 0 || is_answer()).then_some(code)
}

/// What is in an object of gcc's that a random seed decides of: the seed itself, as an option, in debug information; sections
/// for link-time optimisation; calls that count coverage.
pub const SIGNS_OF_SEED: [&[u8]; 3] = [b"-frandom-seed=", b".gnu.lto_", b"__gcov_"];

/// Whether roots are in what a run has made or said, so that it does not do for others, or it asked for what is another in
/// other derivations. What a build script prints can be put right.
pub fn tells_of_roots(request: &Request, program: &Path, seen: &Observation, ran: &Ran) -> bool {
    let outputs = &seen.outputs;
    let said = [&ran.stdout, &ran.stderr].map(|said| match request.out_dir {
        Some(_) => relocated::without_roots(said, request),
        None => said.clone(),
    });
    let is_marked = |said: &Vec<u8>| request.out_dir.is_some() && relocated::has_mark(said);
    if request.roots.is_empty() {
        return false;
    }
    if is_marked(&ran.stdout)
        || is_marked(&ran.stderr)
        || tells_of_derivation(request, program, seen, &said)
    {
        return true;
    }
    let Some(out_dir) = &request.out_dir else {
        let mut roots = request.roots.iter();
        return roots.any(|root| {
            let text = root.as_os_str().as_bytes();
            tells_of(text, outputs, [&said[0], &said[1]])
        });
    };
    // A script may have found its way up from `OUT_DIR`, to cargo's directories, or to where links lead. What its sources are
    // in as well is named for other reasons.
    let here = env::current_dir().unwrap_or_default();
    let real = out_dir.canonicalize().ok();
    let lower = real.iter().chain(request.roots.first());
    let up = lower.flat_map(|path| path.ancestors().skip(1).take(3));
    let up = up.filter(|path| !here.starts_with(path));
    let roots = request.roots.iter().map(PathBuf::as_path);
    let paths: BTreeSet<_> = roots.chain(up).collect();
    let paths: Vec<_> = paths.into_iter().map(Written::of).collect();
    let is_in = |text: &[u8]| {
        let text = Text::of(text);
        paths.iter().any(|path| path.is_in(&text))
    };
    let mut files = outputs.iter().map(|output| fs::read(&output.path));
    let mut names = outputs.iter().map(|output| &output.name);
    said.iter().any(|said| is_in(said))
        || names.any(|name| is_in(name))
        || files.any(|contents| contents.map_or(true, |contents| is_in(&contents)))
}

/// Whether a run is another in other derivations, by the paths of this one's that are among the roots: it asked for one by
/// name, or has the digest of one in what it made or said, or ran what may go by all variables and tell nothing of them.
fn tells_of_derivation(
    request: &Request,
    program: &Path,
    seen: &Observation,
    said: &[Vec<u8>; 2],
) -> bool {
    /// Programs that list variables, or make a digest of what they are given.
    const LISTS: [&[u8]; 10] = [
        b"/b2sum",
        b"/cksum",
        b"/env",
        b"/gpg",
        b"/md5sum",
        b"/openssl",
        b"/printenv",
        b"/sha1sum",
        b"/sha256sum",
        b"/sha512sum",
    ];
    let of_derivation = store::of_derivation();
    let roots = request.roots.iter().filter(|it| of_derivation.contains(it));
    let mut digests = roots.filter_map(|it| store::hash(it)).peekable();
    if digests.peek().is_none() {
        return false;
    }
    let variables = store::variables_of_derivation();
    let is_asked = |name: &[u8]| variables.iter().any(|it| it.as_bytes() == name);
    let mut names = seen.inputs.iter();
    let mut programs = seen.programs.iter();
    names.any(|it| it.kind == NameKind::Variable && is_asked(&it.name))
        || programs.any(|program| LISTS.iter().any(|it| program.ends_with(it)))
        || rust_program::listed(program) == Listed::All
        || digests.any(|digest| tells_of(digest, &seen.outputs, [&said[0], &said[1]]))
}

/// Whether a text, as a path, is in these files or messages.
pub fn tells_of(text: &[u8], outputs: &[Output], said: [&Vec<u8>; 2]) -> bool {
    let is_in = |bytes: &[u8]| memmem::find(bytes, text).is_some();
    let mut files = outputs.iter().map(|output| fs::read(&output.path));
    said.iter().any(|said| is_in(said))
        || files.any(|contents| contents.map_or(true, |contents| is_in(&contents)))
}

/// Whether a compiler of C ran that no shim was in front of: which flags it was called with nobody knows.
pub fn compiles_unseen(seen: &Observation) -> bool {
    const COMPILERS: [&[u8]; 4] = [b"/cc1", b"/cc1plus", b"/lto1", b"/clang"];
    let mut programs = seen.programs.iter();
    programs.any(|program| {
        COMPILERS
            .iter()
            .any(|compiler| memmem::find(program, compiler).is_some())
    })
}
