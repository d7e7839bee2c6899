//! Goes from a crate through the dependencies that changed to those that changed by themselves.

use std::collections::VecDeque;

use nix_sccache_contract::part::Kind;
use serde::Serialize;

use super::compare::{Comparison, Difference, compare};
use super::select::{counterpart, producer};
use crate::left_logs::{Build, Call};

/// What changed first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Root {
    /// The crate.
    pub name: String,
    /// Cargo's package and its version.
    pub package: Option<String>,
    /// The dependencies on the way, from the one that the crate in question names itself.
    pub through: Vec<String>,
    /// What of its key changed by itself.
    pub differences: Vec<Difference>,
    /// What there is to say where nothing of its key did.
    pub note: Option<Note>,
    /// Further crates of which the same is to be said.
    pub alike: usize,
}

/// Why a dependency is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The build did not make it.
    OfElsewhere,
    /// The earlier build did not make it.
    New,
    /// What it is made of was not recorded.
    Unknown,
    /// It came out differently of the same.
    OfTheSame,
}

/// What differs between the keys of two calls, if both are recorded.
pub fn compared(before: &Call, after: &Call) -> Option<Comparison> {
    let (old, new) = (before.made.as_ref()?, after.made.as_ref()?);
    Some(compare(
        (&old.parts, before.version()),
        (&new.parts, after.version()),
    ))
}

/// The crates from which the differences in a crate's dependencies come, the nearest first.
pub fn roots(comparison: &Comparison, newest: &Build, earlier: &Build) -> Vec<Root> {
    let known = own(comparison);
    let mut roots: Vec<Root> = Vec::new();
    let mut seen: Vec<*const Call> = Vec::new();
    let mut waiting: VecDeque<(Vec<String>, Difference)> = dependencies(comparison)
        .map(|difference| (Vec::new(), difference))
        .collect();
    while let Some((mut through, difference)) = waiting.pop_front() {
        through.push(difference.name.clone());
        let file = difference.file.as_deref();
        let Some(call) = file.and_then(|file| producer(file, newest)) else {
            // What is no more there has no cause.
            if !difference.after.is_empty() {
                let mut root = root(&difference.name, through);
                root.note = Some(Note::OfElsewhere);
                add(&mut roots, root);
            }
            continue;
        };
        if seen.iter().any(|other| std::ptr::eq(*other, call)) {
            continue;
        }
        seen.push(call);
        let mut root = root(&call.entry.name, through.clone());
        root.package.clone_from(&call.entry.package);
        let before = counterpart(call, earlier);
        let comparison = before.and_then(|before| compared(before, call));
        match (before, comparison) {
            (None, _) => root.note = Some(Note::New),
            (_, None) => root.note = Some(Note::Unknown),
            (_, Some(comparison)) => {
                root.differences = own(&comparison);
                // What was said of the crate in question is true of all on the way.
                root.differences
                    .retain(|difference| !known.contains(difference));
                waiting.extend(dependencies(&comparison).map(|it| (through.clone(), it)));
                if comparison == Comparison::default() {
                    root.note = Some(Note::OfTheSame);
                } else if root.differences.is_empty() {
                    continue;
                }
            }
        }
        add(&mut roots, root);
    }
    roots
}

fn add(roots: &mut Vec<Root>, root: Root) {
    let like = |other: &&mut Root| {
        !root.differences.is_empty()
            && other.differences == root.differences
            && other.note == root.note
    };
    match roots.iter_mut().find(like) {
        Some(other) => other.alike += 1,
        None => roots.push(root),
    }
}

fn root(name: &str, through: Vec<String>) -> Root {
    Root {
        name: name.to_owned(),
        package: None,
        through,
        differences: Vec::new(),
        note: None,
        alike: 0,
    }
}

/// What changed of a crate itself.
fn own(comparison: &Comparison) -> Vec<Difference> {
    let own = comparison.differences.iter();
    own.filter(|difference| difference.kind != Kind::Dependency)
        .cloned()
        .collect()
}

fn dependencies(comparison: &Comparison) -> impl Iterator<Item = Difference> {
    let dependencies = comparison.differences.iter();
    dependencies
        .filter(|difference| difference.kind == Kind::Dependency)
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix_sccache_contract::log::{Entry, Outcome};
    use nix_sccache_contract::part::Part;
    use nix_sccache_contract::record::{self, Made, Unit};

    fn call(name: &str, source: &str, dependencies: &[(&str, &str)]) -> Call {
        let mut parts = vec![Part::digest(Kind::Source, "src/lib.rs", source.as_bytes())];
        for (name, contents) in dependencies {
            let part = Part::digest(Kind::Dependency, *name, contents.as_bytes());
            parts.push(part.in_file(format!("lib{name}-1.rmeta")));
        }
        Call {
            entry: Entry {
                at: 1,
                took: 1,
                language: "rust".into(),
                name: name.into(),
                package: Some(format!("{name} 1.0.0")),
                keeps_path: false,
                outcome: Outcome::Miss,
            },
            made: Some(Made {
                at: 1,
                name: name.into(),
                unit: Unit {
                    stem: Some(format!("{name}-1")),
                    ..Unit::default()
                },
                parts,
            }),
        }
    }

    fn build(calls: Vec<Call>) -> Build {
        Build {
            name: "session".into(),
            seconds: 1,
            origin: record::Build::default(),
            calls,
            error: None,
        }
    }

    fn between(earlier: &Build, newest: &Build) -> Vec<Root> {
        let (before, after) = (earlier.calls.last().unwrap(), newest.calls.last().unwrap());
        roots(&compared(before, after).unwrap(), newest, earlier)
    }

    #[test]
    fn the_first_that_changed_is_found() {
        let earlier = build(vec![
            call("a", "1", &[]),
            call("b", "1", &[("a", "1")]),
            call("c", "1", &[("a", "1"), ("b", "1")]),
        ]);
        let newest = build(vec![
            call("a", "2", &[]),
            call("b", "1", &[("a", "2")]),
            call("c", "1", &[("a", "1"), ("b", "2")]),
        ]);
        let [root] = between(&earlier, &newest).try_into().unwrap();
        assert_eq!((root.name.as_str(), root.note), ("a", None));
        assert_eq!(root.through, ["b", "a"]);
        assert_eq!(root.differences[0].name, "src/lib.rs");
    }

    #[test]
    fn what_has_no_cause_in_its_key_is_told() {
        let earlier = build(vec![call("a", "1", &[]), call("c", "1", &[("a", "1")])]);
        let same = build(vec![call("a", "1", &[]), call("c", "1", &[("a", "2")])]);
        assert_eq!(between(&earlier, &same)[0].note, Some(Note::OfTheSame));
        let alone = build(vec![call("c", "1", &[("a", "2")])]);
        assert_eq!(between(&earlier, &alone)[0].note, Some(Note::OfElsewhere));
        let later = build(vec![call("a", "1", &[]), call("c", "1", &[("a", "2")])]);
        let before = build(vec![call("c", "1", &[("a", "1")])]);
        assert_eq!(between(&before, &later)[0].note, Some(Note::New));
    }

    /// Crates cannot depend on each other in a circle; a file that says so ends all the same.
    #[test]
    fn circles_end() {
        let earlier = build(vec![
            call("a", "1", &[("b", "1")]),
            call("b", "1", &[("a", "1")]),
        ]);
        let newest = build(vec![
            call("a", "1", &[("b", "2")]),
            call("b", "1", &[("a", "2")]),
        ]);
        assert_eq!(between(&earlier, &newest), []);
    }
}
