//! Links the release binary without what one that is linked statically has a tenth of, and that nothing needs here:
//! relocations that are not packed, and tables for unwinding. It ends where it panics, and names no functions then.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=link.ld");
    // The test harness goes on behind a panic.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        let own = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        let script = format!("-Wl,-T,{own}/link.ld");
        for argument in [
            "-Wl,-z,pack-relative-relocs",
            "-Wl,-O2",
            "-Wl,--no-eh-frame-hdr",
            &script,
        ] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
