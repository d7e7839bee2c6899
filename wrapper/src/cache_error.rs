//! Prints errors of the cache where no session reports them.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use nix_sccache_contract::fault::CacheError;
use nix_sccache_contract::report::error_text;
use rustix::process::getuid;

use crate::print::print_error;

/// Prints an error that no session reports: with each call, and in a shell of Nix's,
/// where each would say the same, once an hour.
pub fn print_cache_error(error: &CacheError) {
    if env::var_os("IN_NIX_SHELL").is_none() || !was_told_lately() {
        print_error(format_args!(
            "{} [{}]",
            error_text(&error.to_string()),
            error.code()
        ));
    }
}

/// Whether this was asked before, an hour ago or less. It is noted as if it had been told now.
fn was_told_lately() -> bool {
    const LATELY: Duration = Duration::from_hours(1);
    let folder = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let note = folder.join(format!("nix-sccache-told-{}", getuid().as_raw()));
    // Nobody's link is followed: in a folder for all anybody may have put one there.
    if File::create_new(&note).is_ok() {
        return false;
    }
    let told = fs::symlink_metadata(&note).and_then(|note| note.modified());
    let lately = told.is_ok_and(|told| told.elapsed().is_ok_and(|since| since < LATELY));
    if !lately {
        let file = File::options()
            .write(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&note);
        file.and_then(|file| file.set_modified(SystemTime::now()))
            .ok();
    }
    lately
}
