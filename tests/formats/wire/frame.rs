//! Frames and keys.

use nix_sccache_contract::wire::{Key, body_length, frame, header};

#[test]
fn a_frame_says_its_length() {
    assert_eq!(frame(b"abc").unwrap(), b"\0\0\0\x03abc");
    assert_eq!(body_length([0, 0, 1, 2]), 258);
    assert_eq!(body_length(header(u32::MAX)), u32::MAX);
}

/// A key is a part of a path in the daemon's cache.
#[test]
fn a_key_is_a_digest() {
    let digits = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_eq!(
        Key::new(digits).unwrap().to_string().as_bytes(),
        &digits[..]
    );
    let escaping = format!("{:/<64}", "aa/../../../../etc/passwd");
    for key in [
        &b""[..],
        b"a",
        b"/etc/passwd",
        escaping.as_bytes(),
        "a".repeat(65).as_bytes(),
        "A".repeat(64).as_bytes(),
        &[0xff; 64],
    ] {
        assert_eq!(Key::new(key), None, "{key:?}");
    }
}
