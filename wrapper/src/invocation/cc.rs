//! Reads the arguments of a C or C++ compiler in gcc's manner, which clang shares.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nix_sccache_contract::Language;

use super::arguments::{Argument, Arguments, Form, is_among};
use super::response_file;

/// What an invocation of a C or C++ compiler says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cc {
    /// The arguments in order.
    pub arguments: Arguments,
    /// Whether a response file cannot be read, or an argument is not Unicode: then there are no arguments
    /// here.
    pub is_unreadable: bool,
}

/// Options whose value is the next argument.
const SEPARATE: &str = "\
    --param -MF -T -Xassembler -Xclang -Xlinker -arch -aux-info -include-pch -target";

/// Options whose value is the next argument, or the rest of this one.
const JOINED: &str = "\
    -idirafter -imacros -include -iquote -isysroot -isystem -MQ -MT -D -I -L -U -o -x";

/// Options that ask for information, or preprocess only.
const ASK: &str = "\
    --help --version -### -E -M -MM -dumpfullversion -dumpmachine -dumpspecs -dumpversion \
    -fsyntax-only -v";

/// Options that are refused, by how they begin: what sccache refuses (`TooHard` in its
/// `src/compiler/gcc.rs`), and what makes a file beside the object that is in no entry, or reads one that
/// is in no key.
const REFUSED: &str = "\
    --coverage --save-temps --serialize-diagnostics -MJ -P -Xassembler -aux-info -dumpbase -dumpdir \
    -fauto-profile -fbranch-probabilities -fcallgraph-info -fdiagnostics-format=json-file \
    -fdiagnostics-format=sarif-file -fdump- -fmodule- -fmodules -fno-profile-generate \
    -fno-profile-use -fopt-info -foptimization-record-file -fplugin -fprofile- -frepo \
    -fsave-optimization-record -fstack-usage -ftest-coverage -ftime-trace -index-store-path \
    -save-temps -specs --specs -wrapper";

/// The endings of sources. Those that are preprocessed already sccache puts into the key as they are,
/// with whatever they have the assembler read.
const SOURCES: [&str; 7] = ["c", "C", "cc", "cp", "cpp", "cxx", "c++"];

fn form(word: &str) -> Form {
    if !word.starts_with('-') {
        return Form::Source;
    }
    if word == "-" {
        return Form::Flag;
    }
    if takes_next(word) {
        return Form::Separate;
    }
    // `-objc` is none of gcc's; `-include-pch` is clang's own.
    let joined = JOINED.split(' ').find(|option| word.starts_with(option));
    match joined.filter(|_| !word.starts_with("-obj")) {
        Some(option) => Form::Joined(option.len(), ""),
        None => Form::Flag,
    }
}

/// Whether an option that stands alone has the next argument for its value.
fn takes_next(option: &str) -> bool {
    is_among(option, SEPARATE) || is_among(option, JOINED)
}

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

impl Cc {
    /// Reads arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let words = response_file::expand_words(arguments);
        Self {
            is_unreadable: words.is_none(),
            arguments: Arguments::split(words.unwrap_or_default(), form),
        }
    }

    /// Whether it compiles to an object and stops: `-c`.
    pub fn makes_object(&self) -> bool {
        self.arguments.has("-c")
    }

    /// Whether the source is standard input.
    pub fn reads_stdin(&self) -> bool {
        self.arguments.has("-")
    }

    /// Whether it asks for information, or preprocesses only.
    pub fn asks(&self) -> bool {
        self.arguments.iter().any(|Argument { option, .. }| {
            is_among(option, ASK) || option.starts_with("-print-") || option.starts_with("--print-")
        })
    }

    /// The source files, by their endings.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        let is_source = |path: &&str| {
            let extension = path.rsplit_once('.').map(|(_, extension)| extension);
            extension.is_some_and(|extension| SOURCES.contains(&extension))
        };
        self.arguments.values("").filter(is_source)
    }

    /// An option that is refused.
    pub fn refused(&self) -> Option<String> {
        self.arguments.iter().rev().find_map(|argument| {
            let option = argument.option.as_str();
            let language = argument.value.as_deref().unwrap_or_default();
            let lacks_value = argument.value.is_none() && takes_next(option);
            // What is for the assembler may have it read files, and is seen by no preprocessor.
            let is_c = ["none", "c", "c++", "objective-c", "objective-c++"].contains(&language);
            if option == "-x" && !is_c {
                return Some(format!("-x {language}"));
            }
            let is_refused = lacks_value
                || dumps(option)
                || writes_listing(option)
                // Its value is the next argument to sccache.
                || option.len() > 3 && option.starts_with("-MF")
                || REFUSED.split(' ').any(|start| option.starts_with(start));
            (is_refused && !is_among(option, ASK)).then(|| option.to_owned())
        })
    }

    /// Whether it compiles for the processor that it runs on.
    pub fn is_native(&self) -> bool {
        let mut options = self.arguments.iter().map(|argument| &argument.option);
        options.any(|option| Self::is_for_this_processor(option))
    }

    /// `-march=native` and its like.
    pub fn is_for_this_processor(option: &str) -> bool {
        is_among(option, "-march=native -mcpu=native -mtune=native")
    }

    /// Where the object goes.
    pub fn object(&self) -> Option<PathBuf> {
        let source = Path::new(self.sources().next()?);
        match self.arguments.value("-o") {
            Some(object) => Some(object.into()),
            None => Some(Path::new(source.file_name()?).with_extension("o")),
        }
    }

    /// Where the rules for make go, if there are any: where `-MF` says, or beside the object.
    pub fn rules(&self) -> Vec<PathBuf> {
        let writes_rules = ["-MD", "-MMD"].iter().any(|it| self.arguments.has(it));
        let beside = self.object().filter(|_| writes_rules);
        let beside = beside.map(|object| object.with_extension("d"));
        let named = self.arguments.value("-MF").map(PathBuf::from);
        beside.into_iter().chain(named).collect()
    }

    /// The language, by the compiler's stem, `-x` and the endings of the sources.
    pub fn language(&self, stem: &str) -> Language {
        let is_cxx = |source: &str| !matches!(source.rsplit_once('.'), Some((_, "c" | "i")));
        let mut named = self.arguments.values("-x");
        if stem.ends_with("++")
            || named.any(|language| language.starts_with("c++"))
            || self.sources().any(is_cxx)
        {
            Language::Cxx
        } else {
            Language::C
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::words;

    fn read(line: &str) -> Cc {
        Cc::read(&words(line))
    }

    #[test]
    fn arguments_are_options_and_values() {
        let line = "-O2 -I include -c a.c -o a.o -DA=b -include x.h -Iy";
        let call = read(line);
        assert!(call.makes_object() && !call.asks());
        assert!(call.sources().eq(["a.c"]));
        assert!(call.arguments.values("-I").eq(["include", "y"]));
        assert_eq!(call.arguments.words(), words(line));
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

    #[test]
    fn outputs_are_known_by_the_arguments() {
        for (line, object, rules) in [
            ("-c a/b.c", "b.o", &[][..]),
            ("-c a/b.c -o d/e.o -MD", "d/e.o", &["d/e.d"]),
            ("-c b.c -oe.o -MF f.d", "e.o", &["f.d"]),
            ("-x c++ -c -o e.o b.h.cc", "e.o", &[]),
        ] {
            let call = read(line);
            assert_eq!(call.object().as_deref(), Some(Path::new(object)), "{line}");
            assert!(
                call.rules()
                    .iter()
                    .map(PathBuf::as_path)
                    .eq(rules.iter().map(Path::new)),
                "{line}"
            );
        }
    }
}
