//! Says which runs may be stored, by what they made and said.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::inputs::{Name, NameKind};
use nix_sccache_cache::trace::{Observation, Output};
use nix_sccache_contract::part::Kind;

use crate::observed::Ran;
use crate::relocated;
use crate::replay::is_list_of_sources;
use crate::request::{ROOT, Request, variables};
use crate::rust_program::Listed;
use crate::stable_paths::replaced_text;
use crate::store;
use crate::stripped;
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
    // The package's name is in that of its own directory, which is in the key, and may be in those of its sources as well.
    let said = [&ran.stdout, &ran.stderr].map(|said| match &request.out_dir {
        Some(own) => {
            let own = relocated::without_roots(own.as_os_str().as_bytes(), request);
            replaced_text(&relocated::without_roots(said, request), &own, b"<out>")
        }
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
        let mut hiding = HIDE_PATHS.into_iter();
        if hiding.any(|sign| tells_of(sign, outputs, [&said[0], &said[1]]))
            || may_name_sources(request, seen)
        {
            return true;
        }
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

/// What is in an object where it has paths in it that cannot be seen: debug information, which may be compressed, has that of
/// the directory, and code for link-time optimisation, which is.
const HIDE_PATHS: [&[u8]; 2] = [b"debug_info", b".gnu.lto_"];

/// Whether a source may make something of a path that does not show it, as a digest or its length: of what a macro is defined
/// to be, or of its own path, for which it asks, and which is given with a root.
fn may_name_sources(request: &Request, seen: &Observation) -> bool {
    const ASK: [&[u8]; 3] = [b"_FILE__", b"__builtin_FILE", b"source_location"];
    let has_root = |text: &[u8]| request.without_roots(text) != text;
    let gives = |name: &[u8]| {
        name == b"CPATH" || name.ends_with(b"_INCLUDE_PATH") || name.starts_with(variables::FLAGS)
    };
    let asks = |text: &[u8]| ASK.iter().any(|it| memmem::find(text, it).is_some());
    let given: Vec<_> = env::vars_os()
        .filter(|(name, _)| gives(name.as_bytes()))
        .map(|(_, value)| value.into_vec())
        .collect();
    let arguments = request.fields.iter().filter(|it| it.kind == Kind::Argument);
    let mut texts = arguments.clone().map(|it| &it.value).chain(&given);
    let with_root: Vec<_> = arguments
        .filter(|it| memmem::find(&it.value, ROOT).is_some())
        .collect();
    let is_given = !with_root.is_empty() || given.iter().any(|it| has_root(it));
    let files = seen.inputs.iter().filter(|it| it.kind == NameKind::File);
    let mut paths = files.filter_map(|it| request.places.path(it.place, &it.name));
    let mut in_files = || paths.any(|path| text_of(&path).is_ok_and(|text| asks(&text)));
    with_root.iter().any(|it| it.name == "-D")
        || is_given && (texts.any(|text| asks(text)) || in_files())
}

/// What is in a file, but for a program, of which only the beginning is read: compilers are long, and have the names of
/// all macros in them.
pub fn text_of(path: &Path) -> io::Result<Vec<u8>> {
    const PROGRAM: &[u8] = b"\x7fELF";
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    (&file).take(PROGRAM.len() as u64).read_to_end(&mut text)?;
    if text != PROGRAM {
        file.read_to_end(&mut text)?;
    }
    Ok(text)
}

/// Whether rustc was told by a macro, or the linker by rustc, of the directory in whose place another may stand, which is among rustc's arguments.
/// A variable with it counts as it is.
pub fn tells_of_target(request: &Request, seen: &Observation) -> bool {
    let Some(target) = request.target().map(|it| it.as_os_str().as_bytes()) else {
        return false;
    };
    let has_it = |text: &[u8]| memmem::find(text, target).is_some();
    let counts =
        |name: &[u8]| env::var_os(OsStr::from_bytes(name)).is_some_and(|it| has_it(it.as_bytes()));
    let mut names = seen.inputs.iter();
    let mut variables = seen
        .inputs
        .iter()
        .filter(|it| it.kind == NameKind::Variable);
    let mut made = seen
        .outputs
        .iter()
        .filter(|it| !is_list_of_sources(&it.name));
    let is_macro = |it: &Name| it.kind == NameKind::File && it.name.ends_with(b".so");
    (request.whole.is_some() || names.any(is_macro))
        && !variables.any(|it| counts(&it.name))
        && made.any(|it| fs::read(&it.path).map_or(true, |contents| has_it(&contents)))
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
        || stripped::listed(program) == Listed::All
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

#[cfg(test)]
mod tests {
    use nix_sccache_cache::inputs::{Inputs, Name};
    use nix_sccache_cache::places::Places;

    use super::*;

    /// By a digest, by its length, by one of its letters.
    #[test]
    fn a_source_that_asks_for_its_path_may_tell_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let may_name = |option: &str, argument: &str, source: &str| {
            fs::write(directory.path().join("a.h"), source).unwrap();
            let mut request = Request {
                roots: vec!["/build/a-1.0-vendor".into()],
                places: Places::new(vec![directory.path().to_owned()]),
                ..Request::default()
            };
            let argument = request.without_roots(argument.as_bytes());
            request.add(Kind::Argument, option, &argument);
            let header = Name {
                kind: NameKind::File,
                place: 1,
                name: b"a.h".to_vec(),
            };
            let seen = Observation {
                inputs: Inputs::new(vec![header]),
                ..Observation::default()
            };
            may_name_sources(&request, &seen)
        };
        let inside = "/build/a-1.0-vendor/a.c";
        assert!(may_name("", inside, "int a = sizeof(__FILE__);"));
        assert!(may_name("", inside, "char a = __BASE_FILE__[7];"));
        assert!(may_name(
            "",
            inside,
            "auto a = std::source_location::current();"
        ));
        assert!(may_name(
            "-D",
            "A=\"/build/a-1.0-vendor\"",
            "int a = sizeof(A);"
        ));
        assert!(!may_name("", inside, "int a = __LINE__;"));
        assert!(!may_name("", "a.c", "int a = sizeof(__FILE__);"));
    }
}
