//! Settings for a release: such as it takes, and such as it does not.

use std::collections::BTreeMap;

use nix_sccache_core::Value;
use nix_sccache_core::bootstrap_config::{
    Happened, Key, Kind, One, SECTIONS, Section, TOP, Text, Word,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;

/// The machine that builds: the Rust half of 1.63 goes by where it was compiled itself.
pub const BUILD: &str = "x86_64-unknown-linux-gnu";

/// Where the compilers are that bootstrap is to take.
pub const COMPILERS: &str = "/nix/store/x/bin/";

const OTHER: &str = "wasm32-unknown-unknown";

/// Where a value stands: section, empty at the top; target; key.
type Place = (&'static str, Option<&'static str>, String);

/// What makes settings wrong, and the settings.
#[derive(Debug)]
pub struct Wrong {
    pub settings: Value,
    pub how: &'static str,
}

/// The sections that a release has for certain.
pub fn sections(minor: u32) -> impl Iterator<Item = &'static Section> {
    SECTIONS
        .iter()
        .filter(move |section| section.is_known(minor) == Happened::Yes)
}

/// Every place that a release has for certain, with its key.
fn places(minor: u32) -> Vec<(Place, &'static Key)> {
    std::iter::once(&TOP)
        .chain(sections(minor))
        .flat_map(|section| {
            let targets: &[_] = if section.per_target {
                &[Some(BUILD), Some(OTHER)]
            } else {
                &[None]
            };
            let keys = section.keys.iter();
            keys.flat_map(move |key| {
                let place =
                    move |target: &Option<_>| ((section.name, *target, key.name.to_owned()), key);
                targets.iter().map(place)
            })
        })
        .filter(|(_, key)| key.is_known(minor) == Happened::Yes)
        .collect()
}

/// Settings whose every value is right, though they may contradict each other.
pub fn settings(minor: u32) -> impl Strategy<Value = Value> {
    let all = places(minor);
    let least = 1..all.len().min(40);
    subsequence(all, least)
        .prop_flat_map(move |places| {
            let values: Vec<_> = places
                .into_iter()
                .map(|(place, key)| right(key, minor).prop_map(move |value| (place.clone(), value)))
                .collect();
            values
        })
        .prop_map(|values| build(values.into_iter().chain(base())))
}

/// What keeps bootstrap from looking around: compilers that it need not download, and no commit
/// of a source that is none of git's.
fn base() -> Vec<(Place, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    vec![
        (("build", None, "build".to_owned()), text(BUILD)),
        (
            ("build", None, "rustc".to_owned()),
            text(&format!("{COMPILERS}rustc")),
        ),
        (
            ("build", None, "cargo".to_owned()),
            text(&format!("{COMPILERS}cargo")),
        ),
        (
            ("rust", None, "download-rustc".to_owned()),
            Value::Bool(false),
        ),
    ]
}

fn build(values: impl Iterator<Item = (Place, Value)>) -> Value {
    let mut settings = BTreeMap::new();
    for ((section, target, key), value) in values {
        let path: Vec<_> = [Some(section), target].into_iter().flatten().collect();
        let mut table = &mut settings;
        for name in path.into_iter().filter(|name| !name.is_empty()) {
            let next = table
                .entry(name.to_owned())
                .or_insert_with(|| Value::Attrs(BTreeMap::new()));
            let Value::Attrs(next) = next else {
                panic!("{section} is no table");
            };
            table = next;
        }
        table.insert(key, value);
    }
    // Profiles for developers of Rust download by themselves.
    let developers = matches!(settings.get("profile"), Some(Value::String(profile)) if !["user", "dist"].contains(&profile.as_str()));
    if developers
        && let Value::Attrs(llvm) = settings
            .entry("llvm".to_owned())
            .or_insert_with(|| Value::Attrs(BTreeMap::new()))
    {
        llvm.entry("download-ci-llvm".to_owned())
            .or_insert(Value::Bool(false));
    }
    if let Some(Value::Attrs(rust)) = settings.get_mut("rust") {
        // Bootstrap minds that these are two once it builds.
        if rust.contains_key("profile-use") {
            rust.remove("profile-generate");
        }
        // Whether one comes by itself is told by more than the config.
        let word = Value::String("self-contained".to_owned());
        if rust.values().any(|value| *value == word) {
            rust.entry("lld".to_owned()).or_insert(Value::Bool(true));
        }
    }
    Value::Attrs(settings)
}

/// What bootstrap takes any string for, and another program minds later.
const UNREAD: &[&str] = &["channel", "compression-profile", "stack-protector"];

/// A string as settings have it; quotation marks are refused where `bootstrap.py` reads.
fn text() -> BoxedStrategy<Value> {
    prop_oneof![
        select(vec![
            "/nix/store/00000000000000000000000000000000-x/bin/x",
            "x86_64-unknown-linux-gnu",
            "it's",
            "-O2 -DX=1 # no comment",
            "[build]",
            "rustc = 1",
            "é中🦀",
            "a = b",
        ])
        .prop_map(str::to_owned),
        "[ -!#-&(-\\[\\]-~]{1,20}",
    ]
    .prop_map(Value::String)
    .boxed()
}

fn texts() -> BoxedStrategy<Value> {
    vec(text(), 1..4).prop_map(Value::List).boxed()
}

fn right(key: &'static Key, minor: u32) -> BoxedStrategy<Value> {
    match key.name {
        "include" => return Just(Value::List(vec![])).boxed(),
        "host" | "target" => {
            let triples = select(vec![BUILD, OTHER, "thumbv8m.main-none-eabi"]);
            let triples = triples.prop_map(|triple| Value::String(triple.to_owned()));
            return vec(triples, 0..3).prop_map(Value::List).boxed();
        }
        // Bootstrap minds a 0 of the command alone that it is called for.
        "check-stage" | "doc-stage" | "test-stage" | "install-stage" | "dist-stage" => {
            return (1i64..4).prop_map(Value::Int).boxed();
        }
        "codegen-backends" => {
            let backends = select(vec!["llvm", "cranelift", "gcc", "x", "rustc_codegen_llvm"]);
            let backends = backends.prop_map(|name| Value::String(name.to_owned()));
            return vec(backends, 1..3).prop_map(Value::List).boxed();
        }
        _ => {}
    }
    match key.kinds(minor).0 {
        Kind::One(one) => right_one(key, one, minor),
        Kind::Texts => texts(),
        Kind::TextsByName => btree_map("[A-Z_]{1,8}", text(), 0..4)
            .prop_map(Value::Attrs)
            .boxed(),
        Kind::Tools => btree_map(
            "[a-z-]{1,8}",
            texts().prop_map(|list| Value::Attrs(BTreeMap::from([("features".to_owned(), list)]))),
            0..3,
        )
        .prop_map(Value::Attrs)
        .boxed(),
        Kind::Profile => btree_map(
            select(vec!["use".to_owned(), "generate".to_owned()]),
            text(),
            0..3,
        )
        .prop_map(Value::Attrs)
        .boxed(),
    }
}

fn right_one(key: &Key, one: One, minor: u32) -> BoxedStrategy<Value> {
    let mut ways = Vec::new();
    if one.boolean {
        ways.push(any::<bool>().prop_map(Value::Bool).boxed());
    }
    if let Some(most) = one.most {
        let small = (0..=most.min(4)).prop_map(Value::Int).boxed();
        ways.push(prop_oneof![small, Just(Value::Int(most))].boxed());
    }
    match one.text {
        Text::None => {}
        Text::Any => ways.push(text()),
        Text::OneOf(words) => {
            // Only git can tell what is unchanged.
            let known = words
                .iter()
                .filter(|word| word.is_known(minor) == Happened::Yes)
                .filter(|word| word.text != "if-unchanged")
                .map(|word| Value::String(word.text.to_owned()));
            let known: Vec<_> = known.collect();
            if !known.is_empty() {
                ways.push(select(known).boxed());
            }
        }
    }
    assert!(
        !ways.is_empty(),
        "{} of Rust 1.{minor} takes nothing",
        key.name
    );
    select(ways).prop_flat_map(|way| way).boxed()
}

/// Settings with one fault.
pub fn wrong(minor: u32) -> impl Strategy<Value = Wrong> {
    let faults = prop_oneof![
        4 => wrong_value(minor).prop_map(|fault| (fault, "a wrong value")),
        2 => of_another_release(minor).prop_map(|fault| (fault, "a key of another release")),
        1 => misspelt(minor).prop_map(|fault| (fault, "a misspelt key")),
        1 => elsewhere(minor).prop_map(|fault| (fault, "a key of another section")),
        1 => other_words(minor).prop_map(|fault| (fault, "a value of another release")),
    ];
    faults.prop_map(|((place, value), how)| Wrong {
        settings: build(base().into_iter().chain([(place, value)])),
        how,
    })
}

fn wrong_value(minor: u32) -> BoxedStrategy<(Place, Value)> {
    select(places(minor))
        .prop_flat_map(move |(place, key)| {
            let kind = key.kinds(minor).0;
            let wrong: Vec<_> = candidates()
                .into_iter()
                .filter(|value| !fits(kind, value))
                .filter(|value| !UNREAD.contains(&key.name) || !matches!(value, Value::String(_)))
                // No change of bootstrap's has such a number, but from 1.88 on it passes.
                .filter(|value| key.name != "change-id" || *value != Value::Int(-1))
                .collect();
            (Just(place), select(wrong))
        })
        .boxed()
}

fn candidates() -> Vec<Value> {
    let attrs = |value| Value::Attrs(BTreeMap::from([("x".to_owned(), value)]));
    vec![
        Value::Bool(true),
        Value::Int(-1),
        Value::Int(7),
        Value::Int(1 << 32),
        Value::Float(1.5),
        Value::String("no such word".to_owned()),
        Value::String("true".to_owned()),
        Value::List(vec![Value::Int(1)]),
        attrs(Value::Int(1)),
    ]
}

fn fits(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::One(one), Value::Bool(_)) => one.boolean,
        (Kind::One(one), Value::Int(value)) => {
            one.most.is_some_and(|most| (0..=most).contains(value))
        }
        (Kind::One(one), Value::String(_)) => one.text == Text::Any,
        _ => false,
    }
}

/// Every place of any release, of sections that this one has.
fn all_places(minor: u32) -> Vec<(Place, &'static Key)> {
    sections(minor)
        .flat_map(|section| {
            let target = section.per_target.then_some(BUILD);
            let keys = section.keys.iter();
            keys.map(move |key| ((section.name, target, key.name.to_owned()), key))
        })
        .collect()
}

fn of_another_release(minor: u32) -> BoxedStrategy<(Place, Value)> {
    let others = all_places(minor)
        .into_iter()
        .filter(|(_, key)| key.is_known(minor) == Happened::No);
    select(others.collect::<Vec<_>>())
        .prop_map(|(place, _)| (place, Value::Bool(true)))
        .boxed()
}

fn misspelt(minor: u32) -> BoxedStrategy<(Place, Value)> {
    select(places(minor))
        .prop_map(|((section, target, key), _)| {
            ((section, target, format!("{key}x")), Value::Bool(true))
        })
        .boxed()
}

fn elsewhere(minor: u32) -> BoxedStrategy<(Place, Value)> {
    let sections: Vec<_> = sections(minor).collect();
    (select(places(minor)), select(sections))
        .prop_filter_map("it belongs there", |(((_, _, key), _), section)| {
            let is_there = section.keys.iter().any(|other| other.name == key);
            let target = section.per_target.then_some(BUILD);
            (!is_there).then_some(((section.name, target, key), Value::Bool(true)))
        })
        .boxed()
}

fn other_words(minor: u32) -> BoxedStrategy<(Place, Value)> {
    let words = places(minor).into_iter().flat_map(|(place, key)| {
        let words: &[Word] = match key.kinds(minor).0 {
            Kind::One(One {
                text: Text::OneOf(words),
                ..
            }) if !UNREAD.contains(&key.name) => words,
            _ => &[],
        };
        let others = words
            .iter()
            .filter(move |word| word.is_known(minor) == Happened::No);
        others.map(move |word| (place.clone(), Value::String(word.text.to_owned())))
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        // This release has them all.
        return misspelt(minor);
    }
    select(words).boxed()
}
