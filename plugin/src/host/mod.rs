//! Talks to the Nix that loaded us, by one of the hosts.
//!
//! A host registers one builtin, evaluates the [`prelude`], calls [`crate::dispatch`] with
//! three strings and takes one back. There are two: [`capi`] for Nixes whose C API can be
//! used, which needs nothing of Nix at build time, and [`cxx`], compiled against the
//! headers of the one Nix that it serves. This is the one place with `unsafe`: what crosses
//! between Rust and Nix, and how Nix finds us.
#![expect(unsafe_code, reason = "the boundary between Rust and Nix")]

use std::io::{self, Write};
use std::panic::catch_unwind;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dispatch;

mod answer;
mod capi;
#[cfg(feature = "cxx-host")]
mod cxx;
#[cfg(any(feature = "cxx-host", test))]
mod documentation;
mod prelude;
mod process;

/// Whether this copy of the plugin has registered `builtins.rust`: what another copy in the
/// same process looks for.
// SAFETY: the name is this plugin's alone.
#[unsafe(no_mangle)]
pub static NIX_SCCACHE_REGISTERED: AtomicBool = AtomicBool::new(false);

/// Registers `builtins.rust` with the host, once per process, however often Nix calls;
/// where that cannot be done, says why and leaves Nix alone.
fn load() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        let registered = catch_unwind(|| match other_copy() {
            Some(other) => Err(format!(
                "another copy of this plugin is loaded, {other}, whose builtins stay: have one of them in plugin-files"
            )),
            None => register().map_err(|why| format!("builtins.rust is missing: {why}")),
        });
        let why = match registered {
            Ok(Ok(())) => return NIX_SCCACHE_REGISTERED.store(true, Ordering::Relaxed),
            Ok(Err(why)) => why,
            Err(_) => "a fault in nix-sccache, please report it: builtins.rust is missing".into(),
        };
        // Whoever does not listen misses it.
        writeln!(io::stderr(), "nix-sccache: {why}").ok();
    });
}

fn register() -> Result<(), String> {
    let nix = process::nix_version().ok_or(
        "this program has none of the symbols of Nix, as one that is linked statically has not; no plugin can \
         work in it",
    )?;
    let nix = answer::for_nix(nix);
    dispatch::keep_panics_quiet();
    #[cfg(feature = "cxx-host")]
    if cxx::fits(nix) && process::determinate_version().is_none() {
        cxx::register();
        return Ok(());
    }
    #[cfg(feature = "cxx-host")]
    let built_for = format!(
        "this plugin was built for Nix {} and this is Nix {nix}",
        cxx::BUILT_FOR
    );
    #[cfg(not(feature = "cxx-host"))]
    let built_for =
        format!("this plugin was built without the headers of any Nix, and this is Nix {nix}");
    capi::register(nix).map_err(|why| {
        format!("{built_for}, {why}; build the plugin for this Nix (docs/src/install-plugin.md of nix-sccache says how)")
    })
}

/// The file of another copy of the plugin that has registered its builtins here: two
/// builtins of one name are what no Nix checks for.
fn other_copy() -> Option<String> {
    let ours = (&raw const NIX_SCCACHE_REGISTERED).cast();
    process::loaded_files().into_iter().find_map(|file| {
        let theirs = process::Library::loaded(&file)?.symbol(c"NIX_SCCACHE_REGISTERED")?;
        let is_other = theirs.as_ptr().cast_const() != ours;
        // SAFETY: what has this name is this static, in another copy of the plugin.
        let registered = || unsafe { theirs.cast::<AtomicBool>().as_ref() };
        (is_other && registered().load(Ordering::Relaxed)).then(|| file.display().to_string())
    })
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
