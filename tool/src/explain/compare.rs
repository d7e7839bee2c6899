//! Compares the parts of two keys: what differs, and what only follows from that.

use std::collections::BTreeMap;

use serde::Serialize;

use nix_sccache_contract::part::{Kind, Part, Value};

/// A part that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub name: String,
    /// What it was, less what it still is; empty where it was not there.
    pub before: Vec<Value>,
    /// What it is; empty where it is not there.
    pub after: Vec<Value>,
    /// The file in which it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What changed by itself, the most telling first.
    pub differences: Vec<Difference>,
    /// What is in the key as well, and changes with those.
    pub follows: Vec<Difference>,
}

/// Arguments that cargo computes of everything else that it knows of a crate.
const OF_EVERYTHING: [&str; 2] = ["-C metadata", "-C extra-filename"];

/// The folder of what a build script writes: its name has the metadata in it.
const OUT_DIR: &str = "OUT_DIR";

/// Compares what a key was made of, given the versions of the package.
pub fn compare(before: (&[Part], Option<&str>), after: (&[Part], Option<&str>)) -> Comparison {
    let mut differences = all(before.0, after.0);
    let mut follows = Vec::new();
    // An argument more or less is in another order than before.
    if differences
        .iter()
        .any(|difference| difference.kind == Kind::Argument)
    {
        differences.retain(|difference| difference.kind != Kind::Order);
    }
    if let Some(moved) = moved(&differences) {
        let of_folder = |difference: &Difference| moved.explains(difference);
        follows.extend(differences.extract_if(.., |difference| of_folder(difference)));
        differences.push(moved.difference());
    }
    if let (Some(old), Some(new)) = (before.1, after.1)
        && old != new
    {
        // Another release is another crate: nobody wants to hear of each of its files.
        follows.extend(differences.extract_if(.., |difference| is_of_version(difference)));
        differences.push(Difference {
            kind: Kind::Package,
            name: "version".to_owned(),
            before: vec![Value::Text(old.to_owned())],
            after: vec![Value::Text(new.to_owned())],
            file: None,
        });
    }
    // A variable that was asked for by name says more than that it is one of all.
    let asked: Vec<_> = differences
        .iter()
        .filter(|difference| difference.kind == Kind::Variable)
        .map(|difference| difference.name.clone())
        .collect();
    follows.extend(differences.extract_if(.., |difference| {
        difference.kind == Kind::Environment && asked.contains(&difference.name)
    }));
    let is_other_program = |difference: &Difference| {
        matches!(difference.kind, Kind::Compiler | Kind::Wrapper) && difference.name == "program"
    };
    let has_other_program = differences.iter().any(is_other_program);
    let follow = |difference: &Difference| {
        is_computed(difference)
            || is_looked_at_once(difference, before.0, after.0)
            || has_other_program && is_program(difference, after.0)
    };
    if differences.iter().any(|difference| !follow(difference)) {
        follows.extend(differences.extract_if(.., |difference| follow(difference)));
    }
    differences.sort_by_key(Difference::order);
    follows.sort_by_key(Difference::order);
    Comparison {
        differences,
        follows,
    }
}

fn all(before: &[Part], after: &[Part]) -> Vec<Difference> {
    let (before, after) = (by_name(before), by_name(after));
    let mut names: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let none = Vec::new();
    let differing = |(kind, name): (Kind, &str)| {
        let old = before.get(&(kind, name)).unwrap_or(&none);
        let new = after.get(&(kind, name)).unwrap_or(&none);
        let values = |parts: &[&Part]| -> Vec<Value> {
            parts.iter().map(|part| part.value.clone()).collect()
        };
        let (mut was, mut is) = (values(old), values(new));
        if was == is {
            return None;
        }
        // What is in both says nothing, unless all are and their order changed.
        let (less, more) = (without(&was, &is), without(&is, &was));
        if !(less.is_empty() && more.is_empty()) {
            (was, is) = (less, more);
        }
        Some(Difference {
            kind,
            name: name.to_owned(),
            before: was,
            after: is,
            file: new.last().or(old.last()).and_then(|part| part.file.clone()),
        })
    };
    names.into_iter().filter_map(differing).collect()
}

fn by_name(parts: &[Part]) -> BTreeMap<(Kind, &str), Vec<&Part>> {
    let mut named: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for part in parts {
        named
            .entry((part.kind, part.name.as_str()))
            .or_default()
            .push(part);
    }
    named
}

fn without(values: &[Value], others: &[Value]) -> Vec<Value> {
    let mut others: Vec<_> = others.iter().collect();
    let mut left = Vec::new();
    for value in values {
        match others.iter().position(|other| *other == value) {
            Some(at) => drop(others.swap_remove(at)),
            None => left.push(value.clone()),
        }
    }
    left
}

/// A folder that has another name.
struct Moved {
    before: String,
    after: String,
}

/// The folder whose new name shows in the most parts, by what those have for paths.
fn moved(differences: &[Difference]) -> Option<Moved> {
    let shows = |difference: &&Difference| {
        difference.kind == Kind::Directory
            || (difference.kind == Kind::Variable && difference.name == "CARGO_MANIFEST_DIR")
    };
    differences
        .iter()
        .filter(shows)
        .filter_map(|difference| {
            let (before, after) = difference.texts()?;
            let (before, after) = less_common_end(before, after);
            Some(Moved { before, after })
        })
        .max_by_key(|moved| {
            differences
                .iter()
                .filter(|difference| moved.explains(difference))
                .count()
        })
}

/// Two paths without the components at their ends that are the same.
fn less_common_end(before: &str, after: &str) -> (String, String) {
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        (before.split('/').collect(), after.split('/').collect());
    while one.len() > 1 && other.len() > 1 && one.last() == other.last() {
        one.pop();
        other.pop();
    }
    (one.join("/"), other.join("/"))
}

impl Moved {
    fn explains(&self, difference: &Difference) -> bool {
        let of_paths = matches!(
            difference.kind,
            Kind::Directory | Kind::Argument | Kind::Variable | Kind::Environment
        );
        !self.before.is_empty()
            && of_paths
            && difference
                .texts()
                .is_some_and(|(before, after)| before.replace(&self.before, &self.after) == after)
    }

    fn difference(&self) -> Difference {
        Difference {
            kind: Kind::Directory,
            name: "directory".to_owned(),
            before: vec![Value::Text(self.before.clone())],
            after: vec![Value::Text(self.after.clone())],
            file: None,
        }
    }
}

impl Difference {
    /// Where it stands among others: what tells the most comes first.
    fn order(&self) -> (u8, bool, String) {
        let rank = match self.kind {
            Kind::Package => 0,
            Kind::Compiler => 1,
            Kind::Wrapper => 2,
            Kind::Directory => 3,
            Kind::Argument => 4,
            Kind::Source => 5,
            Kind::Listing => 6,
            Kind::Link => 7,
            Kind::Library => 8,
            Kind::Variable => 9,
            Kind::Environment => 10,
            Kind::Dependency => 11,
            Kind::Order => 12,
        };
        let is_new = self.before.is_empty() || self.after.is_empty();
        (rank, is_new, self.name.clone())
    }

    /// The texts, where there was one and is one.
    pub fn texts(&self) -> Option<(&str, &str)> {
        match (self.before.as_slice(), self.after.as_slice()) {
            ([before], [after]) => Some((before.as_text()?, after.as_text()?)),
            _ => None,
        }
    }
}

fn is_of_version(difference: &Difference) -> bool {
    match difference.kind {
        Kind::Source | Kind::Directory => true,
        Kind::Argument => difference.name == "source",
        Kind::Variable | Kind::Environment => {
            difference.name.starts_with("CARGO_PKG_")
                || difference.name.starts_with("CARGO_MANIFEST_")
        }
        _ => false,
    }
}

/// Whether it is the file of the compiler, or of what is in front of it.
fn is_program(difference: &Difference, parts: &[Part]) -> bool {
    let file = difference.name.rsplit('/').next();
    difference.kind == Kind::Source
        && parts.iter().any(|part| {
            matches!(part.kind, Kind::Compiler | Kind::Wrapper)
                && part.name == "name"
                && part.value.as_text() == file
        })
}

/// Whether only one of the two looked at it: what it read before has led it there, or away.
fn is_looked_at_once(difference: &Difference, before: &[Part], after: &[Part]) -> bool {
    let other = match (difference.before.as_slice(), difference.after.as_slice()) {
        ([], _) => before,
        (_, []) => after,
        _ => return false,
    };
    match difference.kind {
        Kind::Variable
        | Kind::Source
        | Kind::Dependency
        | Kind::Library
        | Kind::Listing
        | Kind::Link => true,
        // One of several that were read together is not set, if the others were read.
        Kind::Environment => !other.iter().any(|part| {
            let family = part.name.strip_suffix('*');
            part.kind == Kind::Environment
                && family.is_some_and(|start| difference.name.starts_with(start))
        }),
        Kind::Package
        | Kind::Compiler
        | Kind::Wrapper
        | Kind::Directory
        | Kind::Argument
        | Kind::Order => false,
    }
}

fn is_computed(difference: &Difference) -> bool {
    let is_other = || !difference.before.is_empty() && !difference.after.is_empty();
    match difference.kind {
        // The file's name has the other crate's hash in it.
        Kind::Argument if difference.name.starts_with("--extern ") => is_other(),
        Kind::Argument => OF_EVERYTHING.contains(&difference.name.as_str()),
        // Another program may be called otherwise, too.
        Kind::Compiler | Kind::Wrapper => difference.name == "name",
        Kind::Variable | Kind::Environment => difference.name == OUT_DIR,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(differences: &[Difference]) -> Vec<&str> {
        differences.iter().map(|it| it.name.as_str()).collect()
    }

    fn of(before: &[Part], after: &[Part]) -> Comparison {
        compare((before, None), (after, None))
    }

    fn argument(name: &str, value: &str) -> Part {
        Part::text(Kind::Argument, name, value)
    }

    #[test]
    fn one_part_is_named_and_no_other() {
        let before = [
            argument("-C opt-level", "3"),
            argument("-C metadata", "a"),
            argument("--cfg a", ""),
            Part::digest(Kind::Source, "src/lib.rs", b"1"),
            Part::digest(Kind::Dependency, "serde", b"1").in_file("/t/libserde-1.rlib"),
            Part::text(Kind::Variable, "NIX_RUSTFLAGS", "-Cdebuginfo=1"),
            Part::digest(Kind::Order, "arguments", b"1"),
        ];
        assert_eq!(of(&before, &before), Comparison::default());
        for (index, expected) in [
            (0, "-C opt-level"),
            (2, "--cfg a"),
            (3, "src/lib.rs"),
            (4, "serde"),
            (5, "NIX_RUSTFLAGS"),
        ] {
            let mut after = before.to_vec();
            after[index].value = Value::Text("other".into());
            // Cargo's hash changes with everything.
            after[1].value = Value::Text("b".into());
            after[6].value = Value::Text("2".into());
            let mut compared = of(&before, &after);
            // And the order stands for itself where no argument differs.
            compared.differences.retain(|it| it.kind != Kind::Order);
            assert_eq!(names(&compared.differences), [expected]);
            assert_eq!(names(&compared.follows), ["-C metadata"]);
            after.remove(index);
            let gone = of(&before, &after);
            let all = [names(&gone.differences), names(&gone.follows)].concat();
            assert!(all.contains(&expected));
        }
    }

    fn file(name: &str, contents: Option<&str>) -> Part {
        let mut part = Part::digest(Kind::Source, name, contents.unwrap_or_default().as_bytes());
        if contents.is_none() {
            part.value = Value::Absent;
        }
        part
    }

    /// What was looked at in one of two runs alone is no reason for that: something that was looked at in both is.
    #[test]
    fn what_only_one_looked_at_follows() {
        let before = [
            file("first/a.h", None),
            file("second/a.h", Some("1")),
            file("second/b.h", Some("1")),
            file("a.c", Some("1")),
        ];
        let after = [file("a.c", Some("1")), file("first/a.h", Some("2"))];
        let compared = of(&before, &after);
        assert_eq!(names(&compared.differences), ["first/a.h"]);
        assert_eq!(compared.differences[0].before, [Value::Absent]);
        assert_eq!(names(&compared.follows), ["second/a.h", "second/b.h"]);
        // Unless nothing else is known.
        let compared = of(&before[..3], &before[..2]);
        assert_eq!(names(&compared.differences), ["second/b.h"]);
    }

    #[test]
    fn of_variables_that_are_read_together_one_may_be_new() {
        let listed = |name: &str| Part::text(Kind::Environment, name, "");
        let before = [listed("NIX_RUST*"), file("a.rs", Some("1"))];
        let after = [
            listed("NIX_RUST*"),
            Part::text(Kind::Environment, "NIX_RUSTFLAGS", "-Ca=b"),
            file("a.rs", Some("1")),
        ];
        assert_eq!(names(&of(&before, &after).differences), ["NIX_RUSTFLAGS"]);
        // Where they were not read before, that is the lesser news.
        let after = [&after[..2], &[file("a.rs", Some("2"))]].concat();
        let compared = of(&before[1..], &after);
        assert_eq!(names(&compared.differences), ["a.rs"]);
        assert_eq!(compared.follows.len(), 2);
    }

    #[test]
    fn another_compiler_is_another_file() {
        let parts = |contents: &str| {
            [
                Part::text(Kind::Compiler, "name", "gcc"),
                Part::text(Kind::Compiler, "program", contents),
                file("/bin/gcc", Some(contents)),
            ]
        };
        let compared = of(&parts("1"), &parts("2"));
        assert_eq!(names(&compared.differences), ["program"]);
        assert_eq!(names(&compared.follows), ["/bin/gcc"]);
    }

    #[test]
    fn a_variable_is_named_once() {
        let parts = |value: &str| {
            [
                Part::text(Kind::Variable, "A", value),
                Part::text(Kind::Environment, "A", value),
                Part::text(Kind::Environment, "*", ""),
            ]
        };
        let compared = of(&parts("1"), &parts("2"));
        assert_eq!(compared.differences.len(), 1);
        assert_eq!(compared.differences[0].kind, Kind::Variable);
    }

    #[test]
    fn what_is_repeated_is_compared_each() {
        let before = [argument("-l", "a"), argument("-l", "b")];
        let after = [
            argument("-l", "b"),
            argument("-l", "c"),
            argument("-l", "d"),
        ];
        let compared = of(&before, &after);
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(compared.differences[0].before, [text("a")]);
        assert_eq!(compared.differences[0].after, [text("c"), text("d")]);
        let turned = [argument("-l", "b"), argument("-l", "a")];
        assert_eq!(of(&before, &turned).differences[0].before.len(), 2);
    }

    /// A vendor folder that is called by the package's version.
    #[test]
    fn a_folder_that_moved_is_one_difference() {
        let parts = |vendor: &str, source: &[u8]| {
            let folder = format!("/build/{vendor}/serde");
            [
                Part::text(Kind::Directory, "current directory", &folder),
                Part::text(Kind::Variable, "CARGO_MANIFEST_DIR", &folder),
                Part::text(
                    Kind::Variable,
                    "CARGO_MANIFEST_PATH",
                    &format!("{folder}/Cargo.toml"),
                ),
                argument("source", &format!("{folder}/src/lib.rs")),
                Part::digest(Kind::Source, "src/lib.rs", source),
            ]
        };
        let compared = of(
            &parts("foo-1.0-vendor", b"1"),
            &parts("foo-1.1-vendor", b"1"),
        );
        assert_eq!(
            compared.differences,
            [Difference {
                kind: Kind::Directory,
                name: "directory".into(),
                before: vec![Value::Text("/build/foo-1.0-vendor".into())],
                after: vec![Value::Text("/build/foo-1.1-vendor".into())],
                file: None,
            }]
        );
        assert_eq!(compared.follows.len(), 4);
        let both = of(
            &parts("foo-1.0-vendor", b"1"),
            &parts("foo-1.1-vendor", b"2"),
        );
        assert_eq!(names(&both.differences), ["directory", "src/lib.rs"]);
    }

    #[test]
    fn another_version_is_one_difference() {
        let parts = |version: &str| {
            [
                Part::text(
                    Kind::Directory,
                    "current directory",
                    &format!("/vendor/serde-{version}"),
                ),
                Part::text(Kind::Variable, "CARGO_PKG_VERSION", version),
                Part::digest(Kind::Source, "src/lib.rs", version.as_bytes()),
                argument("-C metadata", version),
            ]
        };
        let (old, new) = (parts("1.0.0"), parts("1.0.1"));
        let compared = compare((&old, Some("1.0.0")), (&new, Some("1.0.1")));
        assert_eq!(names(&compared.differences), ["version"]);
        assert_eq!(compared.differences[0].texts(), Some(("1.0.0", "1.0.1")));
    }

    #[test]
    fn what_cargo_computes_is_named_where_nothing_else_is() {
        let compared = of(
            &[argument("-C metadata", "a")],
            &[argument("-C metadata", "b")],
        );
        assert_eq!(names(&compared.differences), ["-C metadata"]);
    }
}
