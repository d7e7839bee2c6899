//! Lists every key of every release from 1.63 to 1.99.
//!
//! Read from the sources of 1.63, 1.74, 1.75, 1.83, 1.85, 1.90 to 1.93, 1.95, 1.97 and 1.98 (the
//! structs of their `src/bootstrap`, `config.rs` or `config/toml/`): what stands between two of those
//! is narrowed by the change tracker of the later ones (`utils/change_tracker.rs`), which has the
//! changes in order. What is later than 1.98 is from a change tracker of July 2026. What a source has
//! and this lacks, `scripts/bootstrap-schema` says.

use super::types::Instead::{Key as Other, Words};
use super::types::{
    BIG_COUNT, BOOL, BOOL_OR_TEXT, COUNT, Key, Kind, TEXT, Word, bool_or, bool_or_up_to_or, key,
    one_of, up_to_or, word,
};

/// Profiles: files of the source's own with defaults. `user` became `dist` and is still
/// understood, `codegen` became `compiler`, which there was before.
const PROFILE: &[Word] = &[
    word("compiler"),
    word("dist").came(63, 74).or("user"),
    word("library"),
    word("tools"),
    word("user"),
    word("codegen").went(76, 79).or("compiler"),
];

const IGNORE: &[Word] = &[word("ignore")];

/// What bootstrap does not know as a channel it takes for `dev`, without a word.
const CHANNEL: &[Word] = &[
    word("stable"),
    word("beta"),
    word("nightly"),
    word("dev"),
    word("auto-detect").came(85, 88),
];

const CI_LLVM: &[Word] = &[
    word("if-available").went(75, 83),
    word("if-unchanged").came(74, 75),
];

const IF_UNCHANGED: &[Word] = &[word("if-unchanged")];

const LTO: &[Word] = &[word("off"), word("thin-local"), word("thin"), word("fat")];

const LIBUNWIND: &[Word] = &[word("no"), word("in-tree"), word("system")];

const SPLIT_DEBUGINFO: &[Word] = &[word("off"), word("packed"), word("unpacked")];

const LINUX_LINKER: &[Word] = &[word("off"), word("self-contained-lld-cc")];

/// Of rustc's `-Zstack-protector`, which is first called with it when the compiler is built.
const STACK_PROTECTOR: &[Word] = &[word("none"), word("basic"), word("strong"), word("all")];

/// Of rustc's `src/tools/rust-installer`, which is first called with it when all is built.
const COMPRESSION_PROFILE: &[Word] = &[
    word("fast"),
    word("balanced"),
    word("best"),
    word("no-op").came(75, 83),
];

const COMPRESS_DEBUGINFO: &[Word] = &[word("off"), word("zlib")];

const LLD: Kind = bool_or(&[word("external"), word("self-contained")]);

const OPTIMIZE: Kind = bool_or_up_to_or(3, &[word("s"), word("z")]);

const DEBUGINFO: Kind = up_to_or(
    2,
    &[
        word("none"),
        word("line-directives-only"),
        word("line-tables-only"),
        word("limited"),
        word("full"),
    ],
);

/// What stands before the first section.
pub(super) const TOP: &[Key] = &[
    key("change-id", BIG_COUNT)
        .came(74, 75)
        .becomes(86, 89, up_to_or(i64::MAX, IGNORE)),
    key("changelog-seen", BIG_COUNT).went(77, 80, Words("leave it out, or write `change-id`")),
    key("profile", one_of(PROFILE)),
    key("include", Kind::Texts).came(86, 89),
];

/// `[build]`
pub(super) const BUILD: &[Key] = &[
    key("build", TEXT),
    key("description", TEXT).came(85, 88),
    key("host", Kind::Texts),
    key("target", Kind::Texts),
    key("build-dir", TEXT),
    key("cargo", TEXT),
    key("rustc", TEXT),
    key("rustdoc", TEXT).came(93, 95),
    key("rustfmt", TEXT),
    key("cargo-clippy", TEXT).came(81, 83),
    key("docs", BOOL),
    key("compiler-docs", BOOL),
    key("library-docs-private-items", BOOL).came(63, 74),
    key("docs-minification", BOOL),
    key("submodules", BOOL),
    key("gdb", TEXT),
    key("lldb", TEXT).came(78, 81),
    key("nodejs", TEXT),
    key("npm", TEXT),
    key("yarn", TEXT).came(92, 93),
    key("python", TEXT),
    key("windows-rc", TEXT).came(91, 92),
    key("reuse", TEXT).came(63, 74),
    key("locked-deps", BOOL),
    key("vendor", BOOL),
    key("full-bootstrap", BOOL),
    key("bootstrap-cache-path", TEXT).came(76, 80),
    key("extended", BOOL),
    key("tools", Kind::Texts),
    key("tool", Kind::Tools).came(87, 90),
    key("verbose", BIG_COUNT),
    key("sanitizers", BOOL),
    key("profiler", BOOL),
    key("cargo-native-static", BOOL),
    key("low-priority", BOOL),
    key("configure-args", Kind::Texts),
    key("local-rebuild", BOOL),
    key("print-step-timings", BOOL),
    key("print-step-rusage", BOOL),
    key("check-stage", COUNT),
    key("doc-stage", COUNT),
    key("build-stage", COUNT),
    key("test-stage", COUNT),
    key("install-stage", COUNT),
    key("dist-stage", COUNT),
    key("bench-stage", COUNT),
    key("patch-binaries-for-nix", BOOL),
    key("metrics", BOOL),
    key("android-ndk", TEXT).came(74, 75),
    key("optimized-compiler-builtins", BOOL)
        .came(75, 78)
        .becomes(90, 91, BOOL_OR_TEXT),
    key("jobs", COUNT).came(83, 84),
    key("compiletest-diff-tool", TEXT).came(83, 84),
    key("compiletest-allow-stage0", BOOL).came(88, 90),
    key("compiletest-use-stage0-libtest", BOOL).came(86, 89),
    key("tidy-extra-checks", TEXT).came(88, 90),
    key("ccache", BOOL_OR_TEXT).came(85, 88),
    key("exclude", Kind::Texts).came(85, 88),
    key("record_failed_tests_path", TEXT).came(97, 98),
    key("sde", TEXT).came(98, 99),
];

/// `[install]`
pub(super) const INSTALL: &[Key] = &[
    key("prefix", TEXT),
    key("sysconfdir", TEXT),
    key("docdir", TEXT),
    key("bindir", TEXT),
    key("libdir", TEXT),
    key("mandir", TEXT),
    key("datadir", TEXT),
];

/// `[llvm]`
pub(super) const LLVM: &[Key] = &[
    key("optimize", BOOL),
    key("thin-lto", BOOL),
    key("release-debuginfo", BOOL),
    key("assertions", BOOL),
    key("tests", BOOL),
    key("enzyme", BOOL).came(81, 83),
    key("plugins", BOOL),
    key("static-libstdcpp", BOOL),
    key("libzstd", BOOL).came(80, 83),
    key("ninja", BOOL),
    key("targets", TEXT),
    key("experimental-targets", TEXT),
    key("link-jobs", COUNT),
    key("link-shared", BOOL),
    key("version-suffix", TEXT),
    key("clang-cl", TEXT),
    key("cflags", TEXT),
    key("cxxflags", TEXT),
    key("ldflags", TEXT),
    key("use-libcxx", BOOL),
    key("use-linker", TEXT),
    key("allow-old-toolchain", BOOL),
    key("offload", BOOL).came(83, 84),
    key("polly", BOOL),
    key("offload-clang-dir", TEXT).came(93, 95),
    key("clang", BOOL),
    key("enable-warnings", BOOL).came(63, 74),
    key("download-ci-llvm", bool_or(CI_LLVM)),
    key("build-config", Kind::TextsByName),
    key("ccache", BOOL_OR_TEXT)
        .renamed(85, 88, "build.ccache")
        .went(88, 90, Other("build.ccache")),
    key("skip-rebuild", BOOL).went(63, 74, Words("leave it out")),
    key("version-check", BOOL).went(63, 74, Words("leave it out")),
];

/// `[rust]`
pub(super) const RUST: &[Key] = &[
    key("optimize", BOOL).becomes(63, 74, OPTIMIZE),
    key("debug", BOOL),
    key("codegen-units", COUNT),
    key("codegen-units-std", COUNT),
    key("debug-assertions", BOOL),
    key("randomize-layout", BOOL).came(75, 83),
    key("debug-assertions-std", BOOL),
    key("debug-assertions-tools", BOOL)
        .came(86, 89)
        .was("rust.debug-assertions"),
    key("overflow-checks", BOOL),
    key("overflow-checks-std", BOOL),
    key("debug-logging", BOOL),
    key("debuginfo-level", COUNT).becomes(63, 74, DEBUGINFO),
    key("debuginfo-level-rustc", COUNT).becomes(63, 74, DEBUGINFO),
    key("debuginfo-level-std", COUNT).becomes(63, 74, DEBUGINFO),
    key("debuginfo-level-tools", COUNT).becomes(63, 74, DEBUGINFO),
    key("debuginfo-level-tests", COUNT).becomes(63, 74, DEBUGINFO),
    key("backtrace", BOOL),
    key("incremental", BOOL),
    key("default-linker", TEXT),
    key("channel", one_of(CHANNEL)),
    key("musl-root", TEXT),
    key("rpath", BOOL),
    key("rustflags", Kind::Texts).came(92, 93),
    key("strip", BOOL).came(75, 83),
    key("frame-pointers", BOOL).came(76, 79),
    key("stack-protector", one_of(STACK_PROTECTOR)).came(75, 83),
    key("verbose-tests", BOOL),
    key("optimize-tests", BOOL),
    key("codegen-tests", BOOL),
    key("omit-git-hash", BOOL).came(63, 74),
    key("dist-src", BOOL),
    key("save-toolstates", TEXT),
    key("codegen-backends", Kind::Texts),
    key("llvm-bitcode-linker", BOOL).came(77, 80),
    key("lld", BOOL),
    key("bootstrap-override-lld", LLD).came(91, 92),
    key("use-lld", BOOL)
        .becomes(75, 78, LLD)
        .renamed(91, 92, "rust.bootstrap-override-lld"),
    key("llvm-tools", BOOL),
    key("deny-warnings", BOOL),
    key("backtrace-on-ice", BOOL),
    key("verify-llvm-ir", BOOL),
    key("thin-lto-import-instr-limit", COUNT),
    key("remap-debuginfo", BOOL),
    key("jemalloc", BOOL).renamed(98, 99, "rust.override-allocator"),
    key("test-compare-mode", BOOL),
    key("llvm-libunwind", one_of(LIBUNWIND)),
    key("control-flow-guard", BOOL),
    key("ehcont-guard", BOOL).came(75, 83),
    key("new-symbol-mangling", BOOL),
    key("annotate-moves-size-limit", BIG_COUNT).came(92, 93),
    key("profile-generate", TEXT).renamed(98, 99, "pgo.rustc.generate"),
    key("profile-use", TEXT).renamed(98, 99, "pgo.rustc.use"),
    key("download-rustc", bool_or(IF_UNCHANGED)),
    key("lto", one_of(LTO)).came(63, 74),
    key("validate-mir-opts", COUNT).came(63, 74),
    key("std-features", Kind::Texts).came(75, 83),
    key("break-on-ice", BOOL).came(90, 91),
    key("parallel-frontend-threads", COUNT).came(91, 92),
    key("description", TEXT)
        .renamed(85, 88, "build.description")
        .went(88, 90, Other("build.description")),
    key("parallel-compiler", BOOL).went(
        84,
        85,
        Words("the compiler is always parallel: leave it out"),
    ),
    key("split-debuginfo", one_of(SPLIT_DEBUGINFO))
        .renamed(77, 80, "target.*.split-debuginfo")
        .went(81, 83, Other("target.*.split-debuginfo")),
    key("run-dsymutil", BOOL).went(75, 78, Words("leave it out")),
    key("ignore-git", BOOL).went(63, 74, Other("rust.omit-git-hash")),
    key("compress-debuginfo", bool_or(COMPRESS_DEBUGINFO)).came(97, 98),
    // Of a set whose later words are not known here.
    key("override-allocator", TEXT).came(98, 99),
];

/// `[target.TRIPLE]`
pub(super) const TARGET: &[Key] = &[
    key("cc", TEXT),
    key("cxx", TEXT),
    key("ar", TEXT),
    key("ranlib", TEXT),
    key("default-linker", TEXT),
    key("default-linker-linux-override", one_of(LINUX_LINKER)).came(91, 92),
    key("linker", TEXT),
    key("split-debuginfo", one_of(SPLIT_DEBUGINFO)).came(77, 80),
    key("llvm-config", TEXT),
    key("llvm-has-rust-patches", BOOL).came(63, 74),
    key("llvm-filecheck", TEXT),
    key("llvm-libunwind", one_of(LIBUNWIND)),
    key("sanitizers", BOOL),
    key("profiler", BOOL).becomes(63, 74, BOOL_OR_TEXT),
    key("rpath", BOOL).came(63, 74),
    key("rustflags", Kind::Texts).came(92, 93),
    key("crt-static", BOOL),
    key("musl-root", TEXT),
    key("musl-libdir", TEXT),
    key("wasi-root", TEXT),
    key("qemu-rootfs", TEXT),
    key("no-std", BOOL),
    key("codegen-backends", Kind::Texts).came(76, 79),
    key("runner", TEXT).came(77, 80),
    key("optimized-compiler-builtins", BOOL)
        .came(85, 87)
        .becomes(90, 91, BOOL_OR_TEXT),
    key("jemalloc", BOOL)
        .came(85, 88)
        .renamed(98, 99, "target.*.override-allocator"),
    key("android-ndk", TEXT).went(74, 75, Other("build.android-ndk")),
    key("override-allocator", TEXT).came(98, 99),
];

/// `[dist]`
pub(super) const DIST: &[Key] = &[
    key("sign-folder", TEXT),
    key("upload-addr", TEXT),
    key("src-tarball", BOOL),
    key("compression-formats", Kind::Texts),
    key("compression-profile", one_of(COMPRESSION_PROFILE)).came(63, 74),
    key("include-mingw-linker", BOOL).came(63, 74),
    key("vendor", BOOL).came(81, 83),
    key("gpg-password-file", TEXT).went(
        75,
        78,
        Words("bootstrap signs nothing any more: leave it out"),
    ),
    key("missing-tools", BOOL).went(78, 82, Words("leave it out")),
];

/// `[gcc]`
pub(super) const GCC: &[Key] = &[
    key("download-ci-gcc", BOOL),
    key("libgccjit-libs-dir", TEXT).came(93, 95),
];

/// `[pgo]`
pub(super) const PGO: &[Key] = &[
    key("rustc", Kind::Profile),
    key("rustdoc", Kind::Profile),
    key("llvm", Kind::Profile),
];
