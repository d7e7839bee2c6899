//! `rust.bootstrapConfig` against the two programs that read what it writes, of real sources:
//! `bootstrap.py`, and the Rust half of bootstrap.
//!
//! They are to accept whatever it writes, and to refuse, for the very key, what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod generate;
mod source;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use generate::Wrong;
use nix_sccache_core::bootstrap_config::{Answer, Wanted, bootstrap_config};
use nix_sccache_core::{Error, Value, request, to_toml};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use source::{Source, sources};

/// How many configs of each release are compared.
const CASES: u32 = 600;

/// What of them must have been accepted at least, and of the wrong ones refused.
const ENOUGH: usize = 300;

fn ask(source: &Source, settings: &Value, sandbox: bool) -> Result<Answer, Error> {
    let wanted = BTreeMap::from([
        ("release".to_owned(), Value::String(source.release.clone())),
        ("sandbox".to_owned(), Value::Bool(sandbox)),
        ("settings".to_owned(), settings.clone()),
    ]);
    let wanted: Wanted = request::read(Value::Attrs(wanted))?;
    bootstrap_config(&wanted, b"")
}

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        max_global_rejects: 10 * CASES,
        ..Config::default()
    })
}

/// The key that bootstrap names: the unknown field, or that of the path. What it says of an
/// unknown one lists all that it knows.
fn their_key(error: &str) -> Option<&str> {
    if let Some((_, rest)) = error.split_once("unknown field `") {
        return rest.split('`').next();
    }
    let (_, path) = error.split_once(" for key `")?;
    let path = path.split('`').next()?;
    match path.split('.').collect::<Vec<_>>().as_slice() {
        ["target", _, key, ..] | [_, key, ..] => Some(key),
        _ => Some(path),
    }
}

/// Whether bootstrap's error is about a key. Where it panics it may have any words.
fn names(error: &str, key: &str) -> bool {
    if let Some(theirs) = their_key(error) {
        return theirs == key;
    }
    // What it says of these has not their names in it.
    let others: &[&str] = match key {
        "lto" => &["LTO"],
        "profile" => &["/src/bootstrap/defaults/"],
        "change-id" => &["expected usize"],
        "build-stage" => &["on stage 0"],
        "codegen-backends" => &["Invalid value 'rustc_codegen_"],
        "default-linker-linux-override" => &["default Linux linker", "`default-linker-linux`"],
        "use-lld" | "bootstrap-override-lld" => &["self-contained lld"],
        _ => &[],
    };
    // It writes its own names with underscores now and then.
    let normal = error.replace('_', "-");
    let mut words = normal.split(|c: char| c != '-' && !c.is_ascii_alphanumeric());
    words.any(|word| word == key.replace('_', "-"))
        || others.iter().any(|other| error.contains(other))
}

/// The key that an error is about: an unknown one, or the last of its path.
fn key_of(error: &str) -> &str {
    if let Some((_, rest)) = error.split_once("unknown key `") {
        return rest.split('`').next().unwrap_or_default();
    }
    if let Some((_, rest)) = error.split_once("unknown section or key `") {
        return rest.split('`').next().unwrap_or_default();
    }
    let path = error.split(": ").next().unwrap_or_default();
    // In lists and tables of one's own it is the key that bootstrap names.
    let key = path.split('.').nth(2).unwrap_or_default();
    let key = match path.split('.').collect::<Vec<_>>().as_slice() {
        [_, "target", _, key, ..] => key,
        [_, top] => top,
        _ => key,
    };
    key.split('[').next().unwrap_or_default()
}

#[test]
fn what_is_written_is_accepted_and_what_is_contradictory_is_refused() {
    for source in sources() {
        let accepted = RefCell::new(Vec::new());
        let contradictory = RefCell::new(0);
        let strategy = (generate::settings(source.minor), proptest::bool::ANY);
        let run = runner().run(&strategy, |(settings, sandbox)| {
            match ask(&source, &settings, sandbox) {
                Ok(answer) => {
                    source
                        .read(&answer.text)
                        .map_err(|error| fail(&source, &settings, &answer.text, &error))?;
                    accepted.borrow_mut().push(answer);
                }
                Err(error) => {
                    let error = error.to_string();
                    // Rules of our own, which bootstrap knows nothing of.
                    if error.contains("no network") || error.contains("bootstrap.py") {
                        return Err(TestCaseError::reject("not for a sandbox"));
                    }
                    refused_by_both(&source, &settings, &error)?;
                    *contradictory.borrow_mut() += 1;
                }
            }
            Ok(())
        });
        if let Err(error) = run {
            panic!("Rust {}: {error}", source.release);
        }
        let accepted = accepted.into_inner();
        let contradictory = contradictory.into_inner();
        println!(
            "Rust {}: {} accepted, {contradictory} contradictory",
            source.release,
            accepted.len()
        );
        assert!(accepted.len() >= ENOUGH, "{}", accepted.len());
        assert!(contradictory > 0, "no contradiction was tried");
        python_reads_the_same(&source, &accepted);
    }
}

fn fail(source: &Source, settings: &Value, text: &str, error: &str) -> TestCaseError {
    TestCaseError::fail(format!(
        "Rust {} refuses\n{text}\nof {settings:?}\n{error}",
        source.release
    ))
}

/// Bootstrap refuses these settings, too, and for the key that `error` is about.
fn refused_by_both(source: &Source, settings: &Value, error: &str) -> Result<(), TestCaseError> {
    let text = to_toml::to_toml(settings.clone())
        .map_err(|error| TestCaseError::fail(format!("{settings:?}: {error}")))?;
    match source.read(&text) {
        Ok(()) => Err(TestCaseError::fail(format!(
            "Rust {} accepts\n{text}\nbut we say: {error}",
            source.release
        ))),
        Err(theirs) if names(&theirs, key_of(error)) => Ok(()),
        // Of several faults bootstrap sees another one first.
        Err(theirs) if further(source, settings, error).any(|key| names(&theirs, &key)) => Ok(()),
        Err(theirs) => Err(TestCaseError::fail(format!(
            "Rust {} says of\n{text}\n{theirs}\nand we say of {}: {error}",
            source.release,
            key_of(error)
        ))),
    }
}

/// The keys that errors are about when what the last one was about is taken out.
fn further(source: &Source, settings: &Value, error: &str) -> impl Iterator<Item = String> {
    let mut settings = settings.clone();
    let mut error = error.to_owned();
    std::iter::from_fn(move || {
        let path = error.split(": ").next()?.to_owned();
        take_out(&mut settings, &mut path.split('.').skip(1));
        error = ask(source, &settings, false).err()?.to_string();
        Some(key_of(&error).to_owned())
    })
    .take(10)
}

fn take_out<'a>(settings: &mut Value, path: &mut impl Iterator<Item = &'a str>) {
    let (Some(name), Value::Attrs(attrs)) = (path.next(), settings) else {
        return;
    };
    let name = name.trim_matches('"');
    match attrs.get_mut(name) {
        Some(inner @ Value::Attrs(_)) => take_out(inner, path),
        _ => drop(attrs.remove(name)),
    }
}

fn python_reads_the_same(source: &Source, answers: &[Answer]) {
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    let read = source.read_by_python(&texts);
    assert_eq!(read.len(), answers.len());
    for (answer, read) in answers.iter().zip(read) {
        for (key, found) in read {
            let explained = answer.explain.iter().find(|one| one.key == key);
            let expected = explained.map(|one| match &one.value {
                Value::Bool(value) => value.to_string(),
                Value::Int(value) => value.to_string(),
                Value::String(text) => text.clone(),
                other => panic!("{key} is {other:?}"),
            });
            assert_eq!(
                found, expected,
                "{key} of Rust {}:\n{}",
                source.release, answer.text
            );
        }
    }
}

#[test]
fn what_is_wrong_is_refused_by_both() {
    for source in sources() {
        let refused = RefCell::new(BTreeMap::<&str, usize>::new());
        let run = runner().run(&generate::wrong(source.minor), |Wrong { settings, how }| {
            let Err(error) = ask(&source, &settings, false) else {
                return refused_by_both(&source, &settings, &format!("nothing, and it was {how}"));
            };
            refused_by_both(&source, &settings, &error.to_string())?;
            *refused.borrow_mut().entry(how).or_default() += 1;
            Ok(())
        });
        if let Err(error) = run {
            panic!("Rust {}: {error}", source.release);
        }
        let refused = refused.into_inner();
        println!("Rust {}: refused {refused:?}", source.release);
        assert!(refused.values().sum::<usize>() >= ENOUGH);
    }
}

/// An unknown key is answered with all the known ones, which are not what is wrong.
#[test]
fn the_key_that_is_named_is_the_one_that_is_wrong() {
    for (error, key) in [
        (
            "ERROR: Failed to parse '/the.toml': unknown field `ninjax`, expected one of `optimize`, `ninja` for key `llvm`",
            "ninjax",
        ),
        (
            "invalid type: string \"true\", expected a boolean for key `build.docs` at line 1",
            "docs",
        ),
        (
            "invalid type: boolean `true`, expected a string for key `target.x.cc`",
            "cc",
        ),
        (
            "invalid type: integer `1`, expected a string for key `llvm.build-config.A`",
            "build-config",
        ),
        (
            "thread 'main' panicked at config.rs:1:1:\nsetting link_shared is incompatible",
            "link-shared",
        ),
    ] {
        assert!(names(error, key), "{error}");
        for other in ["ninja", "optimize", "target", "shared", "build", "true"] {
            assert!(!names(error, other), "{other}: {error}");
        }
    }
}

/// What we refuse and bootstrap accepts when it reads, since it minds it when it builds.
#[test]
fn what_is_minded_later_is_minded_by_the_source() {
    for source in sources() {
        for text in [
            "Cannot use and generate PGO profiles at the same time",
            "All the *-none-* and nvptx* targets are no-std targets",
        ] {
            assert!(source.says(text), "Rust {}: {text}", source.release);
        }
    }
}

/// The sections, and their keys: what bootstrap says of an unknown one lists them.
#[test]
fn the_table_is_that_of_the_source() {
    let mut wrong = Vec::new();
    for source in sources() {
        let mut compare = |of: &str, ours: BTreeSet<String>, theirs: BTreeSet<String>| {
            let release = &source.release;
            let lacks: Vec<_> = theirs.difference(&ours).collect();
            let has: Vec<_> = ours.difference(&theirs).collect();
            if !lacks.is_empty() || !has.is_empty() {
                wrong.push(format!(
                    "{of} of Rust {release}: the table lacks {lacks:?}, and alone has {has:?}"
                ));
            }
        };
        compare("the top", ours(&source, &["?"]), source.top());
        for section in generate::sections(source.minor) {
            let mut path = vec![section.name];
            path.extend(section.per_target.then_some(generate::BUILD));
            path.push("?");
            let theirs = source
                .read(&to_toml::to_toml(unknown(&path)).unwrap())
                .unwrap_err();
            let (_, theirs) = theirs.split_once("expected ").unwrap();
            let (theirs, _) = theirs.split_once(" for key").unwrap();
            let theirs = theirs.split('`').skip(1).step_by(2).map(str::to_owned);
            let of = format!("[{}]", section.name);
            compare(&of, ours(&source, &path), theirs.collect());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Settings with nothing but what is unknown.
fn unknown(path: &[&str]) -> Value {
    path.iter().rev().fold(Value::Bool(true), |inner, name| {
        Value::Attrs(BTreeMap::from([((*name).to_owned(), inner)]))
    })
}

/// What we say is known there.
fn ours(source: &Source, path: &[&str]) -> BTreeSet<String> {
    let error = ask(source, &unknown(path), false).unwrap_err().to_string();
    let (_, known) = error.split_once("known here: ").unwrap();
    let known = known.trim_end_matches(')').split(", ");
    known.map(str::to_owned).collect()
}

/// What `bootstrap.py` looks for is what we check that it finds.
#[test]
fn all_that_python_looks_for_is_known() {
    for source in sources() {
        let looked_for = source.looked_for_by_python();
        assert!(looked_for.len() > 10, "{looked_for:?}");
        for key in looked_for {
            let is_known = source::READ_BY_PYTHON.iter().any(|(_, name)| *name == key);
            assert!(is_known, "Rust {}: {key}", source.release);
        }
    }
}
