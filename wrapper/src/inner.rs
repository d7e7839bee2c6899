//! The compiler as sccache calls it, which is us once more.
//!
//! Sccache tells nobody whether a call was a hit: its log turns the client-side mode off,
//! and its statistics are those of all builds together. But a hit is a call for which the
//! compiler did not run, so we stand where sccache's compiler would, and note when we are
//! asked to compile. The note also tells a compilation that takes its time from a cache that
//! does not answer.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix_sccache_core::contract;

use crate::arguments::{CcCall, RustcCall, is_rustc};
use crate::class::{self, Class};
use crate::compiler::{self, Compiler};

/// Notes the call if it is a compilation, and becomes the compiler.
pub fn main(compiler: OsString, arguments: &[OsString]) -> ExitCode {
    // rustup's proxy would take this for a toolchain to switch to, and sccache, which asks,
    // would then go round us.
    if arguments
        .first()
        .is_some_and(|first| first.as_encoded_bytes().starts_with(b"+"))
    {
        return ExitCode::FAILURE;
    }
    let compiler = Compiler {
        wrapper: env::var_os(contract::COMPILER_WRAPPER).map(Into::into),
        path: compiler.into(),
    };
    // Sccache also asks for versions and for a crate's sources, and compiles nothing at all to
    // learn about an assembler.
    let class = if is_rustc(compiler.path.as_os_str()) {
        class::rustc(&RustcCall::read(arguments))
    } else {
        class::cc(&CcCall::read(arguments))
    };
    let mut command = compiler.command(arguments);
    // These are between sccache and us: what the compiler runs, a linker, say, must not be
    // taken for sccache's.
    for name in [
        contract::COMPILER,
        contract::COMPILER_WRAPPER,
        contract::COMPILING,
        contract::RUST_KEY,
    ] {
        command.env_remove(name);
    }
    match env::var_os(contract::COMPILING) {
        Some(note) if class == Class::Cacheable => {
            // Without the note a miss is taken for a hit, and a long compilation for silence.
            File::create(&note).ok();
            let status = command.status();
            fs::rename(&note, compiled(Path::new(&note))).ok();
            compiler::end_as(&command, status)
        }
        _ => compiler::become_program(command),
    }
}

/// The name that the note has when the compiler is done.
pub fn compiled(note: &Path) -> PathBuf {
    note.with_extension("done")
}
