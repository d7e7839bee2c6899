//! Hosts: how we talk to the Nix that loaded us.
//!
//! A host registers one builtin, evaluates the prelude, calls [`crate::dispatch`] with
//! three strings and takes one back, and says which Nix it is. This is the one place
//! with `unsafe`: what crosses between Rust and Nix, and how Nix finds us.
#![expect(unsafe_code, reason = "the boundary between Rust and Nix")]

use std::sync::Once;

#[cfg(feature = "cxx-host")]
mod cxx;

/// The Nix code that makes the builtins of the one function.
pub const PRELUDE: &str = include_str!("../prelude.nix");

/// Registers `builtins.rust` with the host, once per process, however often Nix calls.
fn load() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        #[cfg(feature = "cxx-host")]
        cxx::load();
        #[cfg(not(feature = "cxx-host"))]
        eprintln!(
            "nix-sccache: this plugin was built without a host for any Nix: builtins.rust is missing; build it with the \
             feature cxx-host"
        );
    });
}

/// Nix before 2.22 knows of no entry point: it registers what a library's constructors
/// leave behind. Nothing of the process but its libraries is there yet, so this must
/// not do more than that.
#[used]
// SAFETY: the section holds pointers to functions that the loader calls once each,
// with arguments that a function without parameters leaves alone.
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn constructor() {
        load();
    }
    constructor
};

/// The entry point that Nix from 2.22 on calls after it has opened the library.
// SAFETY: the name is this plugin's alone in a library that Nix opens with RTLD_LOCAL.
#[unsafe(no_mangle)]
pub extern "C" fn nix_plugin_entry() {
    load();
}
