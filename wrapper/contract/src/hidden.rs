//! Names variables that go into what a compiler makes: those that nixpkgs' and cargo2nix's wrappers of compilers turn
//! into arguments, and those that compilers read and do not list among a crate's dependencies.
//!
//! Each is given by how it begins: nixpkgs ends its own in the name of a platform.

/// Of rustc: nixpkgs' wrapper of it reads `NIX_RUSTFLAGS`; cargo2nix's `NIX_RUST_LINK_FLAGS`,
/// `NIX_RUST_BUILD_FLAGS` (once `NIX_RUST_BUILD_LINK_FLAGS`), and `NIX_RUST_METADATA`, which it
/// puts in place of cargo's. rustc itself reads which release of Apple's systems an object is for.
pub const RUST: [&str; 9] = [
    "IPHONEOS_DEPLOYMENT_TARGET",
    "MACOSX_DEPLOYMENT_TARGET",
    "NIX_RUST",
    "RUSTC_BOOTSTRAP",
    "RUSTC_FORCE_RUSTC_VERSION",
    "RUST_TARGET_PATH",
    "TVOS_DEPLOYMENT_TARGET",
    "WATCHOS_DEPLOYMENT_TARGET",
    "XROS_DEPLOYMENT_TARGET",
];

/// Of a compiler of C or C++: nixpkgs' wrapper, its flags and its hardening. By `NIX_ENFORCE_NO_NATIVE` it
/// passes over `native` processors, for which nothing is cached anyhow. What is for the linker
/// alone (`NIX_LDFLAGS`, `NIX_CFLAGS_LINK`) is in no object.
pub const C: [&str; 4] = [
    "NIX_CC_WRAPPER_",
    "NIX_CFLAGS_COMPILE",
    "NIX_CXXSTDLIB_COMPILE",
    "NIX_HARDENING_ENABLE",
];

/// What the scripts that nixpkgs puts in front of C compilers read of their environment, by which begins so, when they
/// compile: a shell takes in all of it, and nobody sees which. The scripts are `cc-wrapper.sh`, `add-flags.sh`,
/// `add-hardening.sh` and `utils.bash`, as of github:ekala-project/corepkgs 9c8533eb, which follows nixpkgs.
pub const SHELL: [&str; 12] = [
    "NIX_BUILD_TOP",
    "NIX_CC_WRAPPER_",
    "NIX_CFLAGS_COMPILE",
    "NIX_CXXSTDLIB_COMPILE",
    "NIX_DEBUG",
    "NIX_DONT_SET_",
    "NIX_ENFORCE_",
    "NIX_GNATFLAGS_COMPILE",
    "NIX_HARDENING_ENABLE",
    "NIX_RUST",
    "NIX_STORE",
    "SDKROOT",
];
