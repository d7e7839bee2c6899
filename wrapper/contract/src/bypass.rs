//! Lists why an invocation runs without the cache, and what to do about it.

use std::fmt;

use crate::coded::{coded, filled};

coded! {
    /// Why an invocation runs without the cache.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub enum BypassReason {
        /// It links what `links` excludes, or where there is no session: the kinds of crate, or `test`.
        "links" Links(kinds): "links ({})";
            "the cache serves it with the setting `links = \"all\"`"
        /// What it links cannot be linked again from the objects that rustc makes, with the same bytes.
        "relink" Relink(what): "cannot be linked again from its objects ({})";
            "it is compiled and linked each time: leave out the option of rustc's, or use a linker that cargo's \
             configuration names; what can be in a library of its own is cached there"
        /// It is incremental, and goes on from what an earlier compilation has left.
        "incremental" Incremental: "continues an earlier compilation (incremental)";
            "set CARGO_INCREMENTAL=0 and no `incremental = true` in a profile"
        /// It compiles C or C++, but not to an object.
        "no-object" NoObject: "does not compile to an object";
            "compile with `-c`, a call for each source, and link in a call of its own"
        /// It uses an option of which it is not seen what it does.
        "option" Option(option): "uses {}";
            "no call with {} is cached: leave it out where it is not needed"
        /// A file of arguments could not be read.
        "argument-file" ArgumentFile: "its @file cannot be read";
            "the file of arguments (`@file`) was not there, or was not text"
        /// The language is not among those to wrap.
        "not-wrapped" NotWrapped: "language is not wrapped";
            "add the language to `wrap`"
        /// It compiles for the processor that it runs on, and on another machine that is another.
        "native" Native: "compiles for this very processor (native)";
            "name a processor instead of `native`: on another machine that is another"
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
        /// Not all that it did was seen: the program that was not traced, or why nothing was.
        "not-traced" NotTraced(what): "is not seen whole ({})";
            "what is linked statically, or for another kind of processor, cannot be traced: call a compiler that is linked dynamically"
        /// It left a file where its arguments do not say so, or took one away.
        "writes-elsewhere" WritesElsewhere(path): "writes where its arguments do not say ({})";
            "have it write {} beside its output, or not at all"
        /// It changed a file that was there before.
        "updates-file" UpdatesFile(path): "changes a file that was there ({})";
            "what is made of its own earlier state is made each time: give each call a file of its own"
        /// A file that it read changed while it ran.
        "input-changed" InputChanged(path): "a file that it read changed meanwhile ({})";
            "nothing, if it stays at that: the next build stores it"
        /// It used what has no name, or is no file.
        "unnamed" Unnamed(what): "reads or writes what is no file ({})";
            "a cache keeps regular files alone"
        /// The time of the day may be in what it made.
        "clock" Clock: "may have the time in its result";
            "of C, set SOURCE_DATE_EPOCH, or use no `__DATE__`, `__TIME__` and `__TIMESTAMP__`; of Rust, a procedural \
             macro or a build script asks for the time: use one that goes by SOURCE_DATE_EPOCH"
        /// It found out a path that it was not shown, and has it in its result.
        "real-path" RealPath: "has a path in it that changes";
            "its result would hold the path of another build: keep paths out of it, or build at one that stays"
        /// It may open no more files, so that nothing can be asked.
        "descriptors" Descriptors: "may open no more files";
            "let it open more (`ulimit -n`): each call has a few of its own beside those that it inherits"
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
            Self::Relink(_) | Self::Unnamed(_) | Self::RealPath | Self::CacheFailed
        )
    }
}

impl fmt::Display for BypassReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&filled(self.row().sentence, self.detail()))
    }
}
