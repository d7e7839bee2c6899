//! The plan of a session, of any bytes: what is taken for one is written as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_cache::plan::{MAX_KEYS, Plan};
use nix_sccache_contract::wire::Key;

const KEY: Key = Key::ZERO;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // With the digest that nobody finds by chance.
    let body = [&b"nscplan\0\x01"[..], bytes].concat();
    let digest = blake3::hash(&[KEY.as_bytes(), &body].concat());
    check(&[&body[..], digest.as_bytes()].concat());
});

fn check(bytes: &[u8]) {
    let Some(plan) = Plan::parse(bytes, &KEY) else {
        return;
    };
    assert_eq!(plan.encode(&KEY), bytes);
    assert!(plan.keys().len() <= MAX_KEYS);
    assert!(plan.has_keys_of(&plan));
}
