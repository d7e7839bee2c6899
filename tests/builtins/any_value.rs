//! Whatever value a builtin is given, Nix lives on, and `builtins.tryEval` catches every error
//! that is ours.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};

use nix_sccache_tests::{Host, hosts, root};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use tempfile::TempDir;

use super::everywhere::known;
use super::toml_round_trip::{nix, runner, seed, value};

/// What Nix says when it does not live on, and what nobody is to read whatever the argument was.
const DEATHS: [&str; 5] = [
    "Assertion `",
    "terminate called",
    "double free",
    "memory allocation",
    "a fault in nix-sccache",
];

/// Values on which `builtins.toJSON` fails, or never ends, or dies, and a builtin of ours must
/// not do anything but throw.
const ODD: &[&str] = &[
    "null",
    "(x: x)",
    "({ a ? 1, ... }@b: b)",
    "builtins.add",
    "(builtins.add 1)",
    "builtins",
    "builtins.rust",
    "builtins.rust.toTOML",
    "(throw \"no\")",
    "(assert false; 1)",
    "(let l = [ l ]; in l)",
    "(let l = [ l l ]; in l)",
    "(let a = { inherit a; }; in a)",
    "(let a = { x = a; y = [ a ]; }; in a)",
    "(let a.outPath = a; in a)",
    "(let a = f: { __functor = a; x = a; }; in a null)",
    "{ __toString = _: throw \"no\"; }",
    "{ __toString = self: self.x; x = \"/s\"; }",
    "{ outPath = throw \"no\"; }",
    "{ outPath = null; }",
    "{ outPath = { a = 1; }; }",
    "{ outPath = [ 1.5 ]; }",
    "{ type = \"derivation\"; }",
    "(d { })",
    "(d { a = throw \"no\"; })",
    "(d { } // { outPath = throw \"no\"; })",
    "(d { name = throw \"no\"; })",
    "(deep (a: { inherit a; }) 9000)",
    "(deep (a: [ a ]) 9000)",
    "(deep (outPath: { inherit outPath; }) 9000)",
    "(deep (a: { x = a; }) 119)",
    "(deep (a: [ a ]) 59)",
    "(wide 500)",
    "(builtins.genList (i: i * 0.1) 500)",
    "(1.0e308 * 10)",
    "(1.0e308 * 10 - 1.0e308 * 10)",
];

/// What those are made of.
const SCOPE: &str = r#"
    d = attrs: derivation ({ name = "d"; system = "s"; builder = "/b"; } // attrs);
    deep = f: depth: builtins.foldl' (value: _: f value) 1 (builtins.genList (i: i) depth);
    wide =
      width:
      builtins.listToAttrs (builtins.genList (i: { name = "a${toString i}"; value = i; }) width);
"#;

/// A value in Nix's grammar of which each part is catchable.
fn any_value() -> impl Strategy<Value = String> {
    let data = value().prop_map(|value| {
        let mut text = String::new();
        nix(&value, &mut text);
        text
    });
    // A path of the build's own: what is copied to the store has to be there, and small.
    let file = Just(root().join("clippy.toml").display().to_string());
    let leaf = prop_oneof![8 => data, 8 => select(ODD).prop_map(str::to_owned), 1 => file];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names = select(&["a", "system", "config", "rust.rustcTarget", "path", "x-y"][..]);
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[ ({a}) ({b}) ]")),
            (names.clone(), inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("{{ {name} = {a}; z = {b}; }}")),
            (names, inner.clone())
                .prop_map(|(name, a)| format!("rec {{ {name} = {a}; b = b_; b_ = {a}; }}")),
            inner
                .clone()
                .prop_map(|a| format!("(let a = {a}; in [ a {{ inherit a; }} a ])")),
            inner.clone().prop_map(|a| format!("(x: {a})")),
            inner.clone().prop_map(|a| format!("((x: y: {a}) 1)")),
            inner.clone().prop_map(|a| format!("{{ outPath = {a}; }}")),
            inner
                .clone()
                .prop_map(|a| format!("{{ __functor = self: {a}; a = {a}; }}")),
            inner
                .clone()
                .prop_map(|a| format!("{{ __toString = self: \"/s\"; a = {a}; }}")),
            inner.clone().prop_map(|a| format!(
                "{{ __toString = self: builtins.deepSeq (builtins.tryEval ({a})) \"s\"; }}"
            )),
            inner.prop_map(|a| format!("(d {{ }} // {{ a = {a}; }})")),
        ]
    })
}

/// The attributes of `rust.sccacheEnv`, which its errors name.
fn places(host: &Host) -> Vec<String> {
    let settings = |settings: &str| format!("builtins.rust.sccacheEnv {{ {settings} }}");
    let mut places = known(&host.error(&settings("\"?\" = 1;")));
    for transport in known(&host.error(&settings("shim = \"/s\"; transport = \"?\";"))) {
        let stray = format!("shim = \"/s\"; transport.{transport}.\"?\" = 1;");
        let known = known(&host.error(&settings(&stray)));
        places.extend(
            known
                .iter()
                .map(|name| format!("transport.{transport}.{name}")),
        );
        places.push(format!("transport.{transport}"));
    }
    places
}

/// Every builtin on `v`, and on what has it in it.
fn calls(place: &str) -> [String; 12] {
    [
        "rust.toTOML v".into(),
        "rust.toTOML { a = v; b = [ v ]; }".into(),
        "rust.target v".into(),
        "rust.target { system = v; config = v; rust = v; }".into(),
        "rust.sccacheEnv v".into(),
        "rust.sccacheEnv { shim = v; transport = v; }".into(),
        "rust.toolchain v".into(),
        "rust.toolchain { toolchain = v; host = v; default = v; }".into(),
        r#"rust.toolchain { toolchain = "stable"; host = v; root = v; force = v; }"#.into(),
        "rust.stage0 v".into(),
        r#"rust.stage0 { file = "compiler_date=2024-11-28\ncompiler_version=1.83.0\n"; host = v; root = v; }"#
            .into(),
        format!("rust.sccacheEnv ({{ shim = \"/s\"; network = true; }} // {{ {place} = v; }})"),
    ]
}

/// The same command in little memory and time: a builtin that takes more is at fault, and must
/// not take the machine with it.
fn limited(nix: &Command) -> Command {
    const LIMITS: &str = r#"ulimit -S -v 8000000 && exec timeout --signal KILL 120 "$0" "$@""#;
    let mut command = Command::new("sh");
    command
        .args(["-c", LIMITS])
        .arg(nix.get_program())
        .args(nix.get_args());
    for (name, value) in nix.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// A file with this text, in a directory that goes with the value.
fn file(text: &[u8]) -> (TempDir, PathBuf) {
    let directory = TempDir::with_prefix("nix-sccache-any-").unwrap();
    let file = directory.path().join("default.nix");
    fs::write(&file, text).unwrap();
    (directory, file)
}

fn evaluate(host: &Host, text: &[u8]) -> Output {
    let (_directory, file) = file(text);
    let mut nix = host.nix("eval");
    nix.args(["--impure", "--json", "--expr"])
        .arg(format!("import {}", file.display()));
    limited(&nix).output().unwrap()
}

/// The message of each case that has one. `tryEval` tells none; the REPL goes on behind an error.
fn messages(host: &Host, cases: &[String]) -> Vec<String> {
    let list = list(cases);
    let text = format!("with builtins; let {SCOPE} in case: elemAt [ {list} ] case null");
    let (_directory, file) = file(text.as_bytes());
    let lines = (0..cases.len()).fold(String::new(), |mut lines, case| {
        let file = file.display();
        writeln!(lines, "builtins.deepSeq (import {file} {case}) null").unwrap();
        lines
    });
    let (_input_directory, input) = self::file(lines.as_bytes());
    let mut repl = limited(&host.nix("repl"));
    let output = repl.stdin(File::open(input).unwrap()).output().unwrap();
    let stderr = survives(&output, &text);
    stderr
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("error: "))
        .map(str::to_owned)
        .collect()
}

fn list(cases: &[String]) -> String {
    cases.iter().fold(String::new(), |mut list, case| {
        writeln!(list, "(_: {case})").unwrap();
        list
    })
}

/// What Nix said, having lived on.
#[track_caller]
fn survives(output: &Output, expression: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}: {expression}\n{stderr}",
        output.status
    );
    for death in DEATHS {
        assert!(!stderr.contains(death), "{expression}\n{stderr}");
    }
    stderr
}

/// Many cases an evaluation, in one order and in the other. What each gives is `[ answer ]`, or
/// `[ ]` where it threw.
fn batch(cases: &[String]) -> String {
    let list = list(cases);
    format!(
        r"
        with builtins;
        let
          {SCOPE}
          outcome =
            case:
            let
              tried = tryEval (let answer = case null; in deepSeq answer answer);
            in
            if tried.success then [ tried.value ] else [ ];
          cases = [
            {list}
          ];
          last = length cases - 1;
          forth = genList (i: outcome (elemAt cases i)) (last + 1);
          back = genList (i: outcome (elemAt cases (last - i))) (last + 1);
        in
        {{
          # Each is evaluated to its end before the other, in the order of its own list.
          forth = deepSeq forth forth;
          back = deepSeq back (genList (i: elemAt back (last - i)) (last + 1));
        }}"
    )
}

/// The outcomes of a batch; fails with the first case that Nix does not outlive, or that
/// `tryEval` does not catch.
fn outcomes(host: &Host, cases: &[String]) -> serde_json::Value {
    let text = batch(cases);
    let output = evaluate(host, text.as_bytes());
    if output.status.success() {
        survives(&output, &text);
        return serde_json::from_slice(&output.stdout).unwrap();
    }
    if let [case] = cases {
        let stderr = survives(&output, case);
        panic!("seed {}: not caught: {case}\n{stderr}", seed());
    }
    let (first, second) = cases.split_at(cases.len() / 2);
    outcomes(host, first);
    outcomes(host, second);
    let stderr = survives(&output, &text);
    panic!(
        "seed {}: caught alone, but not together: {text}\n{stderr}",
        seed()
    );
}

#[test]
fn every_error_of_ours_is_caught() {
    const BATCHES: usize = 3;
    const VALUES: usize = 50;
    let mut runner = runner();
    for host in hosts() {
        let generated = (any_value(), select(places(&host)));
        for _ in 0..BATCHES {
            let mut cases = Vec::new();
            for _ in 0..VALUES {
                let (value, place) = generated.new_tree(&mut runner).unwrap().current();
                cases.extend(calls(&place).map(|call| format!("let v = {value}; in {call}")));
            }
            let outcomes = outcomes(&host, &cases);
            let [forth, back] = ["forth", "back"].map(|order| outcomes[order].as_array().unwrap());
            assert_eq!(forth.len(), cases.len());
            for ((forth, back), case) in forth.iter().zip(back).zip(&cases) {
                assert_eq!(forth, back, "seed {}: {case}", seed());
            }
            // What was caught is ours, or the value's own.
            let messages = messages(&host, &cases);
            for message in &messages {
                assert!(
                    message.starts_with("rust.")
                        || message == "no"
                        || message.starts_with("assertion "),
                    "seed {}: {message}",
                    seed()
                );
            }
            let caught = forth
                .iter()
                .filter(|outcome| **outcome == serde_json::json!([]))
                .count();
            assert_eq!(messages.len(), caught, "{messages:#?}");
            assert!(0 < caught && caught < cases.len(), "{caught} are errors");
        }
    }
}

/// Values that fail by themselves, past every `tryEval`, and what they say. Where
/// `builtins.toJSON` gets along with one, so do we.
const UNCATCHABLE: &[(&[u8], &str)] = &[
    (
        b"abort \"enough\"",
        "aborted with the following error message: 'enough'",
    ),
    (b"(let x = x; in x)", "infinite recursion"),
    (b"(let l = [ 1 ] ++ l; in l)", "infinite recursion"),
    (b"(1 + \"x\")", "cannot"),
    (b"{ }.a", "attribute 'a' missing"),
    (b"(({ a }: a) { })", "without required argument 'a'"),
    (
        b"(import /nix-sccache-no-such-file)",
        "nix-sccache-no-such-file",
    ),
    (
        b"{ __toString = 1; }",
        "attempt to call something which is not a function",
    ),
    (b"{ __toString = _: 1; }", "cannot coerce"),
    (b"{ outPath = abort \"enough\"; }", "'enough'"),
    (b"(let x.__toString = _: x; in x)", "overflow"),
    (b"/nix-sccache-no-such-file", ""),
    (b"\"caf\xe9\"", ""),
    (b"{ \"caf\xe9\" = 1; system = \"\xff\"; }", ""),
];

#[test]
fn what_cannot_be_caught_is_an_error_of_nix() {
    for host in hosts() {
        let run = |call: &str, value: &[u8]| {
            let start =
                format!("with builtins; let {SCOPE} json = toJSON; in (tryEval (deepSeq ({call} ");
            let text = [start.as_bytes(), value, b") null)).success"].concat();
            evaluate(&host, &text)
        };
        for (value, message) in UNCATCHABLE {
            let shown = String::from_utf8_lossy(value);
            let json = run("json", value);
            let json_says = survives(&json, &shown);
            for call in [
                "rust.toTOML",
                "rust.target",
                "rust.sccacheEnv",
                "(v: rust.toTOML { a = [ v ]; })",
                "(v: rust.sccacheEnv { shim = v; })",
            ] {
                let ours = run(call, value);
                let expression = format!("{call} ({shown})");
                let says = survives(&ours, &expression);
                assert!(
                    ours.status.success() || !json.status.success(),
                    "{expression}: toJSON lives with it\n{says}"
                );
                let overflow = "stack overflow";
                assert!(
                    !says.contains(overflow) || json_says.contains(overflow),
                    "{expression}\n{says}"
                );
                assert!(
                    ours.status.success() || says.contains(message),
                    "{expression}: not {message:?} but\n{says}"
                );
            }
        }
    }
}

/// A hundred megabytes as a value, as a name and as an argument; each is told apart by what
/// comes back, and none takes long.
#[test]
fn strings_of_a_hundred_megabytes() {
    const TEXT: &str = r#"
        with builtins;
        let
          big = foldl' (string: _: string + string) "0123456789ab" (genList (i: i) 23);
          fails = value: !(tryEval (deepSeq value null)).success;
        in
        [
          (stringLength big)
          (stringLength (rust.toTOML { a = big; }))
          (fails (rust.toTOML { ${big} = null; }))
          (fails (rust.target big))
          (fails (rust.target { config = big; }))
          (fails (rust.sccacheEnv { ${big} = 1; }))
          (fails (rust.sccacheEnv { shim = big; }))
          (fails (rust.sccacheEnv { shim = "/s"; transport.${big} = { }; }))
        ]"#;
    const LENGTH: u64 = 12 << 23;
    for host in hosts() {
        let output = evaluate(&host, TEXT.as_bytes());
        let stderr = survives(&output, TEXT);
        assert!(output.status.success(), "{stderr}");
        let outcomes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let around = "a = \"\"\n".len() as u64;
        let expected =
            serde_json::json!([LENGTH, LENGTH + around, true, true, true, true, true, true]);
        assert_eq!(outcomes, expected);
    }
}
