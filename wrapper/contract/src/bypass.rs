//! Lists why an invocation runs without the cache, and what to do about it.

use std::fmt;

use crate::coded::{coded, filled};

coded! {
    /// Why an invocation runs without the cache.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub enum BypassReason {
        /// It links: the kinds of crate, or `test`.
        "links" Links(kinds): "links ({})";
            "programs, build scripts, procedural macros and tests are linked each time, and only fewer \
             of them help: build what is wanted alone (`cargoBuildFlags = [ \"--package\" … ]`), leave \
             out features that bring procedural macros, and tests where others run them (`doCheck = \
             false`); what can be in a library of its own is cached there"
        /// It is incremental.
        "incremental" Incremental: "incremental";
            "set CARGO_INCREMENTAL=0 and no `incremental = true` in a profile"
        /// It says with `-o` where its output goes, as nothing of cargo's does.
        "output-file" OutputFile: "writes to a file of its own (-o)";
            "use `--out-dir` instead of `-o`, as cargo does"
        /// It brings its own `--sysroot`.
        "sysroot" Sysroot: "brings its own --sysroot";
            "x.py adds it to RUSTC_WRAPPER's calls; from Rust 1.89 on build.ccache = \"sccache\" does without"
        /// It is of the compiler that this build of rustc has made.
        "own-compiler" OwnCompiler: "compiles with a rustc of this very build";
            "a compiler that the build makes itself has no entries from another build"
        /// It lacks what every call of cargo's has, a name and `--out-dir`, or has more than one `--emit`.
        "not-cargos" NotCargos: "no --crate-name, no --out-dir or two --emit";
            "give rustc `--crate-name`, `--out-dir` and no more than one `--emit`, as cargo does"
        /// It compiles C or C++, but not to an object.
        "no-object" NoObject: "does not compile to an object";
            "compile with `-c`, a call for each source, and link in a call of its own"
        /// It uses an option that sccache does not take.
        "option" Option(option): "uses {}";
            "sccache takes no call with {}: leave it out where it is not needed"
        /// It emits something else than a library, its metadata and its dependencies.
        "emits" Emits(what): "emits {}";
            "sccache caches link, metadata and dep-info: leave {} out of `--emit` where it is not needed"
        /// It has several sources, or none that is a file.
        "sources" Sources: "has not one source";
            "compile each source in a call of its own"
        /// A file of arguments could not be read.
        "argument-file" ArgumentFile: "its @file cannot be read";
            "the file of arguments (`@file`) was not there, or was not text"
        /// It has more arguments than a command line holds.
        "long-arguments" LongArguments: "has more arguments than a command line holds";
            "sccache calls its compiler without a file of arguments: give fewer or shorter ones"
        /// The language is not among those to wrap.
        "not-wrapped" NotWrapped: "language is not wrapped";
            "add the language to `wrap`"
        /// It compiles for the processor that it runs on, and on another machine that is another.
        "native" Native: "compiles for this very processor (native)";
            "name a processor instead of `native`: on another machine that is another"
        /// Where its output goes there is something else than a regular file.
        "irregular" Irregular(place): "writes to what is no regular file ({})";
            "a cache keeps regular files alone"
        /// It has the assembler read a file, by a directive.
        "assembler-reads" AssemblerReads(directive): "has the assembler read a file ({})";
            "what {} names is in no key: put such data into a source of its own"
        /// It reads a variable that is set and empty, which sccache takes for one that is not set.
        "empty-variable" EmptyVariable(name): "reads a variable that is empty ({})";
            "set it to a word, or not at all"
        /// A variable has it write a file.
        "variable" Variable(name): "writes a file that {} names";
            "set no {}: `-MD` and `-MF` do what it does"
        /// A static library that it takes in has its members elsewhere.
        "thin-library" ThinLibrary(name): "takes in a thin archive ({})";
            "make the static library with `ar rc`, without `T`: a thin one names files"
        /// What it compiles has a name that no list of sources can have.
        "name" Name: "its source has a line break in its name";
            "give the source another name"
        /// The directory that it is called in is gone.
        "directory" Directory: "its directory is gone";
            "call the compiler in a directory that is there"
        /// It is rustc's by its arguments, and the program is called otherwise.
        "other-name" OtherName: "neither rustc nor clippy-driver";
            "other programs that take rustc's arguments may read and write files that no entry would hold: call rustc itself where it does"
        /// The project names a wrapper of rustc's of its own, which takes the cache's place.
        "project-wrapper" ProjectWrapper(path): "the project has cargo call its own {}";
            "take that out of cargo's configuration, and the cache is asked"
        /// Something that goes into its key cannot be read.
        "unreadable" Unreadable(what): "reads what cannot be read ({})";
            "let who builds read it: {}"
        /// It found out a path that it was not shown, and has it in its result.
        "real-path" RealPath: "has a path in it that changes";
            "its result would hold the path of another build: keep paths out of it, or build at one that stays"
        /// The cache failed.
        "cache-failed" CacheFailed: "the cache failed";
            "the report's cache error says why; `nix-sccache doctor` says what to fix"
    }
}

impl BypassReason {
    /// Whether the remedy makes hits of such invocations; the others' can only make them fewer, or tell why
    /// nothing can be done.
    #[must_use]
    pub fn wins_hits(&self) -> bool {
        !matches!(
            self,
            Self::Links(_)
                | Self::OwnCompiler
                | Self::LongArguments
                | Self::Irregular(_)
                | Self::RealPath
                | Self::CacheFailed
        )
    }
}

impl fmt::Display for BypassReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&filled(self.row().sentence, self.detail()))
    }
}
