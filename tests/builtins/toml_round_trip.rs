//! `builtins.fromTOML` reads back what `rust.toTOML` writes, on generated values.

use std::fmt::Write as _;

use nix_sccache_tests::hosts;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// A value that Nix and TOML both hold.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<Value>),
    Attrs(Vec<(String, Value)>),
}

pub(super) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![any::<i64>(), -10i64..10, Just(i64::MAX), Just(i64::MIN)].prop_map(Value::Int),
        prop_oneof![
            any::<f64>().prop_filter("finite", |float| float.is_finite()),
            (-1e6f64..1e6),
            Just(f64::MIN_POSITIVE),
            Just(f64::from_bits(1)),
            Just(f64::MAX),
            Just(0.1),
            Just(1e16),
        ]
        .prop_map(Value::Float),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            attrs(inner).prop_map(Value::Attrs),
        ]
    })
}

fn attrs(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    prop::collection::btree_map(text(), inner, 0..5).prop_map(|attrs| attrs.into_iter().collect())
}

/// Strings of every character but NUL, which Nix has not got.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_-]{1,8}",
        "[\u{1}-\u{7f}]{0,12}",
        "\\PC{0,8}",
        Just(String::new()),
        Just("'''\"\"\"".to_owned()),
        Just("a\r\nb\n".to_owned()),
        Just("\n".to_owned()),
        Just("${a}\\n\\u0041".to_owned()),
    ]
}

/// The value in Nix.
pub(super) fn nix(value: &Value, text: &mut String) {
    match value {
        Value::Bool(value) => write!(text, "{value}").unwrap(),
        // Nix reads the sign as an operator, and the least integer has no positive.
        Value::Int(i64::MIN) => text.push_str("(0 - 9223372036854775807 - 1)"),
        Value::Int(value) if *value < 0 => write!(text, "(0 - {})", value.unsigned_abs()).unwrap(),
        Value::Int(value) => write!(text, "{value}").unwrap(),
        Value::Float(value) => float(*value, text),
        Value::String(value) => string(value, text),
        Value::List(list) => {
            text.push('[');
            for value in list {
                text.push(' ');
                nix(value, text);
            }
            text.push_str(" ]");
        }
        Value::Attrs(attrs) => {
            text.push_str("{ ");
            for (name, value) in attrs {
                string(name, text);
                text.push_str(" = ");
                nix(value, text);
                text.push_str("; ");
            }
            text.push('}');
        }
    }
}

/// A float in Nix's grammar, which refuses subnormal numbers: those are a normal one,
/// divided by a power of two, which is exact.
fn float(value: f64, text: &mut String) {
    const TWO_64: f64 = 18_446_744_073_709_551_616.0;
    let magnitude = value.abs();
    let shown = if magnitude < f64::MIN_POSITIVE {
        format!("({} / 18446744073709551616.0)", exact(magnitude * TWO_64))
    } else {
        exact(magnitude)
    };
    if value < 0.0 {
        write!(text, "(0.0 - {shown})").unwrap();
    } else {
        text.push_str(&shown);
    }
}

/// Rust's shortest text that reads back to the same float, with the point that Nix wants.
fn exact(magnitude: f64) -> String {
    let text = format!("{magnitude:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}e{exponent}")
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' | '$' => {
                text.push('\\');
                text.push(c);
            }
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text.push('"');
}

/// What generates, from a seed that failures name.
pub(super) fn runner() -> TestRunner {
    let config = Config {
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    };
    TestRunner::new(config)
}

/// Many values an evaluation: a Nix takes longer to start than to read them all. Equality is
/// Nix's own, which for floats is bit by bit but for zeros and NaN.
#[test]
fn from_toml_reads_back_what_to_toml_writes() {
    const BATCHES: usize = 12;
    const VALUES: usize = 50;
    let mut runner = runner();
    for host in hosts() {
        for _ in 0..BATCHES {
            let documents: Vec<String> = (0..VALUES)
                .map(|_| {
                    let attrs = attrs(value()).new_tree(&mut runner).unwrap().current();
                    let mut text = String::new();
                    nix(&Value::Attrs(attrs), &mut text);
                    text
                })
                .collect();
            let file = tempfile();
            let list = documents
                .iter()
                .map(|document| format!("({document})"))
                .collect::<Vec<_>>()
                .join("\n");
            std::fs::write(&file, format!("[\n{list}\n]")).unwrap();
            let expression = format!(
                "map (value: builtins.fromTOML (builtins.rust.toTOML value) == value) (import {})",
                file.display()
            );
            let same = host
                .eval(&expression, ["--impure"])
                .unwrap_or_else(|error| panic!("{error}\n{list}"));
            for (same, document) in same.as_array().unwrap().iter().zip(&documents) {
                assert_eq!(same, true, "seed {}: {document}", seed());
            }
            std::fs::remove_file(file).unwrap();
        }
    }
}

fn tempfile() -> std::path::PathBuf {
    let directory = std::env::temp_dir();
    directory.join(format!("nix-sccache-values-{}.nix", std::process::id()))
}

/// Another run sees other values; a failure names the seed that brings its own back.
pub(super) fn seed() -> u64 {
    use std::sync::OnceLock;
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| match std::env::var("NIX_SCCACHE_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    })
}

/// What the shortest text cannot say of a float: zeros have signs, and NaN is not itself.
#[test]
fn the_floats_that_equality_does_not_tell_apart() {
    let expression = r#"
        let
          inf = 1.0e308 * 10;
          negativeZero = (builtins.fromTOML "a = -0.0").a;
        in
        builtins.rust.toTOML { list = [ inf (0.0 - inf) (inf - inf) negativeZero 0.0 1.0 ]; }"#;
    for host in hosts() {
        assert_eq!(
            host.value(expression),
            "list = [inf, -inf, nan, -0.0, 0.0, 1.0]\n"
        );
    }
}
