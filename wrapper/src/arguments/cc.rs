//! The arguments of a C or C++ compiler in gcc's manner, which clang shares.

use std::borrow::Cow;
use std::ffi::OsString;

use nix_sccache_contract::Language;

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
    /// An option that sccache 0.19 refuses (`TooHard` in its `src/compiler/gcc.rs`), or by which the
    /// compiler reads or writes files of which it knows nothing.
    pub refused: Option<String>,
    /// Whether it compiles for the processor that it runs on.
    pub is_native: bool,
    /// Where `-o` says that the object goes.
    pub output: Option<String>,
    /// Where `-MF` says that the rules for make go.
    pub rules: Option<String>,
    /// Whether it writes such rules beside the object.
    pub writes_rules: bool,
    /// Whether `-x` names C++ as the language.
    pub cxx: bool,
}

/// Options that are refused, by how they begin: what sccache refuses, and what makes a file beside the
/// object that is in no entry, or reads one that is in no key.
const REFUSED: [&str; 33] = [
    "--coverage",
    "--save-temps",
    "--serialize-diagnostics",
    "-MJ",
    "-P",
    "-Xassembler",
    "-aux-info",
    "-dumpbase",
    "-dumpdir",
    "-fauto-profile",
    "-fbranch-probabilities",
    "-fcallgraph-info",
    "-fdiagnostics-format=json-file",
    "-fdiagnostics-format=sarif-file",
    "-fdump-",
    "-fmodule-",
    "-fmodules",
    "-fno-profile-generate",
    "-fno-profile-use",
    "-fopt-info",
    "-foptimization-record-file",
    "-fplugin",
    "-fprofile-",
    "-frepo",
    "-fsave-optimization-record",
    "-fstack-usage",
    "-ftest-coverage",
    "-ftime-trace",
    "-index-store-path",
    "-save-temps",
    "-specs",
    "--specs",
    "-wrapper",
];

/// `-da`, `-dP` and their like dump what gcc makes in between.
fn dumps(option: &str) -> bool {
    option.strip_prefix("-d").is_some_and(|letters| {
        matches!(letters.len(), 1..=3) && letters.chars().all(|letter| letter.is_ascii_alphabetic())
    })
}

/// Whether the assembler is told to write a listing or rules for make, or to read a file: `-Wa,-alms=a`.
fn writes_listing(option: &str) -> bool {
    option.strip_prefix("-Wa,").is_some_and(|options| {
        options.split(',').any(|option| {
            ["-a", "-M", "--MD", "@"]
                .iter()
                .any(|start| option.starts_with(start))
        })
    })
}

/// `-march=native` and its like.
fn is_native(option: &str) -> bool {
    let name = option.strip_suffix("=native");
    name.is_some_and(|name| matches!(name, "-march" | "-mcpu" | "-mtune"))
}

/// The endings of sources. Those that are preprocessed already sccache puts into the key as they are,
/// with whatever they have the assembler read.
const SOURCES: [&str; 7] = ["c", "C", "cc", "cp", "cpp", "cxx", "c++"];

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
                "-o" => call.output = rest.next().map(Cow::into_owned),
                "-MF" => call.rules = rest.next().map(Cow::into_owned),
                "-I" | "-L" | "-D" | "-U" | "-include" | "-isystem" | "-iquote" | "-idirafter"
                | "-MT" | "-MQ" | "-target" | "-arch" | "-Xclang" | "-Xlinker" | "-isysroot"
                | "-T" => drop(rest.next()),
                "-MD" | "-MMD" => call.writes_rules = true,
                "-x" => {
                    let language = rest.next().unwrap_or_default();
                    call.is_in(&language);
                }
                other if other.starts_with("-print-") || other.starts_with("--print-") => {
                    call.asks = true;
                }
                other if other.starts_with("-x") => call.is_in(&other[2..]),
                other if is_native(other) => call.is_native = true,
                other
                    if dumps(other)
                        || writes_listing(other)
                        || (other.starts_with("-MF") && other.len() > 3)
                        || REFUSED.iter().any(|option| other.starts_with(option)) =>
                {
                    call.refused = Some(other.to_owned());
                }
                // Not `-objc`, which is none of gcc's either.
                other if other.starts_with("-o") && !other.starts_with("-obj") => {
                    call.output = Some(other[2..].to_owned());
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

    /// Notes the language that `-x` names.
    fn is_in(&mut self, language: &str) {
        self.cxx |= language.starts_with("c++");
        // What is for the assembler may have it read files, and is seen by no preprocessor.
        let is_c = ["none", "c", "c++", "objective-c", "objective-c++"].contains(&language);
        if !is_c {
            self.refused = Some(format!("-x {language}"));
        }
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
    fn what_makes_or_reads_further_files_is_refused() {
        for option in [
            "-aux-info a.X",
            "-Wa,-alms=a.lst",
            "-Wa,--noexecstack,-a=a.lst",
            "-Wa,-MD,a.dep",
            "-fdump-tree-optimized=a.dump",
            "-fopt-info-vec-all=a.opt",
            "--coverage",
            "-fprofile-generate",
            "-da",
            "-x assembler-with-cpp",
            "-xassembler",
            "-specs=/s",
        ] {
            assert!(
                read(&format!("{option} -c a.c")).refused.is_some(),
                "{option}"
            );
        }
        for option in [
            "-fno-common",
            "-Wa,--compress-debug-sections",
            "-DA",
            "-x c",
            "-dynamic",
        ] {
            assert_eq!(read(&format!("{option} -c a.c")).refused, None, "{option}");
        }
        assert!(read("-march=native -c a.c").is_native);
        assert!(!read("-march=x86-64 -c a.c").is_native);
        // What was preprocessed elsewhere.
        assert!(read("-c a.i").sources.is_empty());
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
