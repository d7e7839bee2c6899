//! Reads the arguments of rustc, and of what takes the same: clippy-driver, rustdoc.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments::{Argument, Arguments, Form, is_among};
use super::response_file;

/// What an invocation of rustc says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rustc {
    /// The arguments in order.
    pub arguments: Arguments,
    /// Whether a response file cannot be read, or an argument is not Unicode: then there are no arguments
    /// here.
    pub is_unreadable: bool,
}

/// The options whose value may be the next argument, in every release of rustc so far;
/// a new one makes its value look like a source, and the call like one that is not cached.
const TAKE_VALUE: &str = "\
    --allow --cap-lints --cfg --check-cfg --codegen --color --crate-name --crate-type --deny \
    --diagnostic-width --edition --emit --env-set --error-format --explain --extern --forbid \
    --force-warn --json --out-dir --pretty --print --remap-path-prefix --remap-path-scope --sysroot \
    --target --unpretty --warn -A -C -D -F -L -W -Z -l -o";

/// The kinds of `--print` with which rustc compiles all the same (`print_crate_info` in its
/// `rustc_driver_impl`, 1.95).
const PRINTED_ON_THE_WAY: [&str; 2] = ["link-args", "native-static-libs"];

/// What rustc writes where no `--emit` says so.
const BY_DEFAULT: &str = "link";

/// Options of `-Z` that load code, or write what is not for others.
const REFUSED_UNSTABLE: [&str; 4] = ["codegen-backend", "dump-", "llvm-plugins", "self-profile"];

fn form(word: &str) -> Form {
    let takes_value = |option: &str| is_among(option, TAKE_VALUE);
    if !word.starts_with('-') {
        return Form::Source;
    }
    let length = match word.strip_prefix("--") {
        Some(_) => word.find('='),
        None => word.get(..2).filter(|it| takes_value(it)).map(str::len),
    };
    match length {
        _ if takes_value(word) => Form::Separate,
        Some(length) if word.starts_with("--") => Form::Joined(length, "="),
        Some(length) => Form::Joined(length, ""),
        None => Form::Flag,
    }
}

/// Whether an argument is `-C`, in either spelling.
fn is_codegen(argument: &Argument) -> bool {
    matches!(argument.option.as_str(), "-C" | "--codegen")
}

/// The name of an option of `-C` or `-Z`, and its value. rustc takes `-` and `_` for each other.
fn named(given: &str) -> (String, Option<&str>) {
    let (name, value) = match given.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (given, None),
    };
    (name.replace('_', "-"), value)
}

impl Rustc {
    /// Reads arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let words = response_file::expand_lines(arguments);
        Self {
            is_unreadable: words.is_none(),
            arguments: Arguments::split(words.unwrap_or_default(), form),
        }
    }

    /// The name of the crate.
    pub fn crate_name(&self) -> Option<&str> {
        self.arguments.value("--crate-name")
    }

    /// The kinds of crate that are wanted, in order: `lib`, `bin`, …
    pub fn crate_types(&self) -> impl Iterator<Item = &str> {
        let given = self.arguments.values("--crate-type");
        given.flat_map(|kinds| kinds.split(','))
    }

    /// Whether one of these kinds is wanted.
    pub fn makes(&self, kinds: &[&str]) -> bool {
        self.crate_types().any(|kind| kinds.contains(&kind))
    }

    /// What is to be written: `kind` or `kind=file`.
    pub fn emit(&self) -> impl Iterator<Item = &str> {
        let by_default = (!self.arguments.has("--emit")).then_some(BY_DEFAULT);
        let given = self.arguments.values("--emit");
        given.flat_map(|kinds| kinds.split(',')).chain(by_default)
    }

    /// The source files.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.arguments.values("")
    }

    /// Whether the source is standard input.
    pub fn reads_stdin(&self) -> bool {
        self.arguments.has("-")
    }

    /// The kinds of `--print`, and whether rustc compiles all the same.
    fn printed(&self) -> impl Iterator<Item = bool> {
        // `--print=kind=path` writes to a file.
        let kind = |given: &str| given.split('=').next().unwrap_or_default().to_owned();
        let printed = self.arguments.values("--print").map(kind);
        printed.map(|kind| PRINTED_ON_THE_WAY.contains(&kind.as_str()))
    }

    /// Whether the call asks for information and compiles nothing: a version, `--print`, help.
    pub fn asks(&self) -> bool {
        const ASK: &str = "--explain --help --pretty --unpretty --version -V -Vv -h -vV";
        self.printed().any(|compiles| !compiles)
            || self.arguments.iter().any(|it| is_among(&it.option, ASK))
    }

    /// Whether a test harness is to be built.
    pub fn is_test(&self) -> bool {
        self.arguments.has("--test")
    }

    /// The kinds of crate that a linker is called for, with commas between, if there are any; `test` of a harness.
    pub fn linked(&self) -> Option<String> {
        let is_library = |kind: &&str| matches!(*kind, "lib" | "rlib" | "staticlib");
        let mut emit = self.emit();
        if !emit.any(|emit| emit == "link" || emit.starts_with("link=")) {
            return None;
        }
        if self.is_test() {
            return Some("test".to_owned());
        }
        if self.crate_types().next().is_none() {
            return Some("bin".to_owned());
        }
        let linked: Vec<_> = self.crate_types().filter(|it| !is_library(it)).collect();
        (!linked.is_empty()).then(|| linked.join(","))
    }

    /// Where `--out-dir` says that the output goes.
    pub fn out_dir(&self) -> Option<&Path> {
        self.arguments.value("--out-dir").map(Path::new)
    }

    /// The target that it compiles for, where it says so.
    pub fn target(&self) -> Option<&str> {
        self.arguments.value("--target")
    }

    /// The value of an option of `-C`, the last that is given; empty for one without a value.
    pub fn codegen(&self, option: &str) -> Option<&str> {
        let given = self.arguments.iter().rev().filter(|it| is_codegen(it));
        let mut given = given.filter_map(|argument| Some(named(argument.value.as_deref()?)));
        given.find_map(|(name, value)| (name == option).then(|| value.unwrap_or_default()))
    }

    /// The options of `-Z` by their names, with their values.
    pub fn unstable(&self) -> impl Iterator<Item = (String, Option<&str>)> {
        self.arguments.values("-Z").map(named)
    }

    /// An option by which it does what is not seen, or what is not for others.
    pub fn refused(&self) -> Option<String> {
        let is_refused = |name: &str| REFUSED_UNSTABLE.iter().any(|start| name.starts_with(start));
        self.unstable()
            .find_map(|(name, _)| is_refused(&name).then(|| format!("-Z {name}")))
    }

    /// The directories in which it looks for other crates and for libraries.
    pub fn library_directories(&self) -> impl Iterator<Item = &str> {
        let given = self.arguments.values("-L");
        given.map(|given| match given.split_once('=') {
            Some(("all" | "crate" | "dependency" | "framework" | "native", directory)) => directory,
            _ => given,
        })
    }

    /// The directories to which it writes, as far as it says: that of `--out-dir`, and those of files that it names.
    pub fn output_directories(&self) -> Vec<PathBuf> {
        let emitted = self.emit().filter_map(|emit| emit.split_once('='));
        let printed = self
            .arguments
            .values("--print")
            .filter_map(|print| print.split_once('='));
        let files = emitted
            .chain(printed)
            .map(|(_, file)| file)
            .chain(self.arguments.values("-o"));
        let directory = |file: &str| Path::new(file).parent().map(Path::to_owned);
        self.out_dir()
            .map(Path::to_owned)
            .into_iter()
            .chain(files.filter_map(directory))
            .collect()
    }

    /// Whether it compiles for the processor that it runs on.
    pub fn is_native(&self) -> bool {
        self.codegen("target-cpu") == Some("native")
    }

    /// The paths that others stand for (`--remap-path-prefix`); what is behind the last `=` is the other.
    pub fn remapped(&self) -> impl Iterator<Item = &Path> {
        let given = self.arguments.values("--remap-path-prefix");
        given.filter_map(|remap| remap.rsplit_once('=').map(|(from, _)| Path::new(from)))
    }

    /// What the names of all that it writes have in them: the crate's, and what `-C extra-filename`
    /// adds.
    pub fn output_stem(&self) -> Option<String> {
        let extra = self.codegen("extra-filename").unwrap_or_default();
        Some(format!("{}{extra}", self.crate_name()?))
    }

    /// A file of what it writes, by what stands around the stem.
    pub fn output(&self, prefix: &str, extension: &str) -> Option<PathBuf> {
        let name = format!("{prefix}{}.{extension}", self.output_stem()?);
        Some(self.out_dir()?.join(name))
    }

    /// Where the list of its sources goes.
    pub fn dependencies(&self) -> Option<PathBuf> {
        self.output("", "d")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::invocation::words;

    fn read(line: &str) -> Rustc {
        Rustc::read(&words(line))
    }

    #[test]
    fn the_last_value_counts_in_each_spelling() {
        for line in [
            "--out-dir /t --target x -C linker=a -C linker=cc -Cextra-filename=-1",
            "--out-dir=/t --target=x --codegen linker=cc --codegen=extra_filename=-1",
        ] {
            let call = read(line);
            let of = ["linker", "extra-filename", "lto"].map(|name| call.codegen(name));
            assert_eq!(of, [Some("cc"), Some("-1"), None], "{line}");
            assert_eq!(
                (call.out_dir(), call.target()),
                (Some(Path::new("/t")), Some("x"))
            );
        }
    }

    #[test]
    fn cargos_call_of_a_library() {
        let line = "--crate-name memchr --edition=2021 /v/memchr/src/lib.rs --error-format=json --crate-type lib \
             --emit=dep-info,metadata,link -C opt-level=3 -Cembed-bitcode=no --cfg feature=\"std\" -C metadata=1f \
             --out-dir /t/deps -L dependency=/t/deps --extern a=/t/deps/liba.rmeta --cap-lints allow";
        let call = read(line);
        assert_eq!(call.crate_name(), Some("memchr"));
        assert!(call.crate_types().eq(["lib"]));
        assert!(call.emit().eq(["dep-info", "metadata", "link"]));
        assert!(call.sources().eq(["/v/memchr/src/lib.rs"]));
        assert!(!call.asks() && !call.is_test() && !call.reads_stdin());
        assert_eq!(call.arguments.words(), words(line));
    }

    #[test]
    fn response_files_are_read() {
        assert!(read("@/nonexistent").is_unreadable);
        assert!(Rustc::read(&[OsString::from_vec(vec![0xff])]).is_unreadable);
    }
}
