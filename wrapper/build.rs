//! Links the shim without what a binary that is linked statically has room for and that nothing needs here: relocations that
//! are not packed, and the index by which a panic would find the names of functions, which are not there.
//!
//! `NIX_SCCACHE_MUSL` names the directory of a musl's `libc.a` that is linked in glibc's place. Glibc's start asks the processor
//! some twenty times what it is (`cpuid`), each of which a virtual machine's host has to answer, and half of the binary would be
//! glibc. The target stays rustc's own, since the standard library of one for musl is not everywhere. musl gives what
//! programs for glibc call the same layout; `tests/shim` compares those that the shim uses.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=NIX_SCCACHE_MUSL");
    let linker = |argument: &str| println!("cargo::rustc-link-arg-bins={argument}");
    for argument in [
        "-Wl,-z,pack-relative-relocs",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-O2",
    ] {
        linker(argument);
    }
    let Ok(musl) = env::var("NIX_SCCACHE_MUSL") else {
        return;
    };
    linker("-nostartfiles");
    for object in ["crt1.o", "crti.o", "crtn.o"] {
        linker(&format!("{musl}/{object}"));
    }
    linker(&format!("-L{musl}"));
    linker("-lc");
    // GNU's linker takes a name for another one of what is linked already, so that each is asked for.
    let alias = |name: &str, function: &str| {
        linker(&format!("-Wl,--undefined={function}"));
        linker(&format!("-Wl,--defsym={name}={function}"));
    };
    // What the standard library calls by names that musl 1.2.4 and later no longer have: files are large there by any name.
    for name in [
        "fstat",
        "fstatat",
        "ftruncate",
        "lseek",
        "lstat",
        "mmap",
        "open",
        "openat",
        "pread",
        "pwrite",
        "readdir",
        "sendfile",
        "stat",
    ] {
        alias(&format!("{name}64"), name);
    }
    // What musl has nothing of: the version, whose place a text without a number takes, since it is none of glibc's; and what
    // would find the functions of a panic's backtrace, which ends there.
    alias("gnu_get_libc_version", "strsignal");
    alias("_dl_find_object", "abort");
}
