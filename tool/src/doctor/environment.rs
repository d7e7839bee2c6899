//! Where the doctor was called, and with which variables.

use std::env;
use std::path::{Path, PathBuf};

use nix_sccache_contract::{self as contract, Language};
use nix_sccache_core::nearest;
use rustix::fs::{Access, access};
use rustix::process::{getegid, geteuid};
use serde::Serialize;

use super::mask;
use super::page::Page;
use super::probe::{OF_A_PLACE, within};
use super::problem::Problem;
use super::variables::Variables;
use crate::inputs;
use crate::session::{Session, in_sandbox};

/// Variables that matter, by how they begin: our own, those of sccache, of cargo's and rustc's
/// that choose programs or change what is compiled, and those in which a store's client finds
/// its account.
const BEGINNINGS: [&str; 18] = [
    "ACTIONS_",
    "ALIBABA_CLOUD_",
    "AWS_",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_HOME",
    "CARGO_INCREMENTAL",
    "CARGO_NIX_SCCACHE_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_DIR",
    "CARGO_UNSTABLE_",
    "NIX_SCCACHE_",
    "RUSTC",
    "RUSTFLAGS",
    "RUSTUP_",
    "RUST_BOOTSTRAP_CONFIG",
    "SCCACHE_",
    "TENCENTCLOUD_",
];

/// And by their whole names.
const NAMES: [&str; 17] = [
    "CC",
    "CMAKE_CXX_COMPILER_LAUNCHER",
    "CMAKE_C_COMPILER_LAUNCHER",
    "CURL",
    "CXX",
    "HOME",
    "IN_NIX_SHELL",
    "LD_LIBRARY_PATH",
    "NIX_BUILD_CORES",
    "NIX_BUILD_TOP",
    "NIX_CONFIG",
    "NIX_STORE",
    "PATH",
    "SOURCE_DATE_EPOCH",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
];

/// Those of them that are lists of folders, shown one a line.
const LISTS: [&str; 2] = ["LD_LIBRARY_PATH", "PATH"];

/// The names of `rust.sccacheEnv`'s transports.
const TRANSPORTS: [&str; 13] = [
    "azure",
    "chain",
    "cos",
    "directory",
    "ephemeral",
    "gcs",
    "gha",
    "memcached",
    "oss",
    "redis",
    "s3",
    "server",
    "webdav",
];

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Nix's sandbox.
    Sandbox,
    /// A build of Nix's without a sandbox.
    Build,
    /// `nix develop` or `nix-shell`.
    DevShell,
    /// None of these.
    Host,
}

impl Place {
    fn of(variables: &Variables, in_sandbox: bool) -> Self {
        let is_build = variables.get_os("NIX_BUILD_TOP").is_some();
        if variables.get_os("IN_NIX_SHELL").is_some() {
            Self::DevShell
        } else if is_build && in_sandbox {
            Self::Sandbox
        } else if is_build {
            Self::Build
        } else {
            Self::Host
        }
    }

    /// Whether a derivation is built here.
    pub fn is_build(self) -> bool {
        matches!(self, Self::Sandbox | Self::Build)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "a build in Nix's sandbox",
            Self::Build => "a build of Nix's without a sandbox",
            Self::DevShell => "a shell of Nix's",
            Self::Host => "the host: neither a build of Nix's nor a shell of its",
        }
    }
}

/// A variable that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, without secrets.
    pub value: String,
}

/// Where the doctor was called, and with which variables.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// Where.
    pub place: Place,
    /// The user and the group, by number.
    pub user: u32,
    /// The group.
    pub group: u32,
    /// The current directory.
    pub directory: Option<PathBuf>,
    /// Where programs put their temporary files.
    pub temporary: PathBuf,
    /// Whether they can.
    pub temporary_is_writable: bool,
    /// Whether a session runs here.
    pub in_session: bool,
    /// The variables that matter, by name.
    pub variables: Vec<Variable>,
}

/// Looks around.
pub fn gather(variables: &Variables, session: Option<&Session>) -> Environment {
    let temporary = variables.path("TMPDIR").unwrap_or_else(|| "/tmp".into());
    let matters = |name: &str| {
        NAMES.contains(&name)
            || BEGINNINGS.iter().any(|start| name.starts_with(start))
            || inputs::is_hidden(name)
    };
    Environment {
        place: Place::of(variables, in_sandbox()),
        user: geteuid().as_raw(),
        group: getegid().as_raw(),
        directory: env::current_dir().ok(),
        temporary_is_writable: is_writable_folder(&temporary),
        temporary,
        in_session: session.is_some(),
        variables: variables
            .iter()
            .filter(|(name, _)| matters(name))
            .map(|(name, value)| Variable {
                name: name.to_owned(),
                value: mask::value(name, &value.to_string_lossy()),
            })
            .collect(),
    }
}

/// Whether this user may make files in a folder. Nothing is made.
pub fn is_writable_folder(folder: &Path) -> bool {
    let folder = folder.to_owned();
    within(OF_A_PLACE, move || {
        folder.is_dir() && access(&folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    })
    .unwrap_or(false)
}

/// What is wrong with that.
pub fn judge(environment: &Environment, variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !environment.temporary_is_writable {
        problems.push(Problem::fix(
            "temporary-not-writable",
            format!(
                "temporary files cannot be made in {}",
                environment.temporary.display()
            ),
            format!(
                "set TMPDIR to a folder that user {} may write to",
                environment.user
            ),
        ));
    }
    if let Some(folder) = variables
        .path(contract::SESSION)
        .filter(|_| !environment.in_session)
    {
        problems.push(Problem::note(
            "session-gone",
            format!(
                "{} names {}, which is not there: that session has ended",
                contract::SESSION,
                folder.display()
            ),
            "unset it, or begin one by `nix-sccache run -- COMMAND`",
        ));
    }
    problems.extend(transport(variables));
    problems.extend(wrap(variables));
    if let Some(seconds) = variables
        .get(contract::TIMEOUT)
        .filter(|seconds| seconds.parse::<u64>().is_err())
    {
        problems.push(Problem::note(
            "timeout-not-a-number",
            format!(
                "{} is {seconds:?} and not a number of seconds, so it is {}",
                contract::TIMEOUT,
                contract::DEFAULT_TIMEOUT
            ),
            "give `timeout` in `rust.sccacheEnv`, or a whole number",
        ));
    }
    // Sccache 0.19 (its `src/cmdline.rs`) then serves, whatever else it is called for.
    if variables
        .get("SCCACHE_START_SERVER")
        .is_some_and(|value| value == "1")
    {
        problems.push(Problem::fix(
            "starts-servers",
            "SCCACHE_START_SERVER is 1, with which every call of sccache starts a server and refuses to compile",
            "unset it here: it belongs to the daemon alone",
        ));
    }
    problems
}

fn transport(variables: &Variables) -> Option<Problem> {
    let transport = variables
        .get(contract::TRANSPORT)
        .filter(|name| !TRANSPORTS.contains(&name.as_str()))?;
    let meant = nearest(&transport, &TRANSPORTS)
        .map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
    Some(Problem::note(
        "transport-unknown",
        format!(
            "{} is {transport:?}, which is no transport{meant}",
            contract::TRANSPORT
        ),
        "let `rust.sccacheEnv` write it",
    ))
}

fn wrap(variables: &Variables) -> Option<Problem> {
    let wrap = variables.get(contract::WRAP)?;
    let known = Language::ALL.map(Language::name);
    let remedy = "name languages of rust, c and c++, with commas between, or unset it for all";
    if Language::named_in(&wrap).is_empty() {
        return Some(Problem::fix(
            "wraps-nothing",
            format!(
                "{} is {wrap:?} and names no language, so every call runs without the cache",
                contract::WRAP
            ),
            remedy,
        ));
    }
    let unknown = wrap.split(',').find(|name| !known.contains(name))?;
    Some(Problem::note(
        "wrap-unknown",
        format!(
            "{} names {unknown:?}, which is none of the languages",
            contract::WRAP
        ),
        remedy,
    ))
}

/// Shows it.
pub fn show(environment: &Environment, page: &mut Page) {
    page.section("environment");
    page.row("place", environment.place.name());
    page.row(
        "user",
        &format!("{}, group {}", environment.user, environment.group),
    );
    if let Some(directory) = &environment.directory {
        page.row("directory", &directory.display().to_string());
    }
    let session = if environment.in_session {
        "one runs here"
    } else {
        "none"
    };
    page.row("session", session);
    for Variable { name, value } in &environment.variables {
        if value.is_empty() || !LISTS.contains(&name.as_str()) {
            page.paragraph("  ", &format!("{name}={value}"));
            continue;
        }
        page.paragraph("  ", &format!("{name}="));
        for folder in value.split(':') {
            // An empty one means that.
            let folder = match folder {
                "" => "(the current directory)",
                folder => folder,
            };
            page.paragraph("    ", folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::mask::Secrets;

    fn environment() -> Environment {
        Environment {
            place: Place::Host,
            user: 1000,
            group: 100,
            directory: None,
            temporary: "/tmp".into(),
            temporary_is_writable: true,
            in_session: false,
            variables: Vec::new(),
        }
    }

    fn names<const N: usize>(variables: [(&str, &str); N]) -> Vec<&'static str> {
        judge(&environment(), &variables.into())
            .into_iter()
            .map(|problem| problem.name)
            .collect()
    }

    #[test]
    fn places_are_told_apart() {
        let place = |in_sandbox, variables: &Variables| Place::of(variables, in_sandbox);
        let build = Variables::from([("NIX_BUILD_TOP", "/build")]);
        let shell = Variables::from([("NIX_BUILD_TOP", "/build"), ("IN_NIX_SHELL", "impure")]);
        assert_eq!(place(false, &Variables::default()), Place::Host);
        assert_eq!(place(true, &build), Place::Sandbox);
        assert_eq!(place(false, &build), Place::Build);
        assert_eq!(place(true, &shell), Place::DevShell);
    }

    #[test]
    fn what_the_shim_would_not_take_is_told() {
        assert!(names([]).is_empty());
        assert!(
            names([
                ("NIX_SCCACHE_TRANSPORT", "server"),
                ("NIX_SCCACHE_WRAP", "rust,c++"),
                ("NIX_SCCACHE_TIMEOUT", "7"),
                ("SCCACHE_START_SERVER", "0"),
            ])
            .is_empty()
        );
        assert_eq!(
            names([
                ("NIX_SCCACHE_SESSION", "/nonexistent"),
                ("NIX_SCCACHE_TRANSPORT", "sever"),
                ("NIX_SCCACHE_WRAP", "rust,d"),
                ("NIX_SCCACHE_TIMEOUT", "1m"),
                ("SCCACHE_START_SERVER", "1"),
            ]),
            [
                "session-gone",
                "transport-unknown",
                "wrap-unknown",
                "timeout-not-a-number",
                "starts-servers"
            ]
        );
        assert_eq!(names([("NIX_SCCACHE_WRAP", "")]), ["wraps-nothing"]);
        let meant = transport(&[("NIX_SCCACHE_TRANSPORT", "sever")].into()).unwrap();
        assert!(
            meant.found.contains("did you mean \"server\"?"),
            "{meant:?}"
        );
    }

    #[test]
    fn a_folder_for_temporary_files_is_needed() {
        let unwritable = Environment {
            temporary_is_writable: false,
            ..environment()
        };
        assert_eq!(
            judge(&unwritable, &Variables::default())[0].name,
            "temporary-not-writable"
        );
        assert!(!is_writable_folder(Path::new("/nonexistent")));
        assert!(!is_writable_folder(Path::new("/dev/null")));
        assert!(is_writable_folder(tempfile::tempdir().unwrap().path()));
    }

    #[test]
    fn folders_on_path_have_a_line_each() {
        let variables = Variables::from([
            ("CURL", "/curl/bin/curl"),
            ("LD_LIBRARY_PATH", "/lib"),
            ("PATH", "/a b/bin::/c"),
            ("OTHER", "1"),
        ]);
        let secrets = Secrets::default();
        let mut page = Page::new(&secrets);
        show(&gather(&variables, None), &mut page);
        assert!(
            page.text().ends_with(
                "\n  CURL=/curl/bin/curl\n  LD_LIBRARY_PATH=\n    /lib\n  PATH=\n    /a b/bin\n    \
                 (the current directory)\n    /c"
            ),
            "{page:?}"
        );
    }
}
