//! Names variables that go into what a compiler makes, and that nobody sees it read: a shell takes in all of its
//! environment, and turns some of it into arguments.
//!
//! Each is given by how it begins: nixpkgs ends its own in the name of a platform.

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

/// What they read beside that when they link, and what those read that stand in front of linkers: `ld-wrapper.sh`, and
/// `add-flags.sh` and `add-hardening.sh` of `bintools-wrapper`, as of the same.
pub const LINKER: [&str; 9] = [
    "NIX_BINTOOLS_WRAPPER_",
    "NIX_BUILD_ID_STYLE",
    "NIX_CFLAGS_LINK",
    "NIX_CXXSTDLIB_LINK",
    "NIX_DYNAMIC_LINKER",
    "NIX_IGNORE_LD_THROUGH_GCC",
    "NIX_LDFLAGS",
    "NIX_LINK_TYPE",
    "NIX_SET_BUILD_ID",
];
