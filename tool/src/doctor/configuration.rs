//! The files that say something about the cache: sccache's, cargo's, and that of a rustc source
//! tree, which [`source_tree`] is about.

use std::env;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::{Table, Value};

use super::environment::Environment;
use super::mask;
use super::page::Page;
use super::probe::Text;
use super::problem::Problem;
use super::source_tree::{self, SourceTree};
use super::variables::Variables;

/// A file of settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// The variable that names it, or nothing where it has its usual place.
    pub named_by: Option<&'static str>,
    /// Its text, without secrets.
    #[serde(flatten)]
    pub text: Text,
    /// Why it is no TOML, if it is not.
    pub error: Option<String>,
    /// What is in it.
    #[serde(skip)]
    pub table: Table,
}

impl File {
    /// Reads a file of this path.
    pub fn read(path: PathBuf, named_by: Option<&'static str>) -> Self {
        let text = Text::of(&path);
        let (table, error) = match text.read().map(str::parse::<Table>) {
            None => (Table::new(), None),
            Some(Ok(table)) => (table, None),
            Some(Err(error)) => {
                // Its full message shows the line, which may have a secret in it.
                let place = error
                    .span()
                    .and_then(|span| text.read()?.get(..span.start))
                    .map_or(0, |before| before.matches('\n').count() + 1);
                (
                    Table::new(),
                    Some(format!("line {place}: {}", error.message())),
                )
            }
        };
        let text = match text {
            Text::Read(text) => Text::Read(mask::file(&text)),
            other => other,
        };
        Self {
            path,
            named_by,
            text,
            error,
            table,
        }
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.text != Text::Missing
    }

    /// The value of a key, by the names that lead to it.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.table.get(*first)?, |value, name| value.get(name))
    }
}

/// A setting, and what it is from: a variable's name, or a file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its value.
    pub value: String,
    /// A variable's name, or a file's.
    pub from: String,
    /// The folder from which a relative path in it leads on, where there is one.
    #[serde(skip)]
    pub base: Option<PathBuf>,
}

/// What cargo is told, by variables and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cargo {
    /// The wrapper of rustc that is in force; an empty one is none.
    pub wrapper: Option<Setting>,
    /// A wrapper in a file that is overridden by it.
    pub overridden_wrapper: Option<Setting>,
    /// The wrapper for the workspace's own crates.
    pub workspace_wrapper: Option<Setting>,
    /// Whether compilations are incremental: `1` for all, anything else for none.
    pub incremental: Option<Setting>,
}

/// The files, and what is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Configuration {
    /// Sccache's.
    pub sccache: Option<File>,
    /// Cargo's that are there, the nearest first.
    pub cargo_files: Vec<File>,
    /// What they and the variables come to.
    pub cargo: Cargo,
    /// The rustc source tree in the current directory, if that is one.
    pub source_tree: Option<SourceTree>,
}

/// Reads them.
pub fn gather(variables: &Variables, environment: &Environment) -> Configuration {
    let directory = environment.directory.as_deref();
    let cargo_files: Vec<_> = directory
        .into_iter()
        .flat_map(Path::ancestors)
        .map(|folder| folder.join(".cargo"))
        .chain(cargo_home(variables))
        .fold(Vec::new(), |mut folders: Vec<PathBuf>, folder| {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
            folders
        })
        .into_iter()
        .filter_map(|folder| cargo_file(&folder))
        .collect();
    Configuration {
        sccache: sccache(variables),
        cargo: cargo(variables, &cargo_files),
        cargo_files,
        source_tree: directory.and_then(|folder| SourceTree::find(folder, variables)),
    }
}

/// Sccache's file, as its 0.19 finds it (`config_file` in its `src/config.rs`).
fn sccache(variables: &Variables) -> Option<File> {
    const NAMED_BY: &str = "SCCACHE_CONF";
    if let Some(path) = variables.get_os(NAMED_BY) {
        return Some(File::read(path.into(), Some(NAMED_BY)));
    }
    let folder = folder_of(variables, "XDG_CONFIG_HOME", ".config")?;
    Some(File::read(folder.join("sccache/config"), None))
}

/// A folder of the XDG rules: a variable's, or else one in the home.
pub fn folder_of(variables: &Variables, name: &str, in_home: &str) -> Option<PathBuf> {
    variables
        .path(name)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(variables.path("HOME")?.join(in_home)))
}

fn cargo_home(variables: &Variables) -> Option<PathBuf> {
    variables
        .path("CARGO_HOME")
        .or_else(|| Some(variables.path("HOME")?.join(".cargo")))
}

/// The file in a folder of cargo's. It prefers the name without an ending.
fn cargo_file(folder: &Path) -> Option<File> {
    ["config", "config.toml"]
        .into_iter()
        .map(|name| File::read(folder.join(name), None))
        .find(File::exists)
}

/// What is in force by cargo's rules: a variable of its own comes before the one of the key,
/// and that before the files.
fn cargo(variables: &Variables, files: &[File]) -> Cargo {
    let variable = |name: &str| {
        let value = variables.get(name)?;
        Some(Setting {
            value: mask::value(name, &value),
            from: name.to_owned(),
            base: None,
        })
    };
    let in_files = |key: &str| {
        files.iter().find_map(|file| {
            let value = match file.get(&["build", key])? {
                Value::String(text) => text.clone(),
                Value::Boolean(true) => "1".to_owned(),
                Value::Boolean(false) => "0".to_owned(),
                _ => return None,
            };
            Some(Setting {
                value,
                from: format!("build.{key} in {}", file.path.display()),
                base: file
                    .path
                    .parent()
                    .and_then(Path::parent)
                    .map(Path::to_owned),
            })
        })
    };
    let wrapper_in_files = in_files("rustc-wrapper");
    let wrapper = variable("RUSTC_WRAPPER").or_else(|| variable("CARGO_BUILD_RUSTC_WRAPPER"));
    // The key's variable is a boolean, and the other is not.
    let build_incremental = variable("CARGO_BUILD_INCREMENTAL").map(|setting| Setting {
        value: if matches!(setting.value.as_str(), "true" | "1") {
            "1".to_owned()
        } else {
            "0".to_owned()
        },
        ..setting
    });
    Cargo {
        overridden_wrapper: wrapper_in_files.clone().filter(|_| wrapper.is_some()),
        wrapper: wrapper.or(wrapper_in_files),
        workspace_wrapper: variable("RUSTC_WORKSPACE_WRAPPER")
            .or_else(|| variable("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"))
            .or_else(|| in_files("rustc-workspace-wrapper"))
            .filter(|setting| !setting.value.is_empty()),
        incremental: variable("CARGO_INCREMENTAL")
            .or(build_incremental)
            .or_else(|| in_files("incremental")),
    }
}

/// What is wrong with them.
pub fn judge(configuration: &Configuration) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(file) = &configuration.sccache {
        if let Some(error) = &file.error {
            problems.push(Problem::fix(
                "sccache-config-invalid",
                format!("{}: {error}; sccache stops at it", file.path.display()),
                "correct it, or unset SCCACHE_CONF",
            ));
        }
        if file.named_by.is_some() && file.text.read().is_none() {
            problems.push(Problem::note(
                "sccache-config-missing",
                format!(
                    "SCCACHE_CONF names {}, which cannot be read, and sccache goes on without it",
                    file.path.display()
                ),
                "give `config` in `rust.sccacheEnv` a path in the store",
            ));
        }
    }
    for file in &configuration.cargo_files {
        if let Some(error) = &file.error {
            problems.push(Problem::fix(
                "cargo-config-invalid",
                format!("{}: {error}; cargo stops at it", file.path.display()),
                "correct it",
            ));
        }
    }
    if let (Some(wrapper), Some(overridden)) = (
        &configuration.cargo.wrapper,
        &configuration.cargo.overridden_wrapper,
    ) && wrapper.value != overridden.value
    {
        problems.push(Problem::note(
            "wrapper-overridden",
            format!(
                "{} says {:?}, and {} comes before it",
                overridden.from, overridden.value, wrapper.from
            ),
            "nothing, if that is what you want; else unset the variable",
        ));
    }
    if let Some(tree) = &configuration.source_tree {
        problems.extend(source_tree::judge(tree, &configuration.cargo));
    }
    problems
}

/// Shows them.
pub fn show(configuration: &Configuration, page: &mut Page) {
    page.section("configuration");
    match &configuration.sccache {
        Some(file) => show_file("sccache", file, page),
        None => page.row("sccache", "no file: HOME is not set"),
    }
    let cargo = &configuration.cargo;
    if configuration.cargo_files.is_empty() {
        page.row("cargo", "no file");
    }
    for (number, file) in configuration.cargo_files.iter().enumerate() {
        let label = if number == 0 { "cargo" } else { "" };
        page.row(label, &file.path.display().to_string());
    }
    let settings = [
        ("rustc wrapper", &cargo.wrapper),
        ("of workspace", &cargo.workspace_wrapper),
        ("incremental", &cargo.incremental),
    ];
    for (label, setting) in settings {
        match setting {
            Some(Setting { value, from, .. }) if value.is_empty() => {
                page.row(label, &format!("none, by {from}"));
            }
            Some(Setting { value, from, .. }) => page.row(label, &format!("{value}, by {from}")),
            None => page.row(label, "nothing says"),
        }
    }
    if let Some(tree) = &configuration.source_tree {
        let release = tree.release.as_deref().unwrap_or("of an unknown release");
        page.row("source tree", &format!("rustc {release}"));
        show_file("bootstrap", &tree.file, page);
    }
}

fn show_file(label: &str, file: &File, page: &mut Page) {
    let path = file.path.display();
    match &file.text {
        Text::Missing => page.row(label, &format!("{path}, which is not there")),
        Text::Unreadable(why) => page.row(label, &format!("{path}: {why}")),
        Text::Read(text) => {
            page.row(label, &path.to_string());
            page.block(text);
        }
    }
}

/// The path of a program as a setting gives it: a name alone is looked for on `PATH`.
pub fn program(setting: &Setting) -> Option<PathBuf> {
    let path = Path::new(&setting.value);
    if path.components().count() > 1 {
        let path = match &setting.base {
            Some(base) => base.join(path),
            None => env::current_dir().unwrap_or_default().join(path),
        };
        return path.exists().then_some(path);
    }
    which::which(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn names(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.name).collect()
    }

    fn environment(directory: &Path) -> Environment {
        let mut environment = super::super::environment::gather(&Variables::default(), None);
        environment.directory = Some(directory.to_owned());
        environment
    }

    fn configuration<const N: usize>(
        directory: &Path,
        variables: [(&str, &str); N],
    ) -> Configuration {
        gather(&variables.into(), &environment(directory))
    }

    #[test]
    fn the_nearest_file_of_cargos_counts_and_variables_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(
            folder,
            ".cargo/config.toml",
            "[build]\nrustc-wrapper = \"far\"\nincremental = true\n",
        );
        write(
            folder,
            "a/.cargo/config.toml",
            "[build]\nrustc-wrapper = \"near\"\n",
        );
        let near = configuration(&folder.join("a/b"), []);
        assert_eq!(near.cargo_files.len(), 2);
        assert_eq!(near.cargo.wrapper.as_ref().unwrap().value, "near");
        assert_eq!(near.cargo.incremental.as_ref().unwrap().value, "1");
        assert!(near.cargo.overridden_wrapper.is_none());
        let set = configuration(
            &folder.join("a"),
            [("RUSTC_WRAPPER", ""), ("CARGO_INCREMENTAL", "0")],
        );
        assert_eq!(set.cargo.wrapper.as_ref().unwrap().value, "");
        assert_eq!(set.cargo.overridden_wrapper.as_ref().unwrap().value, "near");
        assert_eq!(set.cargo.incremental.as_ref().unwrap().value, "0");
        assert_eq!(names(&judge(&set)), ["wrapper-overridden"]);
    }

    #[test]
    fn files_that_do_not_parse_are_told_without_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let file = write(folder, "conf", "[cache]\npassword = \"hunter2\n");
        write(folder, ".cargo/config", "[");
        let found = configuration(folder, [("SCCACHE_CONF", file.to_str().unwrap())]);
        let problems = judge(&found);
        assert_eq!(
            names(&problems),
            ["sccache-config-invalid", "cargo-config-invalid"]
        );
        assert!(problems[0].found.contains("line 2: "), "{problems:?}");
        assert!(!format!("{problems:?}").contains("hunter2"));
        let missing = configuration(folder, [("SCCACHE_CONF", "/nonexistent")]);
        assert!(names(&judge(&missing)).contains(&"sccache-config-missing"));
    }
}
