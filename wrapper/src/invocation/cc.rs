//! Reads the arguments of a C or C++ compiler in gcc's manner, which clang shares.

use std::ffi::OsString;

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

/// Options that are refused, by how they begin: what has code loaded, or makes what is kept for later calls.
const REFUSED: &str = "-fcompare-debug -fmodule -fplugin -wrapper --precompile";

/// The endings of sources: C, C++, Objective-C and assembler, preprocessed or not.
const SOURCES: [&str; 14] = [
    "C", "S", "c", "c++", "cc", "cp", "cpp", "cxx", "i", "ii", "m", "mm", "s", "sx",
];

/// The endings of headers, of which compilers make precompiled ones.
const HEADERS: [&str; 7] = ["H", "h", "h++", "hh", "hp", "hpp", "hxx"];

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

impl Cc {
    /// Reads arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let words = response_file::expand_words(arguments);
        Self {
            is_unreadable: words.is_none(),
            arguments: Arguments::split(words.unwrap_or_default(), form),
        }
    }

    /// Whether it compiles to an object, or to assembler, and stops: `-c`, `-S`.
    pub fn makes_object(&self) -> bool {
        (self.arguments.has("-c") || self.arguments.has("-S")) && !self.asks_only()
    }

    /// Whether it does not compile, whatever else is given.
    fn asks_only(&self) -> bool {
        const ASK: &str = "--help --version -E -M -MM -fsyntax-only";
        self.arguments
            .iter()
            .any(|argument| is_among(&argument.option, ASK))
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

    /// An option that is refused, or a header that would be precompiled.
    pub fn refused(&self) -> Option<String> {
        let mut options = self
            .arguments
            .iter()
            .map(|argument| argument.option.as_str());
        let refused =
            options.find(|option| REFUSED.split(' ').any(|start| option.starts_with(start)));
        let is_header = |path: &&str| {
            let extension = path.rsplit_once('.').map(|(_, extension)| extension);
            extension.is_some_and(|extension| HEADERS.contains(&extension))
        };
        let makes_header = self
            .arguments
            .values("-x")
            .any(|language| language.ends_with("-header"));
        let header = self
            .arguments
            .values("")
            .find(is_header)
            .filter(|_| !self.asks());
        // What is printed names temporary files.
        let prints =
            self.makes_object() && (self.arguments.has("-v") || self.arguments.has("-###"));
        refused
            .or(header)
            .or(makes_header.then_some("-x c-header"))
            .or(prints.then_some("-v"))
            .map(str::to_owned)
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
}
