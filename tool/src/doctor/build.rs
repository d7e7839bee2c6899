//! What a build here would do: which calls go to the cache, and which do not.

use std::env;
use std::path::{Path, PathBuf};

use nix_sccache_contract::{self as contract, Language};
use serde::Serialize;

use super::configuration::{self, Configuration, Setting};
use super::page::Page;
use super::probe::{OF_A_PLACE, within};
use super::problem::Problem;
use super::source_tree::SourceTree;
use super::tools::{Kind, Tools};
use super::variables::Variables;
use crate::class;

/// Other caches that may stand where the shim does: by the stem of the name.
const CACHES: [&str; 5] = ["sccache", "ccache", "cachepot", "buildcache", "kache"];

/// Calls that sccache never serves.
const BY_NATURE: [&str; 5] = [
    "what links: programs, tests, build scripts, procedural macros, cdylib, dylib",
    "rustc with -o or --sysroot, or without --crate-name, --out-dir and one --emit",
    "rustc with --emit of more than link, metadata and dep-info",
    "C and C++ that is not compiled to an object, from one source",
    "questions: -vV, --print, --version, and what is read from standard input",
];

/// What a wrapper in force leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrapper {
    /// What says so: a variable's name, or a file's.
    pub from: String,
    /// What it says.
    pub value: String,
    /// What that is; nothing where there is no such program.
    pub kind: Option<Kind>,
}

impl Wrapper {
    fn is_shim(&self) -> bool {
        self.kind == Some(Kind::Shim)
    }

    /// Whether it says that there is to be none.
    fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

/// What stands in front of a compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InFront {
    /// The wrapper of rustc that cargo calls; an empty one is none.
    pub wrapper: Option<Wrapper>,
    /// The one that it calls for the workspace's own crates.
    pub workspace_wrapper: Option<Wrapper>,
    /// CMake's for C, and for C++.
    pub launchers: [Option<Wrapper>; 2],
    /// What the bootstrap of a rustc source tree calls, by its file.
    pub bootstrap: Option<Wrapper>,
    /// Whether the cargo that is first on `PATH` is the shim, which sets the wrapper.
    pub cargo_is_shim: bool,
    /// Whether the rustc that is first on `PATH` is the shim.
    pub rustc_is_shim: bool,
}

/// Whether the calls for a language go to the cache, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The language.
    pub language: &'static str,
    /// Whether they do.
    pub through_cache: bool,
    /// Why.
    pub why: String,
}

/// Which compilations are incremental, all of which sccache refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Incremental {
    /// None.
    None,
    /// Those of profiles that are, as `dev` is.
    ByProfile,
    /// All of the workspace's own crates.
    All,
}

/// What a build here would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Build {
    /// By language.
    pub ways: Vec<Way>,
    /// Which compilations are incremental.
    pub incremental: Incremental,
    /// What stands in front of the compilers.
    pub in_front: InFront,
    /// Calls that go past the cache by nature.
    pub passed_through: &'static [&'static str],
}

/// Works it out.
pub fn gather(variables: &Variables, tools: &Tools, configuration: &Configuration) -> Build {
    let cargo = &configuration.cargo;
    let tree = configuration.source_tree.as_ref();
    let launcher = |name: &str| {
        let value = variables.filled(name)?;
        Some(resolve(&Setting {
            value,
            from: name.to_owned(),
            base: None,
        }))
    };
    let is_shim = |name| {
        tools
            .first(name)
            .is_some_and(|program| program.kind == Kind::Shim)
    };
    let has_sccache_beside =
        env::current_exe().is_ok_and(|own| own.with_file_name("sccache").exists());
    let in_front = InFront {
        wrapper: cargo.wrapper.as_ref().map(resolve),
        workspace_wrapper: cargo.workspace_wrapper.as_ref().map(resolve),
        launchers: [
            launcher("CMAKE_C_COMPILER_LAUNCHER"),
            launcher("CMAKE_CXX_COMPILER_LAUNCHER"),
        ],
        bootstrap: tree.and_then(SourceTree::ccache).as_ref().map(resolve),
        cargo_is_shim: is_shim("cargo") && has_sccache_beside,
        rustc_is_shim: is_shim("rustc"),
    };
    work_out(in_front, variables, configuration)
}

fn work_out(in_front: InFront, variables: &Variables, configuration: &Configuration) -> Build {
    let wrap = variables.get(contract::WRAP);
    let by = match &configuration.source_tree {
        Some(tree) => of_x_py(&in_front, tree),
        None => of_cargo(&in_front, variables),
    };
    Build {
        ways: Language::ALL
            .into_iter()
            .zip(by)
            .map(|(language, by)| way(language, by, wrap.as_deref()))
            .collect(),
        incremental: incremental(&in_front, variables, configuration),
        in_front,
        passed_through: &BY_NATURE,
    }
}

fn resolve(setting: &Setting) -> Wrapper {
    let Setting { value, from, .. } = setting.clone();
    let setting = setting.clone();
    let kind = within(OF_A_PLACE, move || {
        let path: Option<PathBuf> = configuration::program(&setting);
        path.map(|path| Kind::of(&path))
    })
    .flatten();
    Wrapper { from, value, kind }
}

/// Whether the shim sets `RUSTC_WRAPPER` for the cargo behind it: only where nothing is said.
fn sets_wrapper(in_front: &InFront, variables: &Variables) -> bool {
    in_front.cargo_is_shim && variables.get_os("RUSTC_WRAPPER").is_none()
}

/// What puts the shim in front of the compiler of a language, or why nothing does.
type By = Result<String, String>;

/// In a build by cargo, for rust, C and C++.
fn of_cargo(in_front: &InFront, variables: &Variables) -> [By; 3] {
    let wrapper = in_front.wrapper.as_ref();
    let by_wrapper = wrapper.filter(|wrapper| wrapper.is_shim());
    let rust = if sets_wrapper(in_front, variables) {
        Ok("the cargo that is first on PATH is the shim, and sets RUSTC_WRAPPER".to_owned())
    } else if let Some(wrapper) = by_wrapper {
        Ok(format!("{} leads to the shim", wrapper.from))
    } else if in_front.rustc_is_shim && wrapper.is_none_or(Wrapper::is_empty) {
        Ok("the rustc that is first on PATH is the shim".to_owned())
    } else {
        nothing()
    };
    let by_cc_rs = sets_wrapper(in_front, variables) || by_wrapper.is_some();
    let [c, cxx] = of_c(in_front, by_cc_rs.then(build_scripts).as_ref());
    [rust, c, cxx]
}

/// In a build of rustc by `x.py`, which looks for neither rustc nor cargo on `PATH`.
fn of_x_py(in_front: &InFront, tree: &SourceTree) -> [By; 3] {
    let wrapper = in_front
        .wrapper
        .as_ref()
        .filter(|wrapper| wrapper.is_shim() && tree.asks(&wrapper.from));
    let bootstrap = in_front.bootstrap.as_ref();
    let rust = match (tree.calls_it_for_rust(), bootstrap, wrapper) {
        (true, Some(bootstrap), _) if !bootstrap.is_shim() => {
            Err(format!("{} does not lead to the shim", bootstrap.from))
        }
        (true, Some(_), _) if tree.is_incremental() => {
            Err("x.py compiles incrementally, and then calls no cache for Rust".to_owned())
        }
        (true, Some(bootstrap), _) => Ok(format!(
            "x.py calls it for what stage 0 compiles, by {}",
            bootstrap.from
        )),
        (true, None, Some(wrapper)) => Err(format!(
            "x.py adds --sysroot, which sccache refuses, to most calls that {} is for",
            wrapper.from
        )),
        (false, _, Some(wrapper)) if tree.adds_sysroot() => Ok(format!(
            "{} leads to the shim, for the libraries of build scripts and macros; the other calls bring a --sysroot",
            wrapper.from
        )),
        (false, _, Some(wrapper)) => Ok(format!("{} leads to the shim", wrapper.from)),
        (_, _, None) => nothing(),
    };
    let of_bootstrap = bootstrap
        .filter(|bootstrap| bootstrap.is_shim())
        .map(|bootstrap| format!("x.py's, by {}", bootstrap.from))
        .or_else(|| {
            let reaches_cargo = wrapper.is_some() && !tree.adds_sysroot();
            reaches_cargo.then(build_scripts)
        });
    let [c, cxx] = of_c(in_front, of_bootstrap.as_ref());
    [rust, c, cxx]
}

fn of_c(in_front: &InFront, others: Option<&String>) -> [By; 2] {
    in_front.launchers.each_ref().map(|launcher| {
        let cmake = launcher
            .as_ref()
            .filter(|launcher| launcher.is_shim())
            .map(|launcher| format!("CMake's, by {}", launcher.from));
        let parts: Vec<_> = cmake.into_iter().chain(others.cloned()).collect();
        if parts.is_empty() {
            nothing()
        } else {
            Ok(parts.join("; "))
        }
    })
}

fn build_scripts() -> String {
    "those of build scripts with cc-rs, by rustc's wrapper".to_owned()
}

fn nothing() -> By {
    Err("nothing puts the shim in front of the compiler".to_owned())
}

fn way(language: Language, by: By, wrap: Option<&str>) -> Way {
    let is_wrapped = class::is_wrapped(language, wrap);
    let (through_cache, why) = match by {
        Ok(_) if !is_wrapped => (false, format!("{} leaves it out", contract::WRAP)),
        Ok(by) => (true, by),
        Err(why) => (false, why),
    };
    Way {
        language: language.name(),
        through_cache,
        why,
    }
}

fn incremental(
    in_front: &InFront,
    variables: &Variables,
    configuration: &Configuration,
) -> Incremental {
    if let Some(tree) = &configuration.source_tree {
        return if tree.is_incremental() {
            Incremental::All
        } else {
            Incremental::None
        };
    }
    // The shim says 0 where it sets the wrapper and the variable is not set.
    let is_told = variables.get_os("CARGO_INCREMENTAL").is_some();
    if sets_wrapper(in_front, variables) && !is_told {
        return Incremental::None;
    }
    match &configuration.cargo.incremental {
        Some(setting) if setting.value == "1" => Incremental::All,
        Some(_) => Incremental::None,
        None => Incremental::ByProfile,
    }
}

/// What is wrong with that.
pub fn judge(build: &Build, configuration: &Configuration, variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    let wrapper = build.in_front.wrapper.as_ref();
    let tree = configuration.source_tree.as_ref();
    let asked = wrapper.filter(|wrapper| tree.is_none_or(|tree| tree.asks(&wrapper.from)));
    problems.extend(asked.and_then(judge_wrapper).map(|problem| match tree {
        // There it is not the way, and another one is told.
        Some(tree) if tree.calls_it_for_rust() => Problem {
            remedy: "unset it for x.py".to_owned(),
            ..problem
        },
        _ => problem,
    }));
    problems.extend(build.in_front.bootstrap.as_ref().and_then(judge_bootstrap));
    let rust = build.ways.first();
    let wrap = variables.get(contract::WRAP);
    if !class::is_wrapped(Language::Rust, wrap.as_deref()) {
        problems.push(Problem::note(
            "rust-left-out",
            format!("{} leaves rust out", contract::WRAP),
            "add \"rust\" to `wrap`, unless only C and C++ are meant",
        ));
    } else if asked.is_none_or(Wrapper::is_empty) && rust.is_some_and(|way| !way.through_cache) {
        match tree {
            None => problems.push(not_wrapped(wrapper)),
            Some(tree) if !tree.calls_it_for_rust() => problems.push(not_wrapped_by_x_py(tree)),
            // What is wrong with its file is told there.
            Some(_) => {}
        }
    } else if let Some(tree) = tree
        && tree.adds_sysroot()
        && !tree.calls_it_for_rust()
        && rust.is_some_and(|way| way.through_cache)
    {
        problems.push(Problem::note(
            "bootstrap-adds-sysroot",
            format!(
                "{} adds --sysroot, which sccache refuses, to all of rustc's calls but those for libraries of build scripts \
                 and macros",
                tree.builder()
            ),
            "nothing: from Rust 1.89 on build.ccache does without",
        ));
    }
    problems.extend(series(build, variables, tree));
    match build.incremental {
        Incremental::None => {}
        // It is x.py's file that says so, and what is wrong with it is told there.
        _ if tree.is_some() => {}
        Incremental::ByProfile => problems.push(Problem::note(
            "incremental-by-profile",
            "the workspace's own crates are compiled incrementally in the dev profile, and sccache refuses those calls",
            "set CARGO_INCREMENTAL=0",
        )),
        Incremental::All => {
            let from = configuration.cargo.incremental.as_ref();
            let from = from.map_or("a setting", |setting| setting.from.as_str());
            problems.push(Problem::fix(
                "incremental",
                format!("{from} makes every profile incremental, and sccache refuses such calls"),
                "set CARGO_INCREMENTAL=0",
            ));
        }
    }
    problems
}

fn not_wrapped(wrapper: Option<&Wrapper>) -> Problem {
    let remedy = "build by `nix-sccache run -- cargo build`, or give the derivation to withSccache, or set RUSTC_WRAPPER to \
                  bin/sccache of nix-sccache's package";
    match wrapper {
        None => Problem::fix(
            "rust-not-wrapped",
            "RUSTC_WRAPPER is not set, and neither cargo nor rustc on PATH is the shim: no build of Rust here asks the cache",
            remedy,
        ),
        Some(wrapper) => Problem::fix(
            "rust-not-wrapped",
            format!(
                "{} is empty, which tells cargo to have no wrapper",
                wrapper.from
            ),
            format!("unset it; or {remedy}"),
        ),
    }
}

fn not_wrapped_by_x_py(tree: &SourceTree) -> Problem {
    Problem::fix(
        "rust-not-wrapped",
        format!(
            "no RUSTC_WRAPPER is set, and nothing else has {} ask the cache for Rust",
            tree.builder()
        ),
        "set RUSTC_WRAPPER to bin/sccache of nix-sccache's package, or build by sccachedRustc",
    )
}

/// What bootstrap calls by the name of sccache; of another name its file's own problems tell.
fn judge_bootstrap(bootstrap: &Wrapper) -> Option<Problem> {
    let Wrapper { from, value, kind } = bootstrap;
    if !is_named(value, "sccache") {
        return None;
    }
    let remedy = "put bin of nix-sccache's package first on PATH, and have the key say \"sccache\"";
    match kind {
        Some(Kind::Shim) => None,
        None => Some(Problem::fix(
            "wrapper-missing",
            format!("{from} names {value}, and there is no such program: x.py stops"),
            remedy,
        )),
        Some(_) => Some(Problem::fix(
            "wrapper-not-ours",
            format!("{from} names {value}, and that is not the shim"),
            remedy,
        )),
    }
}

fn judge_wrapper(wrapper: &Wrapper) -> Option<Problem> {
    let Wrapper { from, value, kind } = wrapper;
    if wrapper.is_empty() {
        return None;
    }
    let beside = "name bin/sccache of nix-sccache's package";
    match kind {
        Some(Kind::Shim) => None,
        Some(Kind::NixSccache) => Some(Problem::fix(
            "wrapper-by-wrong-name",
            format!("{from} names {value}: by that name the shim is no wrapper, and cargo stops"),
            format!("{beside}, which is the same program"),
        )),
        None => Some(Problem::fix(
            "wrapper-missing",
            format!("{from} names {value}, and there is no such program: cargo stops"),
            beside,
        )),
        Some(Kind::Sccache) => Some(Problem::fix(
            "wrapper-not-ours",
            format!(
                "{from} names the real sccache, {value}: builds fail when it does, and what Nix's compiler wrappers read \
                 from the environment is not in its keys"
            ),
            beside,
        )),
        Some(Kind::Rustup | Kind::Other) => Some(Problem::fix(
            "wrapper-not-ours",
            format!("{from} names {value}, which is not the shim"),
            beside,
        )),
    }
}

/// Caches that stand one behind the other: each call is looked up twice, and the outer one takes
/// the inner one for the compiler.
fn series(build: &Build, variables: &Variables, tree: Option<&SourceTree>) -> Vec<Problem> {
    let in_front = &build.in_front;
    let mut problems = Vec::new();
    let mut pair = |outer: String, inner: String, remedy: &str| {
        problems.push(Problem::fix(
            "two-wrappers",
            format!("two wrappers in series: {outer} is in front of {inner}"),
            remedy,
        ));
    };
    let wrapper = in_front
        .wrapper
        .as_ref()
        .filter(|wrapper| is_cache(wrapper));
    // What is on PATH is not what x.py calls.
    let uses_path = tree.is_none();
    let sets_wrapper = uses_path && sets_wrapper(in_front, variables);
    let outer = match wrapper {
        Some(wrapper) if !sets_wrapper => Some(wrapper.from.clone()),
        _ => sets_wrapper.then(|| "the shim as cargo".to_owned()),
    };
    if let (Some(outer), Some(inner)) = (&outer, &in_front.workspace_wrapper)
        && is_cache(inner)
    {
        pair(
            outer.clone(),
            format!("{} ({})", inner.from, inner.value),
            "unset the workspace's wrapper: RUSTC_WRAPPER serves those crates, too",
        );
    }
    if let Some(wrapper) = wrapper
        && wrapper.kind != Some(Kind::Shim)
        && uses_path
        && in_front.rustc_is_shim
    {
        pair(
            format!("{} ({})", wrapper.from, wrapper.value),
            "the shim as rustc on PATH".to_owned(),
            "unset RUSTC_WRAPPER, or name the shim",
        );
    }
    for (launcher, compiler) in in_front.launchers.iter().zip(["CC", "CXX"]) {
        let inner = variables.filled(compiler);
        let program = inner.as_deref().and_then(|inner| inner.split(' ').next());
        if let (Some(launcher), Some(program)) = (launcher, program)
            && is_cache(launcher)
            && is_name_of_cache(program)
        {
            pair(
                launcher.from.clone(),
                format!("{program} in {compiler}"),
                "leave the compiler alone in that variable",
            );
        }
    }
    problems
}

fn is_cache(wrapper: &Wrapper) -> bool {
    matches!(
        wrapper.kind,
        Some(Kind::Shim | Kind::NixSccache | Kind::Sccache)
    ) || is_name_of_cache(&wrapper.value)
}

fn is_name_of_cache(program: &str) -> bool {
    CACHES.iter().any(|cache| is_named(program, cache))
}

fn is_named(program: &str, name: &str) -> bool {
    Path::new(program)
        .file_stem()
        .is_some_and(|stem| stem == name)
}

/// Shows it.
pub fn show(build: &Build, page: &mut Page) {
    page.section("a build here");
    for way in &build.ways {
        let how = if way.through_cache {
            "asks the cache"
        } else {
            "runs without the cache"
        };
        page.row(way.language, &format!("{how}: {}", way.why));
    }
    page.row(
        "incremental",
        match build.incremental {
            Incremental::None => "no",
            Incremental::ByProfile => {
                "where the profile is, as dev is; sccache refuses those calls"
            }
            Incremental::All => "all; sccache refuses them",
        },
    );
    page.row("past it", "whatever is set, these run without the cache:");
    for calls in build.passed_through {
        page.paragraph("                - ", calls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::configuration::{Cargo, File};

    fn wrapper(value: &str, kind: Option<Kind>) -> Wrapper {
        Wrapper {
            from: "RUSTC_WRAPPER".to_owned(),
            value: value.to_owned(),
            kind,
        }
    }

    fn shim() -> Wrapper {
        wrapper("/shim/bin/sccache", Some(Kind::Shim))
    }

    /// What a build by cargo does, and the names of what is wrong with it.
    fn of<const N: usize>(
        in_front: InFront,
        variables: [(&str, &str); N],
    ) -> (Build, Vec<&'static str>) {
        examine(in_front, variables, None)
    }

    fn examine<const N: usize>(
        in_front: InFront,
        variables: [(&str, &str); N],
        source_tree: Option<SourceTree>,
    ) -> (Build, Vec<&'static str>) {
        let variables = Variables::from(variables);
        let incremental = variables.get("CARGO_INCREMENTAL").map(|value| Setting {
            value,
            from: "CARGO_INCREMENTAL".to_owned(),
            base: None,
        });
        let configuration = Configuration {
            sccache: None,
            cargo_files: Vec::new(),
            cargo: Cargo {
                incremental,
                ..Cargo::default()
            },
            source_tree,
        };
        let build = work_out(in_front, &variables, &configuration);
        let problems = judge(&build, &configuration, &variables);
        (build, problems.iter().map(|problem| problem.name).collect())
    }

    /// A tree of rustc's sources with a file of this text, which calls this by its key `ccache`.
    fn of_tree(
        release: &str,
        text: &str,
        wrapper: Option<Wrapper>,
        bootstrap: Option<Wrapper>,
    ) -> (Build, Vec<&'static str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let tree = SourceTree {
            release: Some(release.to_owned()),
            file: File::read(path, None),
        };
        let in_front = InFront {
            wrapper,
            bootstrap,
            // As the hook has it, and nobody there calls them.
            cargo_is_shim: true,
            rustc_is_shim: true,
            ..InFront::default()
        };
        examine(in_front, [], Some(tree))
    }

    fn ccache(value: &str, kind: Option<Kind>) -> Wrapper {
        Wrapper {
            from: "build.ccache in config.toml".to_owned(),
            ..wrapper(value, kind)
        }
    }

    const NOT_INCREMENTAL: (&str, &str) = ("CARGO_INCREMENTAL", "0");

    #[test]
    fn what_with_sccache_sets_is_well() {
        let in_front = InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), Some(shim())],
            rustc_is_shim: true,
            cargo_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(
            in_front,
            [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "/shim/bin/sccache")],
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert!(build.ways.iter().all(|way| way.through_cache), "{build:?}");
    }

    #[test]
    fn a_wrapper_that_is_not_the_shim_is_told() {
        for (found, name) in [
            (None, "rust-not-wrapped"),
            (Some(wrapper("", None)), "rust-not-wrapped"),
            (Some(wrapper("/x", None)), "wrapper-missing"),
            (
                Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
                "wrapper-not-ours",
            ),
            (Some(wrapper("/x", Some(Kind::Other))), "wrapper-not-ours"),
            (
                Some(wrapper("/shim/bin/nix-sccache", Some(Kind::NixSccache))),
                "wrapper-by-wrong-name",
            ),
        ] {
            let in_front = InFront {
                wrapper: found,
                ..InFront::default()
            };
            let (build, problems) = of(in_front, [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "")]);
            assert_eq!(problems, [name]);
            assert!(!build.ways[0].through_cache, "{build:?}");
        }
    }

    #[test]
    fn the_shim_as_cargo_or_rustc_does_without_a_variable() {
        let cargo = InFront {
            cargo_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(cargo.clone(), []);
        assert!(problems.is_empty(), "{problems:?}");
        assert!(build.ways.iter().all(|way| way.through_cache), "{build:?}");
        assert_eq!(build.incremental, Incremental::None);
        // An empty variable means none, to it as well.
        let empty = InFront {
            wrapper: Some(wrapper("", None)),
            ..cargo
        };
        assert_eq!(
            of(empty, [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "")]).1,
            ["rust-not-wrapped"]
        );
        let rustc = InFront {
            rustc_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(rustc, []);
        assert_eq!(problems, ["incremental-by-profile"]);
        let through: Vec<_> = build.ways.iter().map(|way| way.through_cache).collect();
        assert_eq!(through, [true, false, false]);
    }

    #[test]
    fn languages_that_are_left_out_are_told() {
        let in_front = InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), None],
            ..InFront::default()
        };
        let (build, problems) = of(
            in_front,
            [
                NOT_INCREMENTAL,
                ("NIX_SCCACHE_WRAP", "c"),
                ("RUSTC_WRAPPER", "x"),
            ],
        );
        let through: Vec<_> = build.ways.iter().map(|way| way.through_cache).collect();
        assert_eq!(through, [false, true, false]);
        assert_eq!(problems, ["rust-left-out"]);
        let (_, problems) = of(
            InFront::default(),
            [NOT_INCREMENTAL, ("NIX_SCCACHE_WRAP", "c")],
        );
        assert_eq!(problems, ["rust-left-out"]);
    }

    #[test]
    fn incremental_compilations_are_told() {
        let in_front = || InFront {
            wrapper: Some(shim()),
            ..InFront::default()
        };
        assert_eq!(of(in_front(), []).1, ["incremental-by-profile"]);
        assert_eq!(
            of(in_front(), [("CARGO_INCREMENTAL", "1")]).1,
            ["incremental"]
        );
        assert!(
            of(in_front(), [("CARGO_INCREMENTAL", "false")])
                .1
                .is_empty()
        );
    }

    #[test]
    fn two_wrappers_in_series_are_told() {
        let twice = InFront {
            wrapper: Some(shim()),
            workspace_wrapper: Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
            ..InFront::default()
        };
        assert_eq!(of(twice, [NOT_INCREMENTAL]).1, ["two-wrappers"]);
        let clippy = InFront {
            wrapper: Some(shim()),
            workspace_wrapper: Some(wrapper("/bin/clippy-driver", Some(Kind::Other))),
            rustc_is_shim: true,
            ..InFront::default()
        };
        assert!(of(clippy, [NOT_INCREMENTAL]).1.is_empty());
        let real = InFront {
            wrapper: Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
            rustc_is_shim: true,
            ..InFront::default()
        };
        assert_eq!(
            of(real, [NOT_INCREMENTAL]).1,
            ["wrapper-not-ours", "two-wrappers"]
        );
        let c = || InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), None],
            ..InFront::default()
        };
        assert_eq!(
            of(c(), [NOT_INCREMENTAL, ("CC", "ccache gcc")]).1,
            ["two-wrappers"]
        );
        assert!(
            of(c(), [NOT_INCREMENTAL, ("CC", "gcc"), ("CXX", "ccache g++")])
                .1
                .is_empty()
        );
    }

    const X_PY_CALLS_IT: &str = "[build]\nccache = \"sccache\"\n";

    fn through(build: &Build) -> [bool; 3] {
        [0, 1, 2].map(|way| build.ways[way].through_cache)
    }

    #[test]
    fn x_py_calls_the_shim_by_its_file_from_one_release_on() {
        let by_file = || Some(ccache("sccache", Some(Kind::Shim)));
        let (build, problems) = of_tree("1.95.0", X_PY_CALLS_IT, None, by_file());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(through(&build), [true; 3], "{build:?}");
        assert_eq!(build.incremental, Incremental::None);
        // The variable adds nothing, and is no way without the file.
        let (build, problems) = of_tree("1.95.0", X_PY_CALLS_IT, Some(shim()), by_file());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(through(&build), [true; 3], "{build:?}");
        let (build, problems) = of_tree("1.95.0", "", Some(shim()), None);
        // It is the file's own problem.
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(through(&build), [false; 3], "{build:?}");
        assert!(build.ways[0].why.contains("--sysroot"), "{build:?}");
        let incremental = format!("profile = \"library\"\n{X_PY_CALLS_IT}");
        let (build, problems) = of_tree("1.95.0", &incremental, None, by_file());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(through(&build), [false, true, true], "{build:?}");
        assert_eq!(build.incremental, Incremental::All);
    }

    #[test]
    fn another_sccache_that_x_py_calls_is_told() {
        for (release, kind, name) in [
            ("1.95.0", None, "wrapper-missing"),
            ("1.95.0", Some(Kind::Sccache), "wrapper-not-ours"),
            ("1.95.0", Some(Kind::Other), "wrapper-not-ours"),
            ("1.85.0", Some(Kind::Sccache), "wrapper-not-ours"),
        ] {
            let wrapper = (release == "1.85.0").then(shim);
            let (build, problems) = of_tree(
                release,
                X_PY_CALLS_IT,
                wrapper,
                Some(ccache("sccache", kind)),
            );
            assert_eq!(problems[0], name, "{release} {kind:?}");
            assert_eq!(
                through(&build),
                [release == "1.85.0", false, false],
                "{build:?}"
            );
        }
        // Of another cache its file's problems tell.
        let other = ccache("ccache", Some(Kind::Other));
        assert!(of_tree("1.95.0", "", None, Some(other)).1.is_empty());
    }

    #[test]
    fn before_that_it_calls_rustcs_wrapper() {
        let (build, problems) = of_tree("1.85.0", "", None, None);
        assert_eq!(problems, ["rust-not-wrapped"]);
        assert_eq!(through(&build), [false; 3], "{build:?}");
        let (build, problems) = of_tree("1.85.0", "", Some(shim()), None);
        assert_eq!(problems, ["bootstrap-adds-sysroot"]);
        assert_eq!(through(&build), [true, false, false], "{build:?}");
        assert!(build.ways[0].why.contains("--sysroot"), "{build:?}");
        // Bootstrap's own program is cargo's wrapper, whatever cargo's files say.
        let of_file = Wrapper {
            from: "build.rustc-wrapper in x".to_owned(),
            ..shim()
        };
        let (_, problems) = of_tree("1.85.0", "", Some(of_file.clone()), None);
        assert_eq!(problems, ["rust-not-wrapped"]);
        for wrapper in [of_file, shim()] {
            let (build, problems) = of_tree("1.63.0", "", Some(wrapper), None);
            assert!(problems.is_empty(), "{problems:?}");
            assert_eq!(through(&build), [true; 3], "{build:?}");
        }
        // No advice leads back to the variable where it is not the way.
        let real = wrapper("/bin/sccache", Some(Kind::Sccache));
        let by_file = ccache("sccache", Some(Kind::Shim));
        let (_, problems) = of_tree("1.95.0", X_PY_CALLS_IT, Some(real), Some(by_file));
        assert_eq!(problems, ["wrapper-not-ours"]);
    }
}
