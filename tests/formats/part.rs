//! Parts of keys: written, read, and without secrets.

use nix_sccache_contract::json::Json;
use nix_sccache_contract::part::{Kind, Part, Value};

#[test]
fn secrets_are_digests() {
    let part = |name: &str, value: &str| Part::text(Kind::Variable, name, value).value;
    assert_eq!(part("CARGO_PKG_NAME", "a"), Value::Text("a".into()));
    for (name, value) in [
        ("CARGO_REGISTRY_TOKEN", "hunter2"),
        ("MY_PASSWORD", "hunter2"),
        ("CARGO_HTTP_PROXY", "http://me:hunter2@host"),
        ("LONG", &"hunter2".repeat(3000)),
    ] {
        let Value::Digest(digest) = part(name, value) else {
            panic!("{name} is readable");
        };
        assert_eq!(digest.len(), 32);
        assert_ne!(part(name, "other http://a:b@c"), Value::Digest(digest));
    }
}

#[test]
fn what_is_written_is_read() {
    for part in [
        Part::text(Kind::Argument, "-C opt-level", "3"),
        Part::digest(Kind::Dependency, "serde", b"x").in_file("libserde-1.rmeta"),
        Part {
            value: Value::Absent,
            ..Part::text(Kind::Source, "src/a.rs", "")
        },
    ] {
        let line = part.to_json();
        assert_eq!(Part::from_json(line.as_bytes()), Some(part), "{line}");
    }
}
