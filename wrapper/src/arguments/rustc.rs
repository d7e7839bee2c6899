//! rustc's arguments.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;

/// What a call asks of rustc.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RustcCall {
    /// The name of the crate.
    pub crate_name: Option<String>,
    /// The kinds of crate that are wanted, in order: `lib`, `bin`, …
    pub crate_types: Vec<String>,
    /// What is to be written; empty where nothing says so.
    pub emit: Vec<String>,
    /// The source files.
    pub inputs: Vec<OsString>,
    /// Whether the source is standard input.
    pub reads_stdin: bool,
    /// Whether the call asks for information: a version, `--print`, help.
    pub asks: bool,
    /// Whether a test harness is to be built.
    pub test: bool,
    /// Whether the compilation is incremental.
    pub incremental: bool,
    /// Whether `--out-dir` says where the output goes.
    pub out_dir: bool,
    /// Whether `-o` says where the output goes.
    pub output: bool,
    /// Whether the call brings its own `--sysroot`.
    pub sysroot: bool,
    /// A file of arguments, `@file`, that could not be read.
    pub unreadable: bool,
}

/// The options whose value may be the next argument, in every release of rustc so far;
/// a new one makes its value look like an input, and the call like one that is not cached.
const TAKE_VALUE: &[&str] = &[
    "--allow",
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "--codegen",
    "--color",
    "--crate-name",
    "--crate-type",
    "--deny",
    "--diagnostic-width",
    "--edition",
    "--emit",
    "--env-set",
    "--error-format",
    "--explain",
    "--extern",
    "--forbid",
    "--force-warn",
    "--json",
    "--out-dir",
    "--pretty",
    "--print",
    "--remap-path-prefix",
    "--remap-path-scope",
    "--sysroot",
    "--target",
    "--unpretty",
    "--warn",
    "-A",
    "-C",
    "-D",
    "-F",
    "-L",
    "-W",
    "-Z",
    "-l",
    "-o",
];

impl RustcCall {
    /// Reads a call's arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let mut call = Self::default();
        let arguments = call.expand(arguments);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let argument = argument.to_string_lossy();
            if argument == "-" {
                call.reads_stdin = true;
            } else if !argument.starts_with('-') {
                call.inputs.push(OsString::from(argument.as_ref()));
            } else if let Some((option, value)) = split(&argument) {
                call.option(option, Some(value));
            } else if TAKE_VALUE.contains(&argument.as_ref()) {
                let value = rest
                    .next()
                    .map_or(Cow::Borrowed(""), |value| value.to_string_lossy());
                call.option(&argument, Some(&value));
            } else {
                call.option(&argument, None);
            }
        }
        call
    }

    /// Replaces `@file` by the lines of that file, as rustc does.
    fn expand(&mut self, arguments: &[OsString]) -> Vec<OsString> {
        let mut expanded = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument.to_str().and_then(|text| text.strip_prefix('@')) {
                None => expanded.push(argument.clone()),
                Some(file) => match fs::read_to_string(file) {
                    Ok(lines) => expanded.extend(lines.lines().map(OsString::from)),
                    Err(_) => self.unreadable = true,
                },
            }
        }
        expanded
    }

    fn option(&mut self, option: &str, value: Option<&str>) {
        let value = value.unwrap_or_default();
        match option {
            "--crate-name" => self.crate_name = Some(value.to_owned()),
            "--crate-type" => self.crate_types.extend(value.split(',').map(str::to_owned)),
            // `--emit=link=path` writes to a path of its own.
            "--emit" => self.emit.extend(value.split(',').map(str::to_owned)),
            "--test" => self.test = true,
            "--out-dir" => self.out_dir = true,
            "--sysroot" => self.sysroot = true,
            "-o" => self.output = true,
            "-C" | "--codegen" => {
                self.incremental |= value.split('=').next() == Some("incremental");
            }
            "--print" | "--explain" | "--pretty" | "--unpretty" | "--version" | "--help" | "-V"
            | "-h" | "-vV" | "-Vv" => {
                self.asks = true;
            }
            _ => {}
        }
    }
}

/// Options that sccache 0.19 does not know to take a value: it takes the value for a second
/// source, and the call for one that it cannot cache.
const UNKNOWN_TO_SCCACHE: [&str; 4] = [
    "--edition",
    "--env-set",
    "--force-warn",
    "--remap-path-scope",
];

/// The same arguments in a spelling that sccache reads as rustc does.
pub fn spelled_for_sccache(arguments: &[OsString]) -> Vec<OsString> {
    let mut spelled = Vec::with_capacity(arguments.len());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut argument = argument.clone();
        if UNKNOWN_TO_SCCACHE.iter().any(|option| argument == *option)
            && let Some(value) = rest.next()
        {
            argument.push("=");
            argument.push(value);
        }
        spelled.push(argument);
    }
    spelled
}

/// Splits `--option=value` and `-Ovalue`; an option that stands alone is none of these.
fn split(argument: &str) -> Option<(&str, &str)> {
    if argument.starts_with("--") {
        return argument.split_once('=');
    }
    let (option, value) = argument.split_at_checked(2)?;
    (!value.is_empty() && TAKE_VALUE.contains(&option)).then_some((option, value))
}

/// Whether a call is one that sccache makes for itself, to learn about the compiler or
/// about a crate's sources, and not the compilation it was asked for: see `src/compiler/rust.rs`
/// of sccache 0.19.
pub fn is_sccaches_own(arguments: &[OsString]) -> bool {
    let call = RustcCall::read(arguments);
    let toolchain = arguments
        .first()
        .is_some_and(|first| first.as_encoded_bytes().starts_with(b"+"));
    let only_dep_info = call.emit == ["dep-info"] && call.output;
    toolchain || call.asks || only_dep_info
}

/// The stem by which a rustc is known; clippy-driver is one in all that matters here.
pub fn is_rustc(program: &OsStr) -> bool {
    std::path::Path::new(program)
        .file_stem()
        .is_some_and(|stem| stem == "rustc" || stem == "clippy-driver")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn read(line: &str) -> RustcCall {
        RustcCall::read(&arguments(line))
    }

    #[test]
    fn cargos_call_of_a_library() {
        let call = read(
            "--crate-name memchr --edition=2021 /v/memchr/src/lib.rs --error-format=json --crate-type lib \
             --emit=dep-info,metadata,link -C opt-level=3 -Cembed-bitcode=no --cfg feature=\"std\" -C metadata=1f \
             --out-dir /t/deps -L dependency=/t/deps --extern a=/t/deps/liba.rmeta --cap-lints allow",
        );
        assert_eq!(call.crate_name.as_deref(), Some("memchr"));
        assert_eq!(call.crate_types, ["lib"]);
        assert_eq!(call.emit, ["dep-info", "metadata", "link"]);
        assert_eq!(call.inputs, ["/v/memchr/src/lib.rs"]);
        assert!(call.out_dir && !call.asks && !call.incremental && !call.test && !call.reads_stdin);
    }

    #[test]
    fn spellings_of_one_option_are_one() {
        for line in [
            "-C incremental=/i",
            "-Cincremental=/i",
            "--codegen incremental=/i",
            "--codegen=incremental=/i",
        ] {
            assert!(read(line).incremental, "{line}");
        }
        for line in [
            "-vV",
            "-V",
            "--version",
            "--print cfg",
            "--print=cfg",
            "--explain E0001",
        ] {
            assert!(read(line).asks, "{line}");
        }
        assert!(read("- --crate-name ___ --print=file-names").reads_stdin);
    }

    #[test]
    fn sccache_gets_the_spelling_that_it_knows() {
        assert_eq!(
            spelled_for_sccache(&arguments("--edition 2024 -C opt-level=3 src/lib.rs")),
            arguments("--edition=2024 -C opt-level=3 src/lib.rs")
        );
        assert_eq!(
            spelled_for_sccache(&arguments("--edition")),
            arguments("--edition")
        );
    }

    #[test]
    fn files_of_arguments_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("args");
        fs::write(&file, "--crate-name\na b\n--crate-type=bin\n").unwrap();
        let call = RustcCall::read(&[OsString::from(format!("@{}", file.display()))]);
        assert_eq!(
            (call.crate_name.as_deref(), call.crate_types.as_slice()),
            (Some("a b"), &["bin".to_owned()][..])
        );
        assert!(read("@/nonexistent").unreadable);
    }

    #[test]
    fn sccaches_questions_are_told_from_its_compilations() {
        for line in [
            "-vV",
            "+stable -vV",
            "--print=sysroot --print=target-libdir",
            "--crate-name a src/lib.rs --emit dep-info -o /tmp/deps.d",
            "--crate-name a src/lib.rs --emit dep-info,link --print file-names",
        ] {
            assert!(is_sccaches_own(&arguments(line)), "{line}");
        }
        assert!(!is_sccaches_own(&arguments(
            "--crate-name a src/lib.rs --emit dep-info,link --out-dir /t"
        )));
    }
}
