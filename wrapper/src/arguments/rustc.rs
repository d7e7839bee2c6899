//! rustc's arguments.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// What a call asks of rustc.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RustcCall {
    /// The name of the crate.
    pub crate_name: Option<String>,
    /// The kinds of crate that are wanted, in order: `lib`, `bin`, …
    pub crate_types: Vec<String>,
    /// What is to be written: where nothing says so, what links.
    pub emit: Vec<String>,
    /// How many times something says what is to be written.
    pub emits: usize,
    /// The source files.
    pub inputs: Vec<OsString>,
    /// Whether the source is standard input.
    pub reads_stdin: bool,
    /// Whether the call asks for information and compiles nothing: a version, `--print`, help.
    pub asks: bool,
    /// Whether rustc prints something of what it does while it compiles: see [`PRINTED_ON_THE_WAY`].
    pub prints: bool,
    /// Whether a test harness is to be built.
    pub test: bool,
    /// Whether the compilation is incremental.
    pub incremental: bool,
    /// Whether `--out-dir` says where the output goes.
    pub out_dir: bool,
    /// Where it says so.
    pub output_folder: Option<String>,
    /// What `-C` says, option by option.
    pub codegen: Vec<String>,
    /// Whether `-o` says where the output goes.
    pub output: bool,
    /// Whether the call brings its own `--sysroot`.
    pub sysroot: bool,
    /// The target that it compiles for, where it says so.
    pub target: Option<String>,
    /// The crates that it uses, as `--extern` names them: `[options:]name[=file]`.
    pub externs: Vec<String>,
    /// An option by which it reads or writes files of which sccache 0.19 knows nothing.
    pub refused: Option<String>,
    /// Whether a build of rustc calls the compiler that it has made itself.
    pub own_compiler: bool,
    /// Whether a file of arguments, `@file`, could not be read.
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

/// The kinds of `--print` with which rustc compiles all the same (`print_crate_info` in its
/// `rustc_driver_impl`, 1.95).
const PRINTED_ON_THE_WAY: [&str; 2] = ["link-args", "native-static-libs"];

impl RustcCall {
    /// Reads a call's arguments, without the name of the compiler.
    pub fn read(arguments: &[OsString]) -> Self {
        let mut call = Self::default();
        let Some(arguments) = expand(arguments) else {
            call.unreadable = true;
            return call;
        };
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
        if call.emits == 0 {
            call.emit.push(BY_DEFAULT.to_owned());
        }
        call
    }

    fn option(&mut self, option: &str, value: Option<&str>) {
        let value = value.unwrap_or_default();
        match option {
            "--crate-name" => self.crate_name = Some(value.to_owned()),
            "--crate-type" => self.crate_types.extend(value.split(',').map(str::to_owned)),
            // `--emit=link=path` writes to a path of its own.
            "--emit" => {
                self.emits += 1;
                self.emit.extend(value.split(',').map(str::to_owned));
            }
            "--test" => self.test = true,
            "--out-dir" => {
                self.out_dir = true;
                self.output_folder = Some(value.to_owned());
            }
            "--sysroot" => self.sysroot = true,
            "--target" => self.target = Some(value.to_owned()),
            "--extern" => self.externs.push(value.to_owned()),
            "-o" => self.output = true,
            "-C" | "--codegen" => {
                self.incremental |= value.split('=').next() == Some("incremental");
                self.refuse("-C", value, &REFUSED_CODEGEN);
                self.codegen.push(value.to_owned());
            }
            "-Z" => self.refuse("-Z", value, &REFUSED_UNSTABLE),
            // `--print=kind=path` writes to a file.
            "--print"
                if PRINTED_ON_THE_WAY.contains(&value.split('=').next().unwrap_or_default()) =>
            {
                self.prints = true;
            }
            "--print" | "--explain" | "--pretty" | "--unpretty" | "--version" | "--help" | "-V"
            | "-h" | "-vV" | "-Vv" => {
                self.asks = true;
            }
            _ => {}
        }
    }

    fn refuse(&mut self, option: &str, value: &str, refused: &[&str]) {
        // rustc takes `-` and `_` for each other.
        let plain = value.replace('_', "-");
        let unpacked = plain == "split-debuginfo=unpacked" && !cfg!(target_vendor = "apple");
        if unpacked || refused.iter().any(|start| plain.starts_with(start)) {
            let name = value.split('=').next().unwrap_or_default();
            self.refused = Some(format!("{option} {name}"));
        }
    }

    /// The value of an option of `-C`, the last that is given; empty where none is.
    pub fn codegen(&self, option: &str) -> &str {
        let mut values = self.codegen.iter().rev();
        values
            .find_map(|given| given.strip_prefix(option)?.strip_prefix('='))
            .unwrap_or_default()
    }

    /// What the names of all that it writes have in them: the crate's, and what `-C extra-filename`
    /// adds.
    pub fn output_stem(&self) -> Option<String> {
        let name = self.crate_name.as_deref()?;
        Some(format!("{name}{}", self.codegen("extra-filename")))
    }

    /// Where the list of its sources goes.
    pub fn dependencies(&self) -> Option<PathBuf> {
        let folder = Path::new(self.output_folder.as_deref()?);
        Some(folder.join(format!("{}.d", self.output_stem()?)))
    }

    /// The option that names a profile, as it may be given once more.
    pub fn profile(&self) -> Option<String> {
        let file = self.codegen(PROFILE);
        (!file.is_empty()).then(|| format!("-C{PROFILE}={file}"))
    }

    /// Whether it compiles for the processor that it runs on.
    pub fn is_native(&self) -> bool {
        self.codegen("target-cpu") == "native"
    }
}

/// What rustc writes where no `--emit` says so.
const BY_DEFAULT: &str = "link";

/// Options of `-C` that write further files.
const REFUSED_CODEGEN: [&str; 1] = ["save-temps"];

/// The option of `-C` that names a profile. Sccache 0.19 takes that for what the call writes
/// (`parse_arguments` in its `src/compiler/rust.rs`): a hit would replace it.
const PROFILE: &str = "profile-use";

/// The same of `-Z`.
const REFUSED_UNSTABLE: [&str; 9] = [
    "codegen-backend",
    "dump-",
    "emit-thin-lto-index",
    "llvm-plugins",
    "nll-facts",
    "profile-sample-use",
    "remark-dir",
    "save-analysis",
    "self-profile",
];

/// The arguments one by one, each an option and the value that it takes; a source has an empty
/// option.
pub fn options(arguments: &[OsString]) -> Vec<(String, Option<String>)> {
    let arguments = expand(arguments).unwrap_or_else(|| arguments.to_owned());
    let mut options = Vec::with_capacity(arguments.len());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let argument = argument.to_string_lossy();
        options.push(if !argument.starts_with('-') {
            (String::new(), Some(argument.into_owned()))
        } else if let Some((option, value)) = split(&argument) {
            (option.to_owned(), Some(value.to_owned()))
        } else if TAKE_VALUE.contains(&argument.as_ref()) {
            let value = rest
                .next()
                .map(|value| value.to_string_lossy().into_owned());
            (argument.into_owned(), value)
        } else {
            (argument.into_owned(), None)
        });
    }
    options
}

/// Replaces `@file` by the lines of that file, as rustc does; nothing where one cannot be read.
fn expand(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match argument.to_str().and_then(|text| text.strip_prefix('@')) {
            None => expanded.push(argument.clone()),
            Some(file) => {
                let lines = fs::read_to_string(file).ok()?;
                expanded.extend(lines.lines().map(OsString::from));
            }
        }
    }
    Some(expanded)
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
    let arguments = expand(arguments).unwrap_or_else(|| arguments.to_owned());
    let mut spelled = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter();
    while let Some(mut argument) = rest.next() {
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

/// What sccache is to be asked: the same, with what it wants to be said, and without what it takes for
/// something else.
pub fn for_sccache(arguments: &[OsString]) -> Vec<OsString> {
    let names_profile = |option: &str, value: &str| {
        matches!(option, "-C" | "--codegen") && value.split('=').next() == Some(PROFILE)
    };
    let mut asked = Vec::with_capacity(arguments.len() + 1);
    let mut rest = spelled_for_sccache(arguments).into_iter().peekable();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        match split(&text) {
            Some((option, value)) if names_profile(option, value) => {}
            None if rest
                .peek()
                .is_some_and(|next| names_profile(&text, &next.to_string_lossy())) =>
            {
                rest.next();
            }
            _ => asked.push(argument),
        }
    }
    if RustcCall::read(arguments).emits == 0 {
        asked.push(format!("--emit={BY_DEFAULT}").into());
    }
    asked
}

/// Splits `--option=value` and `-Ovalue`; an option that stands alone is none of these.
fn split(argument: &str) -> Option<(&str, &str)> {
    if argument.starts_with("--") {
        return argument.split_once('=');
    }
    let (option, value) = argument.split_at_checked(2)?;
    (!value.is_empty() && TAKE_VALUE.contains(&option)).then_some((option, value))
}

/// Whether a program is a rustc; clippy-driver is one in all that matters here.
pub fn is_rustc(program: &OsStr) -> bool {
    let name = Path::new(program).file_name();
    name.is_some_and(|name| name == "rustc" || name == "clippy-driver" || has_version(name))
}

/// Whether a rustc is called by its version, as distributions call theirs: `rustc-1.95`.
pub fn has_version(name: &OsStr) -> bool {
    let version = name.to_str().and_then(|name| name.strip_prefix("rustc-"));
    version.is_some_and(|version| {
        version.starts_with(|first: char| first.is_ascii_digit())
            && version.chars().all(|it| it.is_ascii_digit() || it == '.')
    })
}

/// Whether arguments are for a rustc, whatever the program is called.
pub fn are_rustcs(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| {
        argument == "--crate-name" || argument.as_encoded_bytes().starts_with(b"--crate-name=")
    })
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
        for line in [
            "--print native-static-libs",
            "--print=link-args",
            "--print=native-static-libs=/t/file",
        ] {
            let call = read(line);
            assert!(call.prints && !call.asks, "{line}");
        }
        assert!(read("--print link-args --print cfg").asks);
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
    fn what_is_not_said_is_said_to_sccache() {
        let line = "--crate-name a --crate-type lib --out-dir out a.rs";
        assert_eq!(read(line).emit, ["link"]);
        let asked = for_sccache(&arguments(line));
        assert_eq!(asked, arguments(&format!("{line} --emit=link")));
        assert_eq!(for_sccache(&asked), asked);
        for given in [
            "-C profile-use=/p",
            "-Cprofile-use=/p",
            "--codegen=profile-use=/p",
        ] {
            let line = format!("a.rs {given} -C opt-level=3 --emit=link");
            let without = arguments("a.rs -C opt-level=3 --emit=link");
            assert_eq!(for_sccache(&arguments(&line)), without, "{given}");
            assert_eq!(read(&line).profile().unwrap(), "-Cprofile-use=/p");
        }
    }

    #[test]
    fn a_rustc_has_its_name_or_a_version() {
        for name in [
            "rustc",
            "/usr/bin/rustc-1.95",
            "rustc-1.85.1",
            "clippy-driver",
        ] {
            assert!(is_rustc(OsStr::new(name)), "{name}");
        }
        for name in ["rustc.c", "rustc-", "rustc-dev", "gcc", "crown"] {
            assert!(!is_rustc(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn options_that_read_or_write_further_files_are_known() {
        for (line, refused) in [
            ("-C save_temps", Some("-C save_temps")),
            ("-Zself-profile=/d", Some("-Z self-profile")),
            ("-Csplit-debuginfo=packed -Zremap-cwd-prefix=.", None),
        ] {
            assert_eq!(read(line).refused.as_deref(), refused, "{line}");
        }
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
}
