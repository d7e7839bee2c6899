//! A rustc source tree: how its `x.py` comes to call the cache, and whether it takes its file of
//! settings.
//!
//! Read from the sources of 1.63 and 1.85 (`builder.rs` and `builder/cargo.rs` of their
//! bootstrap), and from rust-lang/rust#136942, which came with 1.89.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::path::Path;

use nix_sccache_core::bootstrap_config::{Wanted, bootstrap_config, ccache_section, serves_rust};
use nix_sccache_core::request::read;
use nix_sccache_core::{Error, Value};
use serde::Serialize;
use toml::{Table, Value as Toml};

use super::configuration::{Cargo, File, Setting};
use super::probe::Text;
use super::problem::{Problem, Weight};
use super::variables::Variables;

/// The word that `ccache` is to be: cc-rs knows a wrapper of C compilers by it.
const WORD: &str = "sccache";

/// Profiles with which bootstrap compiles incrementally.
const INCREMENTAL_PROFILES: [&str; 4] = ["codegen", "compiler", "library", "tools"];

/// The release from which on, for certain, bootstrap keeps `RUSTC_WRAPPER` from cargo and calls it
/// from its own program, with a `--sysroot` for whatever has a `--target`.
const ADDS_SYSROOT_SINCE: u32 = 84;

/// A rustc source tree, and how it is to be built.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceTree {
    /// Its release, such as `1.95.0`.
    pub release: Option<String>,
    /// Its bootstrap's file of settings.
    pub file: File,
}

impl SourceTree {
    /// The rustc source tree that a folder is, with the file that its bootstrap finds: by a
    /// variable, as `bootstrap.toml` (1.87 and later), or as `config.toml`.
    pub fn find(folder: &Path, variables: &Variables) -> Option<Self> {
        const NAMED_BY: &str = "RUST_BOOTSTRAP_CONFIG";
        let is_tree = folder.join("x.py").is_file() && folder.join("src/bootstrap").is_dir();
        if !is_tree {
            return None;
        }
        let release = Text::of(&folder.join("src/version"));
        let release = release.read().map(|text| text.trim().to_owned());
        let has_new_name = minor(release.as_deref()) >= 87;
        let file = match variables.path(NAMED_BY) {
            Some(path) => File::read(folder.join(path), Some(NAMED_BY)),
            None => [
                has_new_name.then_some("bootstrap.toml"),
                Some("config.toml"),
            ]
            .into_iter()
            .flatten()
            .map(|name| File::read(folder.join(name), None))
            .find(File::exists)
            .unwrap_or_else(|| File::read(folder.join("config.toml"), None)),
        };
        Some(Self { release, file })
    }

    /// The program that bootstrap is to call in front of compilers, by its key `ccache`. It moved
    /// from `llvm` to `build`, and for some releases both were good.
    pub fn ccache(&self) -> Option<Setting> {
        ["build", "llvm"].into_iter().find_map(|section| {
            let value = match self.file.get(&[section, "ccache"])? {
                Toml::String(program) => program.clone(),
                Toml::Boolean(true) => "ccache".to_owned(),
                _ => return None,
            };
            Some(Setting {
                value,
                from: format!("{section}.ccache in {}", self.file.path.display()),
                base: None,
            })
        })
    }

    /// Whether bootstrap has rustc called through that program, too.
    pub fn calls_it_for_rust(&self) -> bool {
        serves_rust(self.minor())
    }

    /// Whether what `RUSTC_WRAPPER` is called with has mostly a `--sysroot`.
    pub fn adds_sysroot(&self) -> bool {
        self.minor() >= ADDS_SYSROOT_SINCE
    }

    /// Whether bootstrap compiles incrementally; it sets `CARGO_INCREMENTAL` by that alone.
    pub fn is_incremental(&self) -> bool {
        match self.file.get(&["rust", "incremental"]) {
            Some(value) => value.as_bool() == Some(true),
            None => self
                .file
                .get(&["profile"])
                .and_then(Toml::as_str)
                .is_some_and(|profile| INCREMENTAL_PROFILES.contains(&profile)),
        }
    }

    /// What cargo's wrapper is to bootstrap: where it stands between cargo and the wrapper, it
    /// asks the variable and nothing else. An empty one is none.
    pub fn wrapper<'a>(&self, cargo: &'a Cargo) -> Option<&'a Setting> {
        let wrapper = cargo.wrapper.as_ref();
        wrapper.filter(|wrapper| self.asks(&wrapper.from) && !wrapper.value.is_empty())
    }

    /// Whether a wrapper that is set by this is called.
    pub fn asks(&self, from: &str) -> bool {
        !self.adds_sysroot() || from == "RUSTC_WRAPPER"
    }

    /// What the builds here are made by.
    pub fn builder(&self) -> String {
        match &self.release {
            Some(release) => format!("x.py of Rust {release}"),
            None => "x.py".to_owned(),
        }
    }

    fn minor(&self) -> u32 {
        minor(self.release.as_deref())
    }

    /// Where the key `ccache` stands in this release.
    fn ccache_key(&self) -> String {
        format!("{}.ccache", ccache_section(self.minor()))
    }

    /// Whether the file takes others in, which are not read here.
    fn has_more_files(&self) -> bool {
        self.file.get(&["include"]).is_some()
    }

    /// How much hangs on what the file says of Rust: from when on it decides whether its calls
    /// are served at all.
    fn weight(&self) -> Weight {
        if self.calls_it_for_rust() && !self.has_more_files() {
            Weight::Fix
        } else {
            Weight::Note
        }
    }
}

/// The second number of a release of rustc's. One that is not known is taken for a new one.
fn minor(release: Option<&str>) -> u32 {
    release
        .and_then(|release| release.split('.').nth(1)?.parse().ok())
        .unwrap_or(u32::MAX)
}

/// What is wrong with it.
pub fn judge(tree: &SourceTree, cargo: &Cargo) -> Vec<Problem> {
    let path = tree.file.path.display();
    if let Some(error) = &tree.file.error {
        return vec![Problem::fix(
            "bootstrap-config-invalid",
            format!("{path}: {error}; x.py stops at it"),
            "correct it",
        )];
    }
    let mut problems = refused(tree);
    problems.extend(without_sccache(tree, cargo));
    if tree.calls_it_for_rust()
        && let Some(wrapper) = tree.wrapper(cargo)
        && let Some(ccache) = tree.ccache()
    {
        problems.push(Problem::note(
            "bootstrap-wraps-twice",
            format!(
                "{path} says {}, and {} is set as well: x.py then wraps some calls twice",
                key_of(&ccache),
                wrapper.from
            ),
            "unset the latter for x.py",
        ));
    }
    if tree.is_incremental() {
        let what = if tree.calls_it_for_rust() {
            "compile incrementally, and it then calls no cache for Rust"
        } else {
            "compile incrementally, which sccache refuses"
        };
        problems.push(Problem::new(
            tree.weight(),
            "bootstrap-incremental",
            format!("{path} makes x.py {what}"),
            "say rust.incremental = false",
        ));
    }
    problems
}

/// The key alone, without its file.
fn key_of(ccache: &Setting) -> &str {
    ccache.from.split(' ').next().unwrap_or_default()
}

fn without_sccache(tree: &SourceTree, cargo: &Cargo) -> Option<Problem> {
    const NAME: &str = "bootstrap-without-sccache";
    let path = tree.file.path.display();
    let (key, ccache) = (tree.ccache_key(), tree.ccache());
    match &ccache {
        Some(ccache) if ccache.value == WORD => return None,
        Some(ccache) if Path::new(&ccache.value).file_stem() == Some(WORD.as_ref()) => {
            return Some(Problem::note(
                NAME,
                format!(
                    "{path} says {} = {:?}: build scripts call a program in front of C compilers by the word \"{WORD}\" alone",
                    key_of(ccache),
                    ccache.value
                ),
                "write the word, and put bin of nix-sccache's package first on PATH",
            ));
        }
        _ => {}
    }
    let found = format!("this is a rustc source tree, and {path} does not say {key} = \"{WORD}\"");
    if !tree.calls_it_for_rust() {
        let remedy = "say so: x.py then calls sccache for C and C++; before Rust 1.89 it does so for nothing else";
        return Some(Problem::note(NAME, found, remedy));
    }
    let how = "say so, and put bin of nix-sccache's package first on PATH: x.py then calls its sccache for what stage 0 compiles";
    let remedy = match tree.wrapper(cargo) {
        Some(wrapper) => format!(
            "{how}; and unset {}, to most of whose calls x.py adds --sysroot, which sccache refuses",
            wrapper.from
        ),
        None => how.to_owned(),
    };
    Some(Problem::new(tree.weight(), NAME, found, remedy))
}

/// What the bootstrap of this release does not take. Where the release is none that is known here,
/// that is not said of the file.
fn refused(tree: &SourceTree) -> Vec<Problem> {
    let (path, table) = (tree.file.path.display(), &tree.file.table);
    let Some(release) = tree.release.as_deref() else {
        return Vec::new();
    };
    let Ok(of_release) = check(release, &Table::new()) else {
        return Vec::new();
    };
    // It is later than what is known, whose keys are then taken for its own.
    let is_certain = of_release.is_empty();
    let refused = |error: &str, remedy: &str| {
        let (weight, stops) = if is_certain {
            (Weight::Fix, "x.py stops at it")
        } else {
            (Weight::Note, "x.py may stop at it")
        };
        Problem::new(
            weight,
            "bootstrap-config-refused",
            format!("{path}: {error}; {stops}"),
            remedy,
        )
    };
    let doubtful = |error: &str| {
        Problem::note(
            "bootstrap-config-doubtful",
            format!("{path}: {error}"),
            "nothing, so long as x.py takes it",
        )
    };
    // The first error ends a check, and what stands at the top does not depend on anything.
    let at_the_top: Vec<_> = table
        .iter()
        .filter(|(_, value)| !value.is_table())
        .filter_map(|(name, value)| {
            let alone = Table::from_iter([(name.clone(), value.clone())]);
            let error = check(release, &alone).err()?;
            let remedy = if is_of_environment(name) {
                "take it out: a variable is set in the environment"
            } else {
                "correct it"
            };
            Some(refused(&error, remedy))
        })
        .collect();
    if !at_the_top.is_empty() {
        return at_the_top;
    }
    let warnings = match check(release, &without_stages(table)) {
        Err(error) => return vec![refused(&error, "correct it")],
        Ok(warnings) => warnings,
    };
    warnings
        .iter()
        .filter(|warning| !of_release.contains(warning))
        .chain(&check(release, table).err())
        .map(|what| doubtful(what))
        .collect()
}

/// Whether this is written as variables are: `CARGO_HOME`.
fn is_of_environment(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// The table without stages that are 0, at which only some commands of x.py stop, and none that is
/// called with another one.
fn without_stages(table: &Table) -> Table {
    let mut table = table.clone();
    if let Some(Toml::Table(build)) = table.get_mut("build") {
        build.retain(|key, value| !(key.ends_with("-stage") && value.as_integer() == Some(0)));
    }
    table
}

/// Checks a table against a release. Gives what is to be said of it all the same.
fn check(release: &str, table: &Table) -> Result<Vec<String>, String> {
    let mut settings = attributes(table);
    // Bootstrap finds out on which machine it is.
    let build = settings
        .entry("build".to_owned())
        .or_insert_with(|| Value::Attrs(BTreeMap::new()));
    if let Value::Attrs(build) = build {
        build
            .entry("build".to_owned())
            .or_insert_with(|| Value::String(format!("{ARCH}-unknown-linux-gnu")));
    }
    let wanted = Value::Attrs(BTreeMap::from([
        ("release".to_owned(), Value::String(release.to_owned())),
        ("sandbox".to_owned(), Value::Bool(false)),
        ("settings".to_owned(), Value::Attrs(settings)),
    ]));
    let answer = read::<Wanted>(wanted).and_then(|wanted| bootstrap_config(&wanted, &[]));
    match answer {
        Ok(answer) => Ok(answer.warnings.iter().map(|said| in_file(said)).collect()),
        Err(error) => Err(of_file(&error)),
    }
}

fn of_file(error: &Error) -> String {
    in_file(&error.to_string())
}

/// What is said of the argument of `rust.bootstrapConfig`, said of a file.
fn in_file(said: &str) -> String {
    said.strip_prefix("settings")
        .and_then(|rest| rest.strip_prefix('.').or_else(|| rest.strip_prefix(": ")))
        .unwrap_or(said)
        .to_owned()
}

fn attributes(table: &Table) -> BTreeMap<String, Value> {
    table
        .iter()
        .map(|(name, value)| (name.clone(), value_of(value)))
        .collect()
}

fn value_of(value: &Toml) -> Value {
    match value {
        Toml::String(text) => Value::String(text.clone()),
        Toml::Integer(number) => Value::Int(*number),
        Toml::Float(number) => Value::Float(*number),
        Toml::Boolean(value) => Value::Bool(*value),
        // Bootstrap has none.
        Toml::Datetime(time) => Value::String(time.to_string()),
        Toml::Array(list) => Value::List(list.iter().map(value_of).collect()),
        Toml::Table(table) => Value::Attrs(attributes(table)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const WITH_SCCACHE: &str = "[build]\nccache = \"sccache\"\n";

    /// A tree of a release, with a file of this text.
    fn tree(release: &str, text: &str) -> SourceTree {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), release, "config.toml", text);
        SourceTree::find(folder.path(), &Variables::default()).unwrap()
    }

    fn write(folder: &Path, release: &str, name: &str, text: &str) {
        fs::create_dir_all(folder.join("src/bootstrap")).unwrap();
        fs::write(folder.join("x.py"), "").unwrap();
        fs::write(folder.join("src/version"), format!("{release}\n")).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    fn with_wrapper(from: &str) -> Cargo {
        Cargo {
            wrapper: Some(Setting {
                value: "sccache".into(),
                from: from.into(),
                base: None,
            }),
            ..Cargo::default()
        }
    }

    /// What is wrong where there is no wrapper, with its weight.
    fn problems(release: &str, text: &str) -> Vec<(&'static str, Weight)> {
        judge(&tree(release, text), &Cargo::default())
            .into_iter()
            .map(|problem| (problem.name, problem.weight))
            .collect()
    }

    /// What the file is refused for.
    fn refusals(release: &str, text: &str) -> Vec<String> {
        refused(&tree(release, text))
            .into_iter()
            .map(|problem| {
                let (_, found) = problem.found.split_once("config.toml: ").unwrap();
                format!("{:?} {found} => {}", problem.weight, problem.remedy)
            })
            .collect()
    }

    #[test]
    fn it_is_known_and_its_file_found() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let find = || SourceTree::find(folder, &Variables::default());
        assert!(find().is_none());
        write(folder, "1.89.0", "config.toml", WITH_SCCACHE);
        assert_eq!(find().unwrap().release.as_deref(), Some("1.89.0"));
        assert!(find().unwrap().ccache().is_some());
        write(folder, "1.89.0", "bootstrap.toml", "");
        assert!(find().unwrap().ccache().is_none());
        // That release does not know the new name.
        write(folder, "1.84.1", "bootstrap.toml", "");
        assert!(find().unwrap().ccache().is_some());
        let named = Variables::from([("RUST_BOOTSTRAP_CONFIG", "bootstrap.toml")]);
        assert!(SourceTree::find(folder, &named).unwrap().ccache().is_none());
    }

    #[test]
    fn each_release_has_its_key_and_that_one_its_weight() {
        let without = |weight| vec![("bootstrap-without-sccache", weight)];
        // One place is good in each, the one that `rust.bootstrapConfig` writes it to.
        for release in ["1.63.0", "1.85.0", "1.87.0", "1.88.0", "1.95.0"] {
            let section = ccache_section(minor(Some(release)));
            let text = format!("[{section}]\nccache = \"sccache\"\n");
            assert!(problems(release, &text).is_empty(), "{release}");
            let weight = if release == "1.95.0" {
                Weight::Fix
            } else {
                Weight::Note
            };
            assert_eq!(problems(release, ""), without(weight), "{release}");
            let found = &judge(&tree(release, ""), &Cargo::default())[0].found;
            assert!(found.contains(&format!("does not say {section}.ccache = ")));
        }
        // Ccache, and a path, which is good for all but build scripts.
        let text = |value| format!("[build]\nccache = {value}\n");
        assert_eq!(problems("1.95.0", &text("true")), without(Weight::Fix));
        let path = text("\"/shim/bin/sccache\"");
        assert_eq!(problems("1.95.0", &path), without(Weight::Note));
        // Another file may say it.
        let text = "include = [\"other.toml\"]\n";
        assert_eq!(problems("1.95.0", text), without(Weight::Note));
    }

    #[test]
    fn what_bootstrap_config_writes_is_well() {
        for minor in (63..100).step_by(3).chain([85, 86, 87, 88, 89]) {
            let release = format!("1.{minor}.0");
            let wanted = [
                ("release", Value::String(release.clone())),
                ("sccache", Value::Bool(true)),
                ("toolchain", Value::String("/rust".to_owned())),
            ];
            let wanted = wanted.map(|(name, value)| (name.to_owned(), value));
            let wanted = read::<Wanted>(Value::Attrs(BTreeMap::from(wanted))).unwrap();
            let text = bootstrap_config(&wanted, &[]).unwrap().text;
            assert_eq!(problems(&release, &text), [], "{release} {text}");
        }
    }

    #[test]
    fn no_advice_leads_to_another_one() {
        for (release, from, remedies) in [
            ("1.95.0", "RUSTC_WRAPPER", &["and unset RUSTC_WRAPPER"][..]),
            // Bootstrap sets the variable, which comes before the others.
            ("1.95.0", "CARGO_BUILD_RUSTC_WRAPPER", &["first on PATH"]),
            ("1.85.0", "RUSTC_WRAPPER", &["for C and C++"]),
        ] {
            let cargo = with_wrapper(from);
            let problems = judge(&tree(release, ""), &cargo);
            assert_eq!(problems.len(), remedies.len(), "{problems:?}");
            for (problem, remedy) in problems.iter().zip(remedies) {
                assert!(problem.remedy.contains(remedy), "{problem:?}");
            }
        }
        let names = |release, from| -> Vec<_> {
            judge(&tree(release, WITH_SCCACHE), &with_wrapper(from))
                .iter()
                .map(|problem| problem.name)
                .collect()
        };
        assert_eq!(names("1.95.0", "RUSTC_WRAPPER"), ["bootstrap-wraps-twice"]);
        assert!(names("1.95.0", "build.rustc-wrapper in x").is_empty());
        assert!(names("1.88.0", "RUSTC_WRAPPER").is_empty());
    }

    #[test]
    fn incremental_compilations_are_told() {
        let of = |profile| format!("profile = \"{profile}\"\n{WITH_SCCACHE}");
        let told = |weight| vec![("bootstrap-incremental", weight)];
        assert_eq!(problems("1.95.0", &of("library")), told(Weight::Fix));
        assert_eq!(problems("1.88.0", &of("tools")), told(Weight::Note));
        assert!(problems("1.95.0", &of("dist")).is_empty());
        let off = of("library") + "[rust]\nincremental = false\n";
        assert!(problems("1.95.0", &off).is_empty());
    }

    /// Keys at the top, which bootstrap.py finds there and the rest of bootstrap does not know.
    #[test]
    fn what_bootstrap_does_not_know_is_named() {
        let text = "vendor = true\nrustc = \"/r\"\nHOME = \"/h\"\n";
        let stops = "; x.py stops at it";
        let refusals_of_top = refusals("1.84.1", text);
        assert_eq!(refusals_of_top.len(), 3, "{refusals_of_top:?}");
        for (name, remedy) in [
            (
                "Fix unknown key `vendor`: in Rust 1.84.1 it is `build.vendor` or `dist.vendor`",
                "correct it",
            ),
            (
                "Fix unknown key `rustc`: in Rust 1.84.1 it is `build.rustc`",
                "correct it",
            ),
            (
                "Fix unknown section or key `HOME`",
                "take it out: a variable is set in the environment",
            ),
        ] {
            let is_told = |refusal: &String| {
                refusal.starts_with(name) && refusal.ends_with(&format!("{stops} => {remedy}"))
            };
            assert!(refusals_of_top.iter().any(is_told), "{refusals_of_top:?}");
        }
        let gone = &refusals("1.90.0", "[llvm]\nccache = \"sccache\"\n")[0];
        assert!(gone.starts_with("Fix llvm.ccache: "), "{gone}");
        assert!(gone.contains("write `build.ccache` instead"), "{gone}");
        assert!(refusals("1.95.0", "[build]\ndocs = \"no\"\n")[0].contains("build.docs: "));
    }

    #[test]
    fn what_bootstrap_may_take_is_not_said_to_be_refused() {
        // Releases and files of which nothing is known.
        for release in ["1.62.1", "main", ""] {
            assert!(refusals(release, "vendor = true\n").is_empty(), "{release}");
        }
        assert!(refusals("1.95.0", "").is_empty());
        let later = refusals("1.200.0", "vendor = true\n");
        assert!(later[0].starts_with("Note ") && later[0].contains("x.py may stop at it"));
        assert!(refusals("1.200.0", WITH_SCCACHE).is_empty());
        // An older name.
        let older = refusals("1.92.0", "[rust]\nuse-lld = true\n");
        assert!(older[0].starts_with("Note rust.use-lld: "), "{older:?}");
        // Only some commands stop at it.
        let stage = refusals("1.95.0", "[build]\ncheck-stage = 0\n");
        assert!(
            stage[0].starts_with("Note build.check-stage: "),
            "{stage:?}"
        );
        // Another machine's LLVM.
        let other = "[target.wasm32-unknown-unknown]\nllvm-config = \"/l\"\n";
        assert!(refusals("1.85.0", other).is_empty());
        let own = format!("[target.{ARCH}-unknown-linux-gnu]\nllvm-config = \"/l\"\n");
        assert!(refusals("1.85.0", &own)[0].starts_with("Fix target."));
    }
}
