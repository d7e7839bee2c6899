//! Puts the answer in words and as JSON.

use nix_sccache_contract as contract;
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::log::Outcome;
use nix_sccache_contract::part::{A_DIRECTORY, Kind, Value};
use nix_sccache_contract::text::{shown, shown_up_to};
use serde::Serialize;

use super::chain::{Note, Root, compared, roots};
use super::compare::{Comparison, Difference};
use super::earlier::Earlier;
use super::select::{Wanted, counterpart};
use crate::left_logs::{Build, Call};
use crate::time::time;

/// The form of the JSON. Members may be added to it; a change of those that are there is another
/// number.
const SCHEMA: u32 = 1;

/// So many calls of one name are told of.
const MOST_CALLS: usize = 8;

/// So many causes are told of.
const MOST_CAUSES: usize = 8;

/// So many differences of a call are told of.
const MOST_DIFFERENCES: usize = 6;

/// So many characters of a value are told.
const MOST_OF_VALUE: usize = 200;

/// What is to be said of a crate.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// [`SCHEMA`].
    schema: u32,
    /// The newest build that compiled it.
    build: Named,
    /// Each of its calls in there.
    calls: Vec<Explained>,
}

/// A build.
#[derive(Debug, Serialize)]
struct Named {
    name: String,
    /// In seconds since 1970.
    ended: u64,
}

/// What is to be said of one call.
#[derive(Debug, Serialize)]
struct Explained {
    /// The crate, or the source.
    name: String,
    /// Cargo's package and its version.
    package: Option<String>,
    /// The kind of crate.
    kind: Option<String>,
    /// The build that it is compared with.
    before: Option<Named>,
    #[serde(flatten)]
    verdict: Verdict,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
enum Verdict {
    /// The cache had it.
    Hit,
    /// The compiler refused it.
    Failed,
    /// The cache is not asked.
    NeverCached {
        code: &'static str,
        reason: String,
        remedy: String,
    },
    /// Nothing was recorded of its key.
    NotRecorded,
    /// No earlier build compiled it.
    First,
    /// Its key is not what it was.
    Changed {
        #[serde(flatten)]
        comparison: Comparison,
        roots: Vec<Root>,
    },
    /// Its key is what it was, as far as is recorded.
    Unchanged { because: &'static str },
}

/// Explains each call for what is wanted in the newest build that has it.
pub fn answer(wanted: &Wanted, newest: &Build, mut earlier: Earlier<'_>) -> Answer {
    let calls = wanted
        .calls(newest)
        .into_iter()
        .map(|call| explained(call, newest, &mut earlier))
        .collect();
    Answer {
        schema: SCHEMA,
        build: named(newest),
        calls,
    }
}

fn named(build: &Build) -> Named {
    Named {
        name: build.title().to_owned(),
        ended: build.seconds,
    }
}

fn explained(call: &Call, newest: &Build, earlier: &mut Earlier<'_>) -> Explained {
    let mut explained = Explained {
        name: call.entry.name.clone(),
        package: call.entry.package.clone(),
        kind: kind(call),
        before: None,
        verdict: Verdict::Hit,
    };
    explained.verdict = match &call.entry.outcome {
        Outcome::Hit | Outcome::Probe => Verdict::Hit,
        Outcome::Error => Verdict::Failed,
        Outcome::Passthrough(reason) => Verdict::NeverCached {
            code: reason.code(),
            reason: reason.to_string(),
            remedy: remedy(reason, newest),
        },
        Outcome::Miss => {
            let has_it = |build: &Build| counterpart(call, build).is_some();
            let at = earlier
                .find(|build| build.is_like(newest) && has_it(build))
                .or_else(|| earlier.find(has_it));
            let before = at.and_then(|at| earlier.get(at));
            explained.before = before.map(named);
            before.map_or(Verdict::First, |before| against(call, newest, before))
        }
    };
    explained
}

fn against(call: &Call, newest: &Build, before: &Build) -> Verdict {
    let comparison = counterpart(call, before).and_then(|before| compared(before, call));
    match comparison {
        None => Verdict::NotRecorded,
        Some(comparison) if comparison.differences.is_empty() => Verdict::Unchanged {
            because: because(newest),
        },
        Some(comparison) => Verdict::Changed {
            roots: roots(&comparison, newest, before),
            comparison,
        },
    }
}

/// Why a call may miss whose key is what it was.
fn because(build: &Build) -> &'static str {
    if build.origin.transport.as_deref() == Some(contract::TRANSPORT_EPHEMERAL) {
        return "the cache did not have the entry: with the transport `ephemeral` it ends with each build";
    }
    "the cache did not have the entry: it was not stored (can the daemon's user write to its directory? is the \
     gateway --read-only?), was evicted since (is the cache too small?), or another cache was asked; `nix-sccache \
     doctor` looks at it"
}

fn kind(call: &Call) -> Option<String> {
    let made = call.made.as_ref().map(|made| &made.unit);
    if let Some(unit) = made
        && (unit.test || !unit.kinds.is_empty())
    {
        let kinds = if unit.test {
            "test".to_owned()
        } else {
            unit.kinds.join(",")
        };
        let checked = if unit.checked { ", checked" } else { "" };
        let target = unit.target.as_ref();
        let target = target.map_or_else(String::new, |target| format!(", {target}"));
        return Some(format!("{kinds}{checked}{target}"));
    }
    match &call.entry.outcome {
        Outcome::Passthrough(BypassReason::Links(kind)) => Some(kind.clone()),
        _ => None,
    }
}

/// What to do about a call that the cache is not asked for.
fn remedy(reason: &BypassReason, build: &Build) -> String {
    match &build.error {
        Some(error) if *reason == BypassReason::CacheFailed => {
            format!("{}; {}", shown(&error.to_string()), error.remedy())
        }
        _ => reason.remedy(),
    }
}

impl Answer {
    /// The answer for people.
    pub fn text(&self) -> String {
        let shown = self.calls.iter().take(MOST_CALLS);
        let mut calls: Vec<_> = shown.map(|call| self.call(call)).collect();
        if self.calls.len() > MOST_CALLS {
            calls.push(format!(
                "and {} more of that name; NAME@VERSION, or the name of the package, asks for one",
                self.calls.len() - MOST_CALLS
            ));
        }
        calls.join("\n\n")
    }

    fn call(&self, call: &Explained) -> String {
        let who = call.title();
        let build = self.build.text();
        let before = call.before.as_ref().map(Named::text).unwrap_or_default();
        match &call.verdict {
            Verdict::Hit => {
                format!("{who} was a hit in {build}: its key is that of an earlier build")
            }
            Verdict::Failed => format!("{who} did not compile in {build}"),
            Verdict::NeverCached { reason, remedy, .. } => {
                let reason = shown(reason);
                format!("{who} ran without the cache in {build}: {reason}\n  {remedy}")
            }
            Verdict::NotRecorded => format!(
                "{who} was a miss in {build}, but what its key was made of is not recorded there or in {before}: \
                 an earlier release of nix-sccache left those reports, or the disk was full"
            ),
            Verdict::First => format!(
                "{who} was a miss in {build}, and no earlier build in this folder compiled it in that way: there is nothing to compare with"
            ),
            Verdict::Unchanged { because } => format!(
                "{who} was a miss in {build}, though its key is the one of {before}\n  {because}"
            ),
            Verdict::Changed { comparison, roots } => {
                let mut lines = vec![format!(
                    "{who} was a miss in {build}: its key is not the one of {before}"
                )];
                lines.extend(differences(&comparison.differences));
                if !comparison.follows.is_empty() {
                    let follows: Vec<_> = comparison.follows.iter().map(Difference::what).collect();
                    lines.push(format!("  which also changes: {}", list(&follows)));
                }
                lines.extend(causes(comparison, roots));
                lines.join("\n")
            }
        }
    }
}

/// As many as a line holds.
fn list(names: &[String]) -> String {
    const MOST: usize = 6;
    let shown = names
        .iter()
        .take(MOST)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MOST {
        return format!("{shown} and {} more", names.len() - MOST);
    }
    shown
}

/// A line a difference, of the first; many dependencies share one.
fn differences(differences: &[Difference]) -> Vec<String> {
    const EACH: usize = 3;
    let first = |differences: &[&Difference]| {
        let lines = differences.iter().take(MOST_DIFFERENCES);
        let mut lines: Vec<_> = lines.map(|it| format!("  {}", it.text())).collect();
        let rest = differences.get(MOST_DIFFERENCES..).unwrap_or_default();
        if !rest.is_empty() {
            let rest: Vec<_> = rest.iter().map(|it| it.what()).collect();
            lines.push(format!("  and {} more: {}", rest.len(), list(&rest)));
        }
        lines
    };
    let changed = |difference: &&Difference| {
        difference.kind == Kind::Dependency
            && !difference.before.is_empty()
            && !difference.after.is_empty()
    };
    let dependencies: Vec<_> = differences.iter().filter(changed).collect();
    if dependencies.len() <= EACH {
        return first(&differences.iter().collect::<Vec<_>>());
    }
    let others = differences.iter().filter(|it| !changed(it));
    let mut lines = first(&others.collect::<Vec<_>>());
    let names: Vec<_> = dependencies
        .iter()
        .map(|it| format!("`{}`", shown(&it.name)))
        .collect();
    lines.push(format!("  dependencies {} changed", list(&names)));
    lines
}

fn causes(comparison: &Comparison, roots: &[Root]) -> Vec<String> {
    let mut lines = Vec::new();
    if !roots.is_empty() {
        lines.push("what changed first:".to_owned());
    } else if comparison
        .differences
        .iter()
        .any(|it| it.kind == Kind::Dependency && !it.after.is_empty())
    {
        lines.push("its dependencies changed for no other reason".to_owned());
    }
    for root in roots.iter().take(MOST_CAUSES) {
        let who = root.package.as_deref().unwrap_or(&root.name);
        let way = root.through.len().saturating_sub(1);
        let way: Vec<_> = root
            .through
            .iter()
            .take(way)
            .map(|name| shown(name))
            .collect();
        let through = if way.is_empty() {
            String::new()
        } else {
            format!(" (through {})", way.join(" → "))
        };
        let what = match root.note {
            Some(note) => note.text().to_owned(),
            None => list(
                &root
                    .differences
                    .iter()
                    .map(Difference::text)
                    .collect::<Vec<_>>(),
            ),
        };
        let alike = if root.alike == 0 {
            String::new()
        } else {
            format!("; the same in {} more", root.alike)
        };
        lines.push(format!("  {}{through}: {what}{alike}", shown(who)));
    }
    if roots.len() > MOST_CAUSES {
        lines.push(format!("  and {} more", roots.len() - MOST_CAUSES));
    }
    lines
}

impl Note {
    fn text(self) -> &'static str {
        match self {
            Self::OfElsewhere => "its file is another one, and was not made by this build's calls",
            Self::New => "was not compiled by the earlier build",
            Self::Unknown => "what its key was made of is not recorded",
            Self::OfTheSame => {
                "came out differently though nothing recorded of its key differs: its compilation is not reproducible"
            }
        }
    }
}

impl Named {
    fn text(&self) -> String {
        format!("{} ({})", shown(&self.name), time(self.ended))
    }
}

impl Explained {
    fn title(&self) -> String {
        let name = shown(&self.name);
        let mut details = Vec::new();
        let package = self.package.as_deref();
        match package.and_then(|package| package.split_once(' ')) {
            Some((package, version)) if package.replace('-', "_") == self.name => {
                details.push(shown(version));
            }
            _ => details.extend(package.map(shown)),
        }
        details.extend(self.kind.as_deref().map(shown));
        if details.is_empty() {
            return name;
        }
        format!("{name} ({})", details.join(", "))
    }
}

impl Difference {
    /// What it is that differs.
    fn what(&self) -> String {
        let name = shown(&self.name);
        match self.kind {
            Kind::Package | Kind::Directory => name,
            Kind::Compiler if name == "program" => "compiler".to_owned(),
            Kind::Compiler => format!("compiler's {name}"),
            Kind::Wrapper if name == "program" => "workspace wrapper".to_owned(),
            Kind::Wrapper => format!("workspace wrapper's {name}"),
            Kind::Argument => match feature(&self.name) {
                Some(feature) => format!("feature `{}`", shown(feature)),
                None if name == "source" => "path of the source".to_owned(),
                None => format!("argument `{name}`"),
            },
            Kind::Order => "order of the arguments".to_owned(),
            Kind::Environment if name == "*" => "list of all variables".to_owned(),
            Kind::Environment if name.ends_with('*') => format!("list of the variables {name}"),
            Kind::Variable | Kind::Environment => format!("variable {name}"),
            Kind::Source if self.is_directory() => format!("directory {name}"),
            Kind::Source => format!("{} {name}", sort_of_file(&self.name)),
            Kind::Dependency => {
                let file = self.file.as_deref();
                let file = file.map_or_else(String::new, |file| format!(" ({})", shown(file)));
                format!("dependency `{name}`{file}")
            }
            Kind::Library => format!("library {name}"),
            Kind::Listing => format!("directory {name}, which was listed,"),
            Kind::Link => format!("link {name}"),
        }
    }

    /// Whether it is a directory now, or was one.
    fn is_directory(&self) -> bool {
        let mut values = self.before.iter().chain(&self.after);
        values.any(|value| value.as_text() == Some(A_DIRECTORY))
    }

    /// Whether it is something of the file system.
    fn is_file(&self) -> bool {
        matches!(
            self.kind,
            Kind::Source | Kind::Dependency | Kind::Library | Kind::Listing | Kind::Link
        )
    }

    /// What it is, and how.
    fn text(&self) -> String {
        let what = self.what();
        let changed = match (self.before.as_slice(), self.after.as_slice()) {
            ([], _) if self.is_file() => format!("{what} was not looked at before"),
            (_, []) if self.is_file() => format!("{what} is not looked at any more"),
            ([], after) => format!("{what} added{}", value(after)),
            (before, []) => format!("{what} removed{}", value(before)),
            ([Value::Absent], _) if self.is_file() => {
                format!("{what} is there now, and was not before")
            }
            (_, [Value::Absent]) if self.is_file() => format!("{what} is not there any more"),
            (before, after) => match (Self::texts_of(before), Self::texts_of(after)) {
                (Some(before), Some(after)) if self.kind == Kind::Listing => {
                    format!("{what} {}", of_lists(&before, &after))
                }
                (Some(before), Some(after)) => {
                    let (before, after) = shortened(&before, &after);
                    format!("{what}: {} → {}", or_nothing(&before), or_nothing(&after))
                }
                _ => format!("{what} changed"),
            },
        };
        changed + &self.hint()
    }

    fn texts_of(values: &[Value]) -> Option<String> {
        match values {
            [Value::Absent] => Some("not set".to_owned()),
            _ => texts(values),
        }
    }

    /// What people ask next.
    fn hint(&self) -> String {
        const SEED: &str = "-frandom-seed=";
        let seed = |values: &[Value]| {
            let text = texts(values)?;
            let mut words = text.split_whitespace();
            words.find_map(|word| word.strip_prefix(SEED).map(str::to_owned))
        };
        let hint = match self.kind {
            Kind::Argument if self.name == "-C metadata" => {
                "cargo's hash of the package, its features, its profile and its dependencies"
            }
            Kind::Directory if self.name == "directory" => {
                "a name that stays keeps the entries: `cargoDepsName = pname`, `src = self`"
            }
            Kind::Environment
                if seed(&self.after).is_some() && seed(&self.after) != seed(&self.before) =>
            {
                "nixpkgs gives each derivation a -frandom-seed of its own, and with options such as -g it is in the \
                 object; NIX_OUTPATH_USED_AS_RANDOM_SEED sets it"
            }
            Kind::Environment if !self.name.ends_with('*') && !self.name.starts_with("NIX_") => {
                "what ran read all variables"
            }
            _ => match (self.before.as_slice(), self.after.as_slice()) {
                ([Value::Text(before)], [Value::Text(after)]) => return of_rebuilt(before, after),
                _ => return String::new(),
            },
        };
        format!(" ({hint})")
    }
}

/// What a file is to its compiler, by its name.
fn sort_of_file(name: &str) -> &'static str {
    const SOURCES: &str = " rs c cc cpp cxx m mm s S ";
    const HEADERS: &str = " h hh hpp hxx inc ";
    let extension = match name.rsplit_once('.') {
        Some((_, extension)) => format!(" {extension} "),
        None => String::new(),
    };
    match extension.as_str() {
        "" => "file",
        extension if SOURCES.contains(extension) => "source",
        extension if HEADERS.contains(extension) => "header",
        _ => "file",
    }
}

/// What is in one list of names and not in the other.
fn of_lists(before: &str, after: &str) -> String {
    let less = |names: &str, others: &str| {
        let others: Vec<_> = others.lines().collect();
        let names = names.lines().filter(|name| !others.contains(name));
        names.map(shown).collect::<Vec<_>>()
    };
    let (new, gone) = (less(after, before), less(before, after));
    match (new.is_empty(), gone.is_empty()) {
        (_, true) => format!("has {} now", list(&new)),
        (true, _) => format!("has {} no more", list(&gone)),
        _ => format!("has {} now, and {} no more", list(&new), list(&gone)),
    }
}

/// Says of paths that differ in their hashes of Nix's alone that it is so.
fn of_rebuilt(before: &str, after: &str) -> String {
    if before != after && without_hashes(before) == without_hashes(after) {
        " (the same package, built of something else)".to_owned()
    } else {
        String::new()
    }
}

/// A text without what tells one store path from another of its name.
fn without_hashes(text: &str) -> String {
    const HASH: usize = 32;
    let mut parts = text.split('/');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.split_at_checked(HASH).filter(|(hash, name)| {
            name.starts_with('-') && hash.bytes().all(|it| it.is_ascii_alphanumeric())
        });
        kept.push('/');
        kept += name.map_or(part, |(_, name)| name);
    }
    kept
}

fn feature(argument: &str) -> Option<&str> {
    argument
        .strip_prefix("--cfg feature=")
        .map(|feature| feature.trim_matches('"'))
}

fn value(values: &[Value]) -> String {
    match texts(values) {
        Some(text) if !text.is_empty() => format!(": {}", shown_up_to(&text, MOST_OF_VALUE)),
        _ => String::new(),
    }
}

fn texts(values: &[Value]) -> Option<String> {
    let texts: Option<Vec<_>> = values.iter().map(Value::as_text).collect();
    texts.map(|texts| texts.join(" "))
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        shown_up_to(text, MOST_OF_VALUE)
    }
}

/// Of long lists of words, such as flags, those that differ alone.
fn shortened(before: &str, after: &str) -> (String, String) {
    const LONG: usize = 60;
    let is_list = |text: &str| text.contains(' ') && (text.len() > LONG || text.contains(" -"));
    if !is_list(before) && !is_list(after) {
        return (before.to_owned(), after.to_owned());
    }
    let less = |text: &str, other: &str| {
        let other: Vec<_> = other.split_whitespace().collect();
        let words = text.split_whitespace().filter(|word| !other.contains(word));
        words.collect::<Vec<_>>().join(" ")
    };
    let (less, more) = (less(before, after), less(after, before));
    if less.is_empty() && more.is_empty() {
        return (before.to_owned(), after.to_owned());
    }
    (less, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(kind: Kind, name: &str, before: &[&str], after: &[&str]) -> Difference {
        let values = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| Value::Text((*text).to_owned()))
                .collect()
        };
        Difference {
            kind,
            name: name.into(),
            before: values(before),
            after: values(after),
            file: None,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn differences_in_words() {
        let digest = |kind, name: &str| Difference {
            before: vec![Value::digest(b"1")],
            after: vec![Value::digest(b"2")],
            file: Some("libserde-1.rlib".into()),
            ..difference(kind, name, &[], &[])
        };
        for (difference, expected) in [
            (
                difference(Kind::Argument, "-C opt-level", &["3"], &["2"]),
                "argument `-C opt-level`: 3 → 2",
            ),
            (
                difference(Kind::Argument, "--cfg feature=\"std\"", &[], &[""]),
                "feature `std` added",
            ),
            (
                difference(Kind::Variable, "NIX_RUSTFLAGS", &["-g"], &[]),
                "variable NIX_RUSTFLAGS removed: -g",
            ),
            (
                difference(Kind::Variable, "A", &[""], &["1"]),
                "variable A: nothing → 1",
            ),
            (
                Difference {
                    before: vec![Value::Absent],
                    ..difference(Kind::Variable, "A", &[], &["1"])
                },
                "variable A: not set → 1",
            ),
            (
                Difference {
                    before: vec![Value::Absent],
                    ..digest(Kind::Source, "first/a.h")
                },
                "header first/a.h is there now, and was not before",
            ),
            (
                Difference {
                    after: vec![Value::Absent],
                    ..digest(Kind::Source, "src/a.rs")
                },
                "source src/a.rs is not there any more",
            ),
            (
                Difference {
                    before: vec![Value::Absent],
                    ..difference(Kind::Source, "first", &[], &[A_DIRECTORY])
                },
                "directory first is there now, and was not before",
            ),
            (
                difference(Kind::Listing, "migrations", &["1\n2"], &["1\n3"]),
                "directory migrations, which was listed, has 3 now, and 2 no more",
            ),
            (difference(Kind::Link, "a", &["b"], &["c"]), "link a: b → c"),
            (
                difference(Kind::Environment, "COLOUR", &["red"], &["blue"]),
                "variable COLOUR: red → blue (what ran read all variables)",
            ),
            (
                difference(
                    Kind::Environment,
                    "NIX_CFLAGS_COMPILE",
                    &["-O1 -frandom-seed=a"],
                    &["-O1 -frandom-seed=b"],
                ),
                "variable NIX_CFLAGS_COMPILE: -frandom-seed=a → -frandom-seed=b (nixpkgs gives each derivation a \
                 -frandom-seed of its own, and with options such as -g it is in the object; \
                 NIX_OUTPATH_USED_AS_RANDOM_SEED sets it)",
            ),
            (
                difference(
                    Kind::Compiler,
                    "program",
                    &["/nix/store/0123456789abcdfghijklmnpqrsvwxyz-rustc-1.95/bin/rustc"],
                    &["/nix/store/1123456789abcdfghijklmnpqrsvwxyz-rustc-1.95/bin/rustc"],
                ),
                "compiler: /nix/store/0123456789abcdfghijklmnpqrsvwxyz-rustc-1.95/bin/rustc → \
                 /nix/store/1123456789abcdfghijklmnpqrsvwxyz-rustc-1.95/bin/rustc (the same package, built of something \
                 else)",
            ),
            (
                difference(Kind::Directory, "directory", &["/a"], &["/b"]),
                "directory: /a → /b (a name that stays keeps the entries: `cargoDepsName = pname`, `src = self`)",
            ),
            (
                digest(Kind::Source, "src/lib.rs"),
                "source src/lib.rs changed",
            ),
            (
                digest(Kind::Dependency, "serde"),
                "dependency `serde` (libserde-1.rlib) changed",
            ),
            (digest(Kind::Compiler, "program"), "compiler changed"),
            (
                digest(Kind::Variable, "A_TOKEN"),
                "variable A_TOKEN changed",
            ),
        ] {
            assert_eq!(difference.text(), expected);
        }
    }

    #[test]
    fn of_long_lists_the_words_that_differ() {
        let common = "-isystem /nix/store/a/include ".repeat(5);
        let (before, after) = shortened(&format!("{common} -O1"), &format!("{common} -O2 -g"));
        assert_eq!((before.as_str(), after.as_str()), ("-O1", "-O2 -g"));
    }
}
