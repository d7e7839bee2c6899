//! The arguments of a C or C++ compiler in gcc's manner, which clang shares.

use std::ffi::OsString;

use nix_sccache_core::contract::Language;

/// What a call asks of a C or C++ compiler.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CcCall {
    /// The source files, by their endings.
    pub sources: Vec<String>,
    /// Whether it compiles to an object and stops: `-c`.
    pub to_object: bool,
    /// Whether the source is standard input.
    pub reads_stdin: bool,
    /// Whether it asks for information, or preprocesses only.
    pub asks: bool,
    /// An option that sccache 0.19 refuses (`TooHard` in its `src/compiler/gcc.rs`).
    pub refused: Option<String>,
    /// Whether `-x` names C++ as the language.
    pub cxx: bool,
}

/// Options that sccache refuses, by how they begin.
const REFUSED: [&str; 12] = [
    "--save-temps",
    "-save-temps",
    "-P",
    "-fcallgraph-info",
    "-fmodules",
    "-fno-profile-generate",
    "-fno-profile-use",
    "-fplugin",
    "-fprofile-use",
    "-frepo",
    "-fstack-usage",
    "-index-store-path",
];

const SOURCES: [&str; 9] = ["c", "i", "C", "cc", "cp", "cpp", "cxx", "c++", "ii"];

impl CcCall {
    /// Reads a call's arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let mut call = Self::default();
        let mut rest = arguments.iter().map(|argument| argument.to_string_lossy());
        while let Some(argument) = rest.next() {
            match argument.as_ref() {
                "-c" => call.to_object = true,
                "-" => call.reads_stdin = true,
                "-E" | "-M" | "-MM" | "-v" | "-###" | "--version" | "--help" | "-dumpversion"
                | "-fsyntax-only" | "-dumpfullversion" | "-dumpmachine" | "-dumpspecs" => {
                    call.asks = true;
                }
                "-o" | "-I" | "-L" | "-D" | "-U" | "-include" | "-isystem" | "-iquote"
                | "-idirafter" | "-MF" | "-MT" | "-MQ" | "-target" | "-arch" | "-Xclang"
                | "-Xlinker" | "-isysroot" | "-T" => drop(rest.next()),
                "-x" => {
                    call.cxx |= rest
                        .next()
                        .is_some_and(|language| language.starts_with("c++"));
                }
                other if other.starts_with("-print-") || other.starts_with("--print-") => {
                    call.asks = true;
                }
                other if other.starts_with("-xc++") => call.cxx = true,
                other if REFUSED.iter().any(|option| other.starts_with(option)) => {
                    call.refused = Some(other.to_owned());
                }
                other
                    if !other.starts_with('-')
                        && other
                            .rsplit_once('.')
                            .is_some_and(|(_, ending)| SOURCES.contains(&ending)) =>
                {
                    call.sources.push(other.to_owned());
                }
                _ => {}
            }
        }
        call
    }

    /// The language, by the compiler's stem, `-x` and the endings of the sources.
    pub fn language(&self, stem: &str) -> Language {
        let by_ending = |source: &String| !matches!(source.rsplit_once('.'), Some((_, "c" | "i")));
        if stem.ends_with("++") || self.cxx || self.sources.iter().any(by_ending) {
            Language::Cxx
        } else {
            Language::C
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> CcCall {
        CcCall::read(
            &line
                .split_whitespace()
                .map(OsString::from)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn compiling_linking_and_asking_differ() {
        let call = read("-O2 -I include -c a.c -o a.o");
        assert!(call.to_object && !call.asks);
        assert_eq!(call.sources, ["a.c"]);
        assert!(!read("a.o b.o -o program").to_object);
        for line in [
            "--version",
            "-print-search-dirs",
            "-E -dM a.c",
            "-dumpmachine",
        ] {
            assert!(read(line).asks, "{line}");
        }
        assert!(read("-E -x c -").reads_stdin);
    }

    #[test]
    fn the_language_is_the_sources_own() {
        assert_eq!(read("-c a.c").language("gcc"), Language::C);
        assert_eq!(read("-c a.cc").language("gcc"), Language::Cxx);
        assert_eq!(
            read("-c a.c").language("x86_64-linux-gnu-g++"),
            Language::Cxx
        );
        assert_eq!(read("-x c++ -c a.h").language("clang"), Language::Cxx);
    }
}
