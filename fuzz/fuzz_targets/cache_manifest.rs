//! The manifest of a request, of any bytes: what is taken for one is written as the same bytes, and has room for
//! one set more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_cache::manifest::{Inputs, MAX_LENGTH, MAX_SETS, Manifest, Name, NameKind};
use nix_sccache_contract::wire::Key;

const REQUEST: Key = Key::ZERO;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // With the digest that nobody finds by chance.
    let body = [&b"nscnames\x01"[..], bytes].concat();
    let digest = blake3::hash(&[REQUEST.as_bytes(), &body].concat());
    check(&[&body[..], digest.as_bytes()].concat());
});

fn check(bytes: &[u8]) {
    let Ok(mut manifest) = Manifest::parse(bytes, &REQUEST) else {
        return;
    };
    assert_eq!(manifest.encode(&REQUEST), bytes);
    let before: Vec<_> = manifest.sets().collect();
    assert!(before.len() <= MAX_SETS);
    for set in &before {
        assert!(set.iter().is_sorted());
        for name in set {
            assert!(!name.name.contains(&0), "{name:?}");
            let is_whole = name.name.starts_with(b"/");
            assert!(
                !name.kind.is_path() || is_whole == (name.place == 0),
                "{name:?}"
            );
        }
    }
    let name = Name {
        kind: NameKind::File,
        place: 7,
        name: b"new".to_vec(),
    };
    let names = before.iter().flatten().step_by(2).cloned();
    for newest in [
        Inputs::new(names.chain([name]).collect()),
        Inputs::default(),
    ] {
        manifest.merge(&newest).expect("there is room");
        let merged: Vec<_> = manifest.sets().collect();
        assert_eq!(merged.first(), Some(&newest));
        assert!(merged.len() <= MAX_SETS);
        let bytes = manifest.encode(&REQUEST);
        assert!(bytes.len() <= MAX_LENGTH);
        assert_eq!(Manifest::parse(&bytes, &REQUEST).as_ref(), Ok(&manifest));
    }
    // The others are as they were, but for those that are equal to the new ones and for the oldest.
    let kept = manifest.sets().skip(2).filter(|set| before.contains(set));
    assert!(kept.count() + 2 >= manifest.sets().count().min(before.len()));
}
