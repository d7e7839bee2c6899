//! Tells whether the time is in what a run made.

use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::inputs::{Environment, NameKind};
use nix_sccache_cache::trace::Observation;
use nix_sccache_contract::Language;
use nix_sccache_contract::part::Kind;

use crate::invocation::Invocation;
use crate::request::Request;
use crate::request::variables::is_among;
use crate::storable::{compiles_unseen, text_of};

/// Programs that ask for the time and make nothing of it: compilers, of which [`tells_the_time`] decides, and what compares
/// files' times with it.
const OF_NO_MATTER: &str = "\
    cargo cc1 cc1obj cc1plus clang clang++ clippy-driver lto1 rustc rustdoc rustup \
    find gmake make ninja patch tar";

/// Programs that ask when they begin, whatever they have to do, and how often (bash 5.2, git 2.39, GNU ld 2.47, mawk 1.3.4,
/// nasm 2.16, perl 5.36, Python 3.11). What a process asks for after that is for what it has to do.
const AT_START: [(&str, u8); 7] = [
    ("bash sh", 3),
    ("git", 1),
    ("ld ld.bfd", 1),
    ("mawk", 1),
    ("nasm", 1),
    ("perl", 1),
    ("python", 1),
];

/// Whether it is of no matter that a program asked for the time as often as this.
pub fn may_be_asked(program: &Path, times: u8) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let at_start = AT_START.iter().find(|(names, _)| is_among(&name, names));
    is_among(&name, OF_NO_MATTER) || at_start.is_some_and(|(_, most)| times <= *most)
}

/// Whether the time is in what a C compiler made: it was asked for, and no variable says what it is.
pub fn tells_the_time(
    invocation: &Invocation,
    seen: &Observation,
    request: &Request,
    environment: &Environment,
) -> bool {
    /// gcc reads it when such a macro is used (12.2), by whatever name, and clang always.
    const EPOCH: &[u8] = b"SOURCE_DATE_EPOCH";
    const MACROS: [&[u8]; 2] = [b"__DATE__", b"__TIME__"];
    /// Of `__TIMESTAMP__`, which may be pasted together.
    const OF_FILE: &[u8] = b"STAMP__";
    /// nasm's (2.16).
    const NASM: [&[u8]; 8] = [
        b"__DATE",
        b"__TIME",
        b"__UTC",
        b"__POSIX",
        b"__?DATE",
        b"__?TIME",
        b"__?UTC",
        b"__?POSIX",
    ];
    let inputs = &seen.inputs;
    let asks = inputs
        .iter()
        .any(|it| it.kind == NameKind::Variable && it.name == EPOCH);
    let files = inputs.iter().filter(|it| it.kind == NameKind::File);
    let mut paths = files.filter_map(|it| request.places.path(it.place, &it.name));
    if invocation.is_build_script() {
        let is_open = asks && !environment.has(EPOCH);
        let assembles = seen.programs.iter().any(|it| it.ends_with(b"/nasm"));
        let names_time = |path: PathBuf| {
            let has = |text: Vec<u8>| NASM.iter().any(|name| memmem::find(&text, name).is_some());
            text_of(&path).map_or(true, has)
        };
        return is_open && compiles_unseen(seen) || assembles && paths.any(names_time);
    }
    if invocation.language() == Language::Rust {
        return false;
    }
    let mut arguments = request
        .fields
        .iter()
        .filter(|field| field.kind == Kind::Argument);
    if arguments.any(|field| memmem::find(&field.value, OF_FILE).is_some()) {
        return true;
    }
    let is_open = asks && !environment.has(EPOCH);
    let mut programs = seen.programs.iter();
    let has_clang = programs.any(|program| memmem::find(program, b"/clang").is_some());
    if is_open && !has_clang {
        return true;
    }
    paths.any(|path| {
        text_of(&path).is_ok_and(|text| {
            let has = |name: &[u8]| memmem::find(&text, name).is_some();
            has(OF_FILE) || is_open && MACROS.iter().any(|name| has(name))
        })
    })
}
