//! Bodies, read from their beginning.

use nix_sccache_contract::wire::Reader;

#[test]
fn what_is_too_short_has_nothing_in_it() {
    assert_eq!(Reader::new(&[1, 2, 3]).u32(), None);
    assert_eq!(Reader::new(&[0; 7]).u64(), None);
    assert_eq!(Reader::new(&[2, 0, 0, 0, 0, 0, 0, 0, 7]).bytes(), None);
    assert_eq!(Reader::new(&[0xff; 9]).bytes(), None);
    assert_eq!(Reader::new(&[1, 7]).optional_u64(), None);
    assert_eq!(Reader::new(&[2]).bool(), None);
}

#[test]
fn numbers_and_strings_come_one_after_the_other() {
    let mut body = Reader::new(&[1, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 1, 9]);
    assert_eq!(body.u32(), Some(0x201));
    assert_eq!(body.bytes(), Some(&b"ab"[..]));
    assert_eq!(body.bool(), Some(true));
    assert_eq!((body.left(), body.take(1)), (1, Some(&[9][..])));
    assert!(body.is_at_end());
}

#[test]
fn a_head_knows_of_what_is_behind_it() {
    let list = [9, 0, 0, 0, 0, 0, 0, 0, b'a', b'b'];
    let body = |length| Reader::of_head(length, &list);
    assert_eq!((body(17).left(), body(17).last_bytes()), (17, Some(9)));
    assert_eq!(body(16).last_bytes(), None);
    assert_eq!(body(17).bytes(), None);
    assert_eq!(body(17).bytes_at_hand(), Some(&b"ab"[..]));
    // A head that is longer than its body ends with it.
    assert_eq!((body(3).left(), body(3).u32()), (3, None));
    assert!(body(0).is_at_end());
}
