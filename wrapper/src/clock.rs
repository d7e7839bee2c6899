//! Tells whether the time is in what a run made.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use memchr::memmem;
use nix_sccache_cache::inputs::{Environment, NameKind};
use nix_sccache_cache::trace::Observation;
use nix_sccache_contract::Language;
use nix_sccache_contract::part::Kind;

use crate::invocation::Invocation;
use crate::request::Request;
use crate::rust_program;
use crate::storable::compiles_unseen;
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
    let inputs = &seen.inputs;
    let asks = inputs
        .iter()
        .any(|it| it.kind == NameKind::Variable && it.name == EPOCH);
    if invocation.is_build_script() {
        let is_open = !asks || !environment.has(EPOCH);
        let reads_clock = || rust_program::unseen(&invocation.compiler.path).reads_clock;
        let mut programs = seen.programs.iter();
        return programs.any(|program| program.ends_with(b"/date"))
            || is_open && (asks && compiles_unseen(seen) || reads_clock());
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
    let files = inputs.iter().filter(|it| it.kind == NameKind::File);
    let mut paths = files.filter_map(|it| request.places.path(it.place, &it.name));
    paths.any(|path| {
        text_of(&path).is_ok_and(|text| {
            let has = |name: &[u8]| memmem::find(&text, name).is_some();
            has(OF_FILE) || is_open && MACROS.iter().any(|name| has(name))
        })
    })
}

/// What is in a file, but for a program, of which only the beginning is read: compilers are long, and have the names of
/// all macros in them.
fn text_of(path: &Path) -> io::Result<Vec<u8>> {
    const PROGRAM: &[u8] = b"\x7fELF";
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    (&file).take(PROGRAM.len() as u64).read_to_end(&mut text)?;
    if text != PROGRAM {
        file.read_to_end(&mut text)?;
    }
    Ok(text)
}
