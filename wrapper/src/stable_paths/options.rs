//! The options of rustc's that paths depend on.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::root::Root;
use super::text::{Direction, replaced};
use crate::arguments::RustcCall;

/// What a call says about its output, beside what [`RustcCall`](crate::arguments::RustcCall) reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--out-dir`
    pub folder: Option<PathBuf>,
    /// The values of `-C`.
    pub codegen: Vec<String>,
    /// `--target`
    pub target: Option<String>,
    /// The values of `--remap-path-prefix`.
    remaps: Vec<OsString>,
    /// Whether what they say holds for a part of what is compiled alone.
    remaps_in_part: bool,
    /// Whether it optimises with `-O`.
    optimises: bool,
    /// Whether it brings a native library that becomes part of the crate.
    pub native: bool,
    /// Whether what is for debuggers is compressed.
    pub compress_debug: bool,
    /// Whether constants have names that are hashes of what is in them, as with sanitizers.
    pub names_constants: bool,
}

/// Whose values are no part of sccache's key, and name files that are the same by any path.
const LEFT_ALONE: [&str; 3] = ["--out-dir", "--extern", "-L"];

impl Options {
    /// Reads arguments that name no file of arguments.
    pub fn read(arguments: &[OsString]) -> Self {
        let mut options = Self {
            optimises: arguments.iter().any(|argument| argument == "-O"),
            ..Self::default()
        };
        for (option, value) in pairs(arguments) {
            let text = || value.to_string_lossy().into_owned();
            match option {
                "--out-dir" => options.folder = Some(PathBuf::from(value)),
                "-C" | "--codegen" => options.codegen.push(text()),
                "--remap-path-prefix" => options.remaps.push(value.to_owned()),
                "--remap-path-scope" => options.scope(&text()),
                "--target" => options.target = Some(text()),
                "-l" => options.native |= text().starts_with("static"),
                "-Z" => {
                    // rustc takes the one for the other.
                    let value = text().replace('_', "-");
                    let compression = value.strip_prefix("debuginfo-compression=");
                    options.compress_debug |= compression.is_some_and(|kind| kind != "none");
                    options.names_constants |=
                        value.starts_with("sanitizer=") || value.starts_with("fewer-names=");
                    if let Some(scope) = value.strip_prefix("remap-path-scope=") {
                        options.scope(scope);
                    }
                }
                _ => {}
            }
        }
        options
    }

    fn scope(&mut self, scope: &str) {
        self.remaps_in_part |= !scope
            .split(',')
            .any(|part| part == "all" || part == "object");
    }

    /// The value of a `-C` option; the last one counts.
    pub fn codegen(&self, name: &str) -> Option<&str> {
        self.codegen.iter().rev().find_map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            (key == name).then_some(value)
        })
    }
}

impl Options {
    /// Whether the paths that a crate is compiled by are in its objects at most as such, so that
    /// each can be replaced there. They are part of a hash where LLVM optimises modules together:
    /// where rustc optimises and makes several of a crate, which it does unless it is told
    /// otherwise, and where it leaves that for later, as cargo has it for `lto`, by making nothing
    /// but bitcode, or by not forbidding it, where something else needs objects.
    pub fn keep_bytes(&self, call: &RustcCall) -> bool {
        let level = self.codegen("opt-level").unwrap_or("0");
        let is_optimised = level != "0" || self.optimises;
        let is_one = self.codegen("codegen-units") == Some("1");
        let has_objects = call.emit.iter().any(|emit| emit == "link");
        let lto = self.codegen("lto");
        let is_on_its_own = matches!(lto, Some("off" | "no" | "n" | "false"));
        !has_objects
            || !self.is_optimised_with_others() && (!is_optimised || is_one || is_on_its_own)
    }

    /// Whether the hashes that LLVM puts into names, and into nothing else, are gone from what is
    /// linked, as cargo has it for `strip = true`.
    pub fn strip_names(&self) -> bool {
        self.codegen("strip") == Some("symbols") && !self.is_optimised_with_others()
    }

    fn is_optimised_with_others(&self) -> bool {
        let lto = self.codegen("lto");
        let is_on_its_own = matches!(lto, Some("off" | "no" | "n" | "false"));
        let has_bitcode = !matches!(
            self.codegen("embed-bitcode"),
            Some("no" | "n" | "off" | "false")
        );
        self.codegen("linker-plugin-lto").is_some()
            || lto.is_some() && !is_on_its_own
            || lto.is_none() && has_bitcode
    }

    /// Whether a path does not get into what is compiled, because another is to stand for it.
    pub fn remap(&self, real: &[u8]) -> bool {
        let real = Path::new(OsStr::from_bytes(real));
        !self.remaps_in_part && self.remapped().any(|path| path == real)
    }

    /// Whether another path is to stand for one of a root's by way of a folder above it: for the
    /// real path, it would not be known in the stable one; for the stable path, the real one is to
    /// stay.
    pub fn remap_above(&self, root: &Root) -> bool {
        let (real, stable) = (root.real(), root.stable());
        let is_above = |path: &Path| {
            path != real && path != stable && (real.starts_with(path) || stable.starts_with(path))
        };
        self.remapped().any(is_above)
    }

    /// The paths that others stand for; what is behind the last `=` is the other.
    fn remapped(&self) -> impl Iterator<Item = &Path> {
        self.remaps.iter().filter_map(|remap| {
            let bytes = remap.as_bytes();
            let end = bytes.iter().rposition(|byte| *byte == b'=')?;
            bytes
                .get(..end)
                .map(|path| Path::new(OsStr::from_bytes(path)))
        })
    }
}

/// The options that have a value, with it.
fn pairs(arguments: &[OsString]) -> Vec<(&str, &OsStr)> {
    const NAMES: [&str; 8] = [
        "--out-dir",
        "--remap-path-prefix",
        "--remap-path-scope",
        "--target",
        "--codegen",
        "-C",
        "-Z",
        "-l",
    ];
    let mut pairs = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        for name in NAMES {
            let Some(value) = argument.as_bytes().strip_prefix(name.as_bytes()) else {
                continue;
            };
            if value.is_empty() {
                pairs.extend(rest.next().map(|value| (name, value.as_os_str())));
            } else if let Some(value) = value.strip_prefix(b"=") {
                pairs.push((name, OsStr::from_bytes(value)));
            } else if !name.starts_with("--") {
                pairs.push((name, OsStr::from_bytes(value)));
            }
            break;
        }
    }
    pairs
}

/// The arguments with stable paths, but for those that are better left alone.
pub fn with_stable_paths(arguments: &[OsString], roots: &[Root]) -> Vec<OsString> {
    let mut is_value = false;
    let mut rewritten = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let bytes = argument.as_bytes();
        let begins = |option: &&str| bytes.starts_with(option.as_bytes());
        let left_alone = is_value || LEFT_ALONE.iter().any(&begins);
        is_value = !is_value && LEFT_ALONE.iter().any(|option| argument == *option);
        let stable = if left_alone {
            None
        } else {
            replaced(bytes, roots, Direction::Normalize)
        };
        rewritten.push(stable.map_or_else(|| argument.clone(), OsString::from_vec));
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn options_are_read_in_each_spelling() {
        for line in [
            "--out-dir /t --target x -C linker=a -C linker=cc -Cextra-filename=-1 -l static=z",
            "--out-dir=/t --target=x --codegen linker=cc --codegen=extra-filename=-1 -lstatic:+verbatim=z",
        ] {
            let options = Options::read(&arguments(line));
            assert_eq!(options.folder.as_deref(), Some(Path::new("/t")), "{line}");
            assert_eq!(options.target.as_deref(), Some("x"), "{line}");
            assert_eq!(options.codegen("linker"), Some("cc"), "{line}");
            assert_eq!(options.codegen("extra-filename"), Some("-1"), "{line}");
            assert_eq!(options.codegen("lto"), None, "{line}");
            assert!(options.native, "{line}");
        }
        assert_eq!(Options::read(&arguments("--out-dir")), Options::default());
    }

    #[test]
    fn what_llvm_hashes_does_not_keep_its_bytes() {
        let library =
            "--crate-name a --crate-type lib a.rs --emit=metadata,link -C embed-bitcode=no";
        for (more, expected) in [
            ("", true),
            ("-C opt-level=3", false),
            ("-C opt-level=0", true),
            ("-O", false),
            ("-Copt-level=s -C codegen-units=16", false),
            ("-C opt-level=3 -C codegen-units=1", true),
            ("-C opt-level=3 -C lto=off", true),
            (
                "-C opt-level=3 -C codegen-units=1 -C linker-plugin-lto",
                false,
            ),
            ("-C linker-plugin-lto", false),
            // As cargo has it where a program and a `cdylib` are wanted of one build, with `lto`.
            ("-C embed-bitcode=yes", false),
            ("-C opt-level=3 -C codegen-units=1 -C lto=thin", false),
        ] {
            let arguments = arguments(&format!("{library} {more}"));
            let options = Options::read(&arguments);
            let call = RustcCall::read(&arguments);
            assert_eq!(options.keep_bytes(&call), expected, "{more}");
        }
        let check = arguments("--crate-name a a.rs --emit=dep-info,metadata -C opt-level=3");
        assert!(Options::read(&check).keep_bytes(&RustcCall::read(&check)));
    }

    #[test]
    fn names_are_stripped_by_the_linker() {
        for (more, expected) in [
            ("-C embed-bitcode=no -C opt-level=3 -C strip=symbols", true),
            ("-C opt-level=3 -C strip=symbols", false),
            ("-C opt-level=3 -C strip=debuginfo", false),
            ("-C opt-level=3 -C strip=symbols -C lto=thin", false),
            ("-C opt-level=3", false),
        ] {
            let options = Options::read(&arguments(more));
            assert_eq!(options.strip_names(), expected, "{more}");
        }
    }

    #[test]
    fn paths_that_others_stand_for_are_known() {
        let arguments = arguments("--remap-path-prefix /build/a=/x --remap-path-prefix=/build/b=");
        let options = Options::read(&arguments);
        for (path, expected) in [("/build/a", true), ("/build/b", true), ("/build", false)] {
            assert_eq!(options.remap(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_others_stand_for_in_part_get_into_what_is_compiled() {
        for (scope, expected) in [
            ("", true),
            ("--remap-path-scope=all", true),
            ("--remap-path-scope object", true),
            ("--remap-path-scope=macro", false),
            ("-Zremap-path-scope=diagnostics,debuginfo", false),
            ("-Z remap_path_scope=macro", false),
        ] {
            let line = format!("--remap-path-prefix=/build/a=/x {scope}");
            let options = Options::read(&arguments(&line));
            assert_eq!(options.remap(b"/build/a"), expected, "{scope}");
        }
    }

    #[test]
    fn paths_above_a_root_reach_it() {
        let root = Root::vendored(Path::new("/build/a-1.0.0-vendor/b")).unwrap();
        let stable = String::from_utf8(root.stable.clone()).unwrap();
        for (from, expected) in [
            ("/build", true),
            ("/build/", true),
            ("/tmp", true),
            ("/", true),
            ("", true),
            ("/build/a-1.0.0-vendor", false),
            ("/build/a-1.0.0-vendor/", false),
            ("/build/a-1.0.0-vendor/b", false),
            ("/build/a-1.0.0", false),
            ("/nix/store", false),
            ("b", false),
            (stable.as_str(), false),
        ] {
            let line = format!("--remap-path-prefix={from}=/x");
            let options = Options::read(&arguments(&line));
            assert_eq!(options.remap_above(&root), expected, "{from}");
        }
    }

    #[test]
    fn paths_in_the_key_become_stable() {
        let root = Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap();
        let stable = String::from_utf8(root.stable.clone()).unwrap();
        let line = "/build/a-1.0.0-vendor/b/src/lib.rs --out-dir /build/a-1.0.0-vendor \
            -L dependency=/build/a-1.0.0-vendor/t --extern=b=/build/a-1.0.0-vendor/libb.rmeta \
            --remap-path-prefix /build/a-1.0.0-vendor=/x";
        let expected = line
            .replacen("/build/a-1.0.0-vendor", &stable, 1)
            .replace("/build/a-1.0.0-vendor=", &format!("{stable}="));
        assert_eq!(
            with_stable_paths(&arguments(line), &[root]),
            arguments(&expected)
        );
    }
}
