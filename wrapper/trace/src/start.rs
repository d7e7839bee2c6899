//! Puts everything in place at the first call, whether it comes from the dynamic linker's constructors or before.

use crate::format::{Kind, SHIM};
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::{environment, libraries, next, ready, trace};

// SAFETY: the section holds functions that are called once each, with arguments that this one does not look at.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn construct() {
        ready::ensure();
    }
    construct
};

// SAFETY: nobody else's function has this name.
#[unsafe(no_mangle)]
extern "C" fn nix_sccache_trace_start() {
    next::look_up();
    let mut path = [0; PATH_MAX];
    let program = sys::read_link(AT_FDCWD, c"/proc/self/exe".as_ptr(), &mut path);
    if program.is_ok_and(is_shim) {
        return;
    }
    environment::take();
    begin(program.ok());
}

/// Whether a program is the shim, by its name. It is the same whether it is linked statically or not.
fn is_shim(program: &[u8]) -> bool {
    program
        .strip_suffix(SHIM.as_bytes())
        .is_some_and(|directory| directory.ends_with(b"/"))
}

/// Maps the traces and notes this process' start. Where one of them cannot be had none is written: a program without a
/// start makes a trace that is not whole.
fn begin(program: Option<&[u8]>) {
    let Some(files) = environment::files() else {
        return;
    };
    let mut path = [0; PATH_MAX];
    if files.split(|byte| *byte == b':').count() > trace::MOST {
        return;
    }
    for file in files.split(|byte| *byte == b':') {
        let Some(into) = path.get_mut(..=file.len()) else {
            return;
        };
        into[..file.len()].copy_from_slice(file);
        into[file.len()] = 0;
        let Ok(file) = core::ffi::CStr::from_bytes_until_nul(into) else {
            return;
        };
        // Others than the first are those of a part of the whole.
        if trace::open(file).is_none() {
            return;
        }
    }
    match program {
        Some(program) => trace::add(Kind::Start, 0, 0, sys::parent_pid(), &[program]),
        None => trace::lost(),
    }
    libraries::note(0);
}
