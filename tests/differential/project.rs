//! Models a project: its files, its variables, and the calls that build it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::choices::Choices;

/// What a project's text says where it means the place that it is built in.
pub const PLACE: &str = "@place@";

/// A project's text, in that place.
pub fn in_place(text: &OsStr, place: &Path) -> OsString {
    match text.to_str() {
        Some(text) => text.replace(PLACE, &place.to_string_lossy()).into(),
        None => text.to_owned(),
    }
}

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A file.
    File(Vec<u8>),
    /// A program.
    Program(Vec<u8>),
    /// A symbolic link.
    Link(PathBuf),
}

/// A call of a program, in the project's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// What it reads on standard input.
    pub stdin: String,
}

impl Display for Call {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for word in &self.words {
            write!(formatter, "{} ", quoted(&word.to_string_lossy()))?;
        }
        if !self.stdin.is_empty() {
            write!(formatter, "<<< {}", quoted(&self.stdin))?;
        }
        Ok(())
    }
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A project in one of its states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Its directory, from the place that it is built in.
    pub directory: PathBuf,
    /// What is in it, by path.
    pub nodes: BTreeMap<PathBuf, Node>,
    /// Variables of its calls.
    pub variables: BTreeMap<String, OsString>,
    /// The calls that build it, in order.
    pub calls: Vec<Call>,
}

/// How shells call what stands behind.
const SCRIPTS: [&str; 24] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "umask 077; exec \"$@\"",
    "umask 0; exec \"$@\"",
    "exec \"$@\" 2>&1",
    "exec \"$@\" 1>&2",
    "exec \"$@\" <&-",
    "exec \"$@\" </dev/null",
    "exec \"$@\" >&-",
    "exec \"$@\" 2>&-",
    "exec \"$@\" 2>/dev/null",
    "exec \"$@\" >said 2>&1",
    "exec \"$@\" 7>seven",
    "\"$@\" | cat",
    "\"$@\" & wait $!",
    "trap '' PIPE HUP; exec \"$@\"",
    "ulimit -n 60; exec \"$@\"",
    "exec nice \"$@\"",
];

/// A project that is being made.
pub struct Draft<'a> {
    choices: &'a mut Choices,
    project: Project,
}

impl<'a> Draft<'a> {
    /// An empty one.
    pub fn new(choices: &'a mut Choices) -> Self {
        let project = Project::default();
        let mut draft = Self { choices, project };
        draft.project.directory = draft
            .of("directory", &["p", "p", "q", "longer/p", "a b"])
            .into();
        draft
    }

    /// Its directory, as calls write it.
    pub fn here(&self) -> String {
        format!("{PLACE}/{}", self.project.directory.display())
    }

    /// It, as it is now, with its calls made in one of the ways in which shells make them.
    pub fn done(mut self) -> Project {
        let script = self.of("calls are made by", &SCRIPTS);
        if !script.is_empty() {
            for call in &mut self.project.calls {
                let shell = ["sh", "-c", script, "sh"].map(OsString::from);
                call.words.splice(..0, shell);
            }
        }
        self.project
    }

    /// One of the options, of which the first is usual. A change may take another.
    pub fn of<T: Clone>(&mut self, name: &str, options: &[T]) -> T {
        options[self.choices.take(name, options.len(), false)].clone()
    }

    /// One of the options, for as long as the project is there.
    pub fn fixed<T: Clone>(&mut self, name: &str, options: &[T]) -> T {
        options[self.choices.take(name, options.len(), true)].clone()
    }

    /// Whether something is so, which it usually is not.
    pub fn has(&mut self, name: &str) -> bool {
        self.of(name, &[false, true])
    }

    /// Some of the options, in this order or that.
    pub fn some<T: Clone + Default>(&mut self, name: &str, many: usize, options: &[T]) -> Vec<T> {
        let mut taken = Vec::new();
        for at in 0..many {
            let one = self
                .choices
                .take(&format!("{name} {at}"), options.len() + 1, false);
            taken.extend(one.checked_sub(1).map(|one| options[one].clone()));
        }
        taken
    }

    /// Writes a file.
    pub fn file(&mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>) {
        self.node(path, Node::File(text.into()));
    }

    /// Writes a file that has one of these texts.
    pub fn file_of(&mut self, path: &str, texts: &[&str]) {
        let text = self.of(path, texts);
        self.file(path, text);
    }

    /// Writes a file that has one of these texts, behind what makes it long in some projects: what is long is remembered
    /// otherwise.
    pub fn data_of(&mut self, path: &str, texts: &[&str]) {
        let long = self.fixed("length of data", &[0, 0, 20_000]);
        let text = self.of(path, texts);
        self.file(path, " ".repeat(long) + text);
    }

    /// Runs one of these scripts.
    pub fn script_of(&mut self, name: &str, scripts: &[&str]) {
        let script = self.of(name, scripts);
        if !script.is_empty() {
            self.call(["sh", "-c", script]);
        }
    }

    /// Writes a file that has one of these texts, or is not there where that is empty.
    pub fn file_if(&mut self, path: &str, texts: &[&str]) {
        let text = self.of(path, texts);
        if !text.is_empty() {
            self.file(path, text);
        }
    }

    /// Makes a symbolic link that leads to one of these.
    pub fn link_of(&mut self, path: &str, targets: &[&str]) {
        let target = self.of(path, targets);
        self.link(path, target);
    }

    /// Writes a file that may be run.
    pub fn program(&mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>) {
        self.node(path, Node::Program(text.into()));
    }

    /// Makes a symbolic link.
    pub fn link(&mut self, path: impl AsRef<Path>, target: impl Into<PathBuf>) {
        self.node(path, Node::Link(target.into()));
    }

    fn node(&mut self, path: impl AsRef<Path>, node: Node) {
        self.project.nodes.insert(path.as_ref().to_owned(), node);
    }

    /// Sets a variable for all calls.
    pub fn variable(&mut self, name: impl Into<String>, value: impl Into<OsString>) {
        self.project.variables.insert(name.into(), value.into());
    }

    /// Sets a variable to one of the values, or leaves it unset where that is none.
    pub fn variable_of(&mut self, name: &str, values: &[Option<&str>]) {
        if let Some(value) = self.of(&format!("${name}"), values) {
            self.variable(name, value);
        }
    }

    /// Adds a call of the words of a line.
    pub fn run(&mut self, line: &str) {
        self.call(words(line));
    }

    /// Adds a call.
    pub fn call<W: Into<OsString>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.call_with(words, "");
    }

    /// Adds a call that reads this.
    pub fn call_with<W: Into<OsString>>(
        &mut self,
        words: impl IntoIterator<Item = W>,
        stdin: &str,
    ) {
        self.project.calls.push(Call {
            words: words.into_iter().map(Into::into).collect(),
            stdin: stdin.to_owned(),
        });
    }
}

/// The words of a line that has no quotation marks.
pub fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}
