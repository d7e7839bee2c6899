//! Reads the flags that nixpkgs' wrappers of compilers add to what they are called with.

use std::env;
use std::os::unix::ffi::OsStrExt;

/// Whether one of the words satisfies that stand in a variable whose name begins so, as
/// `NIX_CFLAGS_COMPILE` and `NIX_CFLAGS_COMPILE_x86_64_unknown_linux_gnu`.
pub fn any(variable: &str, satisfies: impl Fn(&str) -> bool) -> bool {
    env::vars_os()
        .filter(|(name, _)| name.as_bytes().starts_with(variable.as_bytes()))
        .any(|(_, flags)| flags.to_string_lossy().split_whitespace().any(&satisfies))
}
