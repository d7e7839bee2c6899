//! Records of keys: written and read.

use nix_sccache_contract::json::Json;
use nix_sccache_contract::part::{Kind, Part};
use nix_sccache_contract::record::{Build, Made, Unit, read, text};

#[test]
fn what_is_written_is_read() {
    let build = Build {
        at: 7,
        name: Some("hello-1".into()),
        ..Build::default()
    };
    let made = Made {
        at: 1,
        name: "a".into(),
        unit: Unit {
            kinds: vec!["lib".into()],
            ..Unit::default()
        },
        parts: vec![Part::text(Kind::Argument, "-O", "")],
    };
    let mut lines = made.to_json().into_bytes();
    lines.extend(b"\n{\"at\":");
    let file = text(&build, &lines);
    let read = read(std::str::from_utf8(&file).unwrap());
    assert_eq!(read, (build, vec![made]));
}
