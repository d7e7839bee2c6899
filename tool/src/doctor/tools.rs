//! Where each tool is on `PATH`, which is the shim and which the real one, and of which version.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract as contract;
use serde::Serialize;

use super::page::Page;
use super::probe::{self, OF_A_PLACE, Ran};
use super::problem::Problem;
use super::variables::Variables;
use crate::client;
use crate::compiler::is_shim;

/// The tools, in the order in which they are shown.
const NAMES: [&str; 7] = ["rustc", "cargo", "sccache", "cc", "c++", "curl", "python3"];

/// How many of a name are looked at: a `PATH` can be long.
const MOST: usize = 8;

/// The first release of sccache with the client-side mode, which the transport `server` needs.
const CLIENT_SIDE_SINCE: (u64, u64) = (0, 17);

/// What a program is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The shim, by a name under which it stands in front of a tool.
    Shim,
    /// The shim by its own name, `nix-sccache`: no wrapper.
    NixSccache,
    /// The real sccache.
    Sccache,
    /// rustup's, which chooses a toolchain and calls its program of the same name.
    Rustup,
    /// Any other program.
    Other,
}

impl Kind {
    /// What the file at a path is.
    pub fn of(path: &Path) -> Self {
        let is_called = |path: &Path, name: &str| path.file_name() == Some(OsStr::new(name));
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if is_shim(path) {
            if is_called(path, "nix-sccache") {
                Self::NixSccache
            } else {
                Self::Shim
            }
        } else if is_called(path, "sccache") || is_called(&real, "sccache") {
            Self::Sccache
        } else if is_called(&real, "rustup") {
            Self::Rustup
        } else {
            Self::Other
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::Shim | Self::NixSccache => Some("the shim"),
            Self::Rustup => Some("rustup's"),
            Self::Sccache | Self::Other => None,
        }
    }
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    /// Where it was found.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// What it says of its version; nothing for the shim, which is of ours.
    pub version: Option<String>,
    /// Why it does not say it.
    pub error: Option<String>,
}

/// All of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// The name.
    pub name: &'static str,
    /// Where it is on `PATH`, in order: the first one is used.
    pub found: Vec<Program>,
}

/// All the tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tools {
    /// By name.
    pub tools: Vec<Tool>,
    /// The sccache that the shim calls, if it finds one.
    pub sccache: Option<Program>,
}

impl Tools {
    /// What stands first on `PATH` under a name.
    pub fn first(&self, name: &str) -> Option<&Program> {
        let tool = self.tools.iter().find(|tool| tool.name == name)?;
        tool.found.first()
    }
}

/// Looks for the tools, and asks each for its version.
pub fn gather() -> Tools {
    let find = || {
        let paths = NAMES.map(|name| (name, on_path(name)));
        (paths, client::sccache())
    };
    let (paths, sccache) =
        probe::within(OF_A_PLACE, find).unwrap_or_else(|| (NAMES.map(|name| (name, vec![])), None));
    let asked: Vec<_> = paths
        .iter()
        .flat_map(|(_, paths)| paths)
        .chain(&sccache)
        .map(|path| {
            let path = path.clone();
            move || program(path)
        })
        .collect();
    // Each ends by itself; this is for file systems that hang.
    let mut programs = probe::all_within(OF_A_PLACE * 3, asked).into_iter();
    let tools = paths
        .into_iter()
        .map(|(name, paths)| Tool {
            name,
            found: programs.by_ref().take(paths.len()).flatten().collect(),
        })
        .collect();
    Tools {
        tools,
        sccache: programs.next().flatten(),
    }
}

/// Every program of a name on `PATH`, in order, each once.
fn on_path(name: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    which::which_all(name)
        .into_iter()
        .flatten()
        .filter(|path| {
            // `/bin` leads to `/usr/bin` on many a machine.
            let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
            let is_new = !folders.contains(&folder);
            folders.push(folder);
            is_new
        })
        .take(MOST)
        .collect()
}

fn program(path: PathBuf) -> Program {
    let kind = Kind::of(&path);
    let (version, error) = match kind {
        Kind::Shim | Kind::NixSccache => (None, None),
        _ => match version(&path) {
            Ok(version) => (Some(version), None),
            Err(error) => (None, Some(error)),
        },
    };
    Program {
        path,
        kind,
        version,
        error,
    }
}

fn version(path: &Path) -> Result<String, String> {
    let mut command = Command::new(path);
    command.arg("--version");
    // rustup would fetch a toolchain that a file here asks for.
    command.env("RUSTUP_AUTO_INSTALL", "0");
    // With it sccache would serve.
    command.env_remove("SCCACHE_START_SERVER");
    match probe::run(command) {
        Ran::Well(said) => Ok(said.lines().next().unwrap_or_default().trim().to_owned()),
        Ran::Badly(said) => Err(format!("--version fails: {said}")),
        Ran::NotAtAll(error) => Err(format!("it cannot be run: {error}")),
        Ran::TooLong => Err("--version does not end".to_owned()),
    }
}

/// The numbers of a version such as `sccache 0.19.0`, major and minor.
pub fn release(version: &str) -> Option<(u64, u64)> {
    let numbers = version.split_whitespace().next_back()?;
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// What is wrong with them.
pub fn judge(tools: &Tools, variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(sccache(tools, variables));
    let missing = [
        ("rustc", true, "every build of Rust needs it"),
        ("cargo", false, "builds by cargo need it"),
        ("cc", false, "rustc links with it"),
    ];
    for (name, is_needed, why) in missing {
        let found = format!("there is no {name} on PATH: {why}");
        let remedy = format!("add a package with {name} to nativeBuildInputs, or to PATH");
        match tools.first(name) {
            Some(_) => {}
            None if is_needed => problems.push(Problem::fix("tool-missing", found, remedy)),
            None => problems.push(Problem::note("tool-missing", found, remedy)),
        }
    }
    // Only the shim under that name: the compiler behind it is missing.
    for name in ["rustc", "cargo"] {
        let tool = tools.tools.iter().find(|tool| tool.name == name);
        if tool.is_some_and(|tool| {
            !tool.found.is_empty() && tool.found.iter().all(|program| program.kind == Kind::Shim)
        }) {
            problems.push(Problem::fix(
                "tool-missing",
                format!("the only {name} on PATH is the shim, which has none to call"),
                format!("add a package with {name} to nativeBuildInputs, or to PATH"),
            ));
        }
    }
    if let Some(rustc) = tools.first("rustc")
        && let Some(error) = &rustc.error
    {
        problems.push(Problem::fix(
            "rustc-fails",
            format!("{}: {error}", rustc.path.display()),
            "put a rustc that runs in front of it on PATH",
        ));
    }
    problems
}

fn sccache(tools: &Tools, variables: &Variables) -> Option<Problem> {
    let named = variables.get(contract::SCCACHE);
    let remedy =
        "give `sccache` in the settings of withSccache, or put sccache 0.17 or later on PATH";
    let Some(sccache) = &tools.sccache else {
        let found = match named {
            Some(named) => format!(
                "{} is {named:?}, and there is no sccache of that name but the shim",
                contract::SCCACHE
            ),
            None => "there is no sccache on PATH but the shim".to_owned(),
        };
        return Some(Problem::fix("sccache-missing", found, remedy));
    };
    if let Some(error) = &sccache.error {
        let found = format!("{}: {error}", sccache.path.display());
        return Some(Problem::fix("sccache-fails", found, remedy));
    }
    let version = sccache.version.as_deref()?;
    let is_old = release(version).is_some_and(|release| release < CLIENT_SIDE_SINCE);
    let needs_client_side = variables
        .get(contract::TRANSPORT)
        .is_some_and(|name| name == contract::TRANSPORT_SERVER);
    (is_old && needs_client_side).then(|| {
        Problem::fix(
            "sccache-too-old",
            format!(
                "{} is {version}, and the transport `server` needs 0.17 or later",
                sccache.path.display()
            ),
            "take a newer sccache, or another transport, such as `redis`",
        )
    })
}

/// Shows them.
pub fn show(tools: &Tools, page: &mut Page) {
    page.section("tools");
    for tool in &tools.tools {
        if tool.found.is_empty() {
            page.row(tool.name, "none on PATH");
        }
        for (number, program) in tool.found.iter().enumerate() {
            let label = if number == 0 { tool.name } else { "" };
            page.row(label, &program.path.display().to_string());
            page.row("", &said(program));
        }
    }
    match &tools.sccache {
        Some(sccache) => {
            page.row("real sccache", &sccache.path.display().to_string());
            page.row("", &said(sccache));
        }
        None => page.row("real sccache", "none"),
    }
}

/// In one line of the page, and no more: curl names all its libraries.
fn said(program: &Program) -> String {
    let said = whole(program);
    match said.char_indices().nth(60) {
        Some((end, _)) if program.error.is_none() => {
            format!("{}…", said.get(..end).unwrap_or(&said))
        }
        _ => said,
    }
}

fn whole(program: &Program) -> String {
    let own = || format!("nix-sccache {}", env!("CARGO_PKG_VERSION"));
    let version = match (&program.version, &program.error) {
        (Some(version), _) if version.is_empty() => "says nothing of its version".to_owned(),
        (Some(version), _) => version.clone(),
        (None, Some(error)) => error.clone(),
        (None, None) => own(),
    };
    match program.kind.name() {
        Some(name) => format!("{name}, {version}"),
        None => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &str, kind: Kind, version: &str) -> Program {
        Program {
            path: path.into(),
            kind,
            version: Some(version.to_owned()),
            error: None,
        }
    }

    fn tools() -> Tools {
        let tool = |name| Tool {
            name,
            found: vec![program("/bin/x", Kind::Other, "x 1.2.3")],
        };
        Tools {
            tools: NAMES.map(tool).to_vec(),
            sccache: Some(program("/bin/sccache", Kind::Sccache, "sccache 0.19.0")),
        }
    }

    fn names(tools: &Tools, transport: &str) -> Vec<&'static str> {
        judge(tools, &[("NIX_SCCACHE_TRANSPORT", transport)].into())
            .into_iter()
            .map(|problem| problem.name)
            .collect()
    }

    #[test]
    fn releases_are_read() {
        assert_eq!(release("sccache 0.19.0"), Some((0, 19)));
        assert_eq!(release("0.17.1-rc.1"), Some((0, 17)));
        for other in ["", "sccache", "sccache 1", "sccache a.b.c"] {
            assert_eq!(release(other), None, "{other}");
        }
    }

    #[test]
    fn an_old_sccache_has_no_client_side_mode() {
        let mut tools = tools();
        assert!(names(&tools, "server").is_empty());
        tools.sccache = Some(program("/bin/sccache", Kind::Sccache, "sccache 0.16.0"));
        assert_eq!(names(&tools, "server"), ["sccache-too-old"]);
        assert!(names(&tools, "redis").is_empty());
    }

    #[test]
    fn what_is_missing_is_told() {
        let mut tools = tools();
        tools.sccache = None;
        tools.tools[0].found.clear();
        assert_eq!(names(&tools, "server"), ["sccache-missing", "tool-missing"]);
        tools.tools[0].found = vec![program("/bin/rustc", Kind::Shim, "")];
        assert_eq!(names(&tools, "server"), ["sccache-missing", "tool-missing"]);
    }

    #[test]
    fn kinds_are_known_by_where_a_link_leads() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["nix-sccache", "rustup", "other"] {
            std::fs::write(path(name), "").unwrap();
        }
        for (name, to) in [
            ("sccache", "nix-sccache"),
            ("cargo", "rustup"),
            ("rustc", "other"),
        ] {
            std::os::unix::fs::symlink(path(to), path(name)).unwrap();
        }
        let kind = |name: &str| Kind::of(&path(name));
        assert_eq!(kind("nix-sccache"), Kind::NixSccache);
        assert_eq!(kind("sccache"), Kind::Shim);
        assert_eq!(kind("cargo"), Kind::Rustup);
        assert_eq!(kind("rustc"), Kind::Other);
        assert_eq!(kind("nonexistent/sccache"), Kind::Sccache);
    }
}
