//! Finds what `scripts/setup` and `scripts/build` have left.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::stdout_of;

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_owned)
}

/// Something that `scripts/build` leaves in `target/release`.
pub fn built(name: &str) -> PathBuf {
    let path = root().join("target/release").join(name);
    assert!(
        path.exists(),
        "{} is missing: run scripts/build",
        path.display()
    );
    path
}

/// The real sccache.
pub fn sccache() -> PathBuf {
    variable("NIX_SCCACHE_TEST_SCCACHE").into()
}

/// The compiler itself, which rustup's `rustc` calls.
pub fn rustc() -> PathBuf {
    let sysroot = stdout_of(Command::new("rustc").arg("--print=sysroot"));
    Path::new(sysroot.trim()).join("bin/rustc")
}

/// A variable of `scripts/setup`'s.
pub fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run scripts/test, or eval \"$(scripts/setup)\"")
    })
}
