//! Requests: written and read.

use nix_sccache_contract::wire::{
    HEADER, Key, Reader, Request, Unreadable, body, body_length, bytes,
};

const KEY: Key = Key::ZERO;

const ALL: [Request; 12] = [
    Request::ZeroStats,
    Request::GetStats,
    Request::DistStatus,
    Request::Shutdown,
    Request::Compile,
    Request::StorageHandshake,
    Request::StorageGetPath { key: KEY },
    Request::StorageGetRaw { key: KEY },
    Request::StoragePutRaw {
        key: KEY,
        length: 1 << 30,
    },
    Request::StorageGetPreprocessorEntry { key: KEY },
    Request::StoragePutPreprocessorEntry {
        key: KEY,
        length: 0,
    },
    Request::RecordStats { length: 213 },
];

#[test]
fn what_is_written_is_read() {
    for (number, request) in (0..).zip(ALL) {
        assert_eq!(request.number(), number);
        let frame = request.start_of_frame().unwrap();
        let (header, head) = frame.split_first_chunk::<HEADER>().unwrap();
        assert!(head.len() <= Request::HEAD);
        let body = Reader::of_head(body_length(*header), head);
        assert_eq!(Request::read(body), Ok(request));
    }
}

/// As sccache's own client writes it.
#[test]
fn bytes_stay_as_they_are() {
    let handshake = Request::StorageHandshake.start_of_frame();
    assert_eq!(handshake.unwrap(), b"\0\0\0\x04\x05\0\0\0");
    let put = Request::StoragePutRaw {
        key: KEY,
        length: 3,
    };
    let expected = [
        &b"\0\0\0\x57\x08\0\0\0\x40\0\0\0\0\0\0\0"[..],
        &[b'0'; 64],
        b"\x03\0\0\0\0\0\0\0",
    ];
    assert_eq!(put.start_of_frame().unwrap(), expected.concat());
}

#[test]
fn no_frame_has_4_gib() {
    let put = |length| Request::StoragePutRaw { key: KEY, length };
    assert!(put(u64::from(u32::MAX) - 84).start_of_frame().is_some());
    assert_eq!(put(u64::from(u32::MAX) - 83).start_of_frame(), None);
    assert_eq!(put(u64::MAX).start_of_frame(), None);
}

#[test]
fn lengths_agree() {
    fn of(body: &[u8]) -> Result<Request, Unreadable> {
        Request::read(Reader::new(body))
    }
    assert_eq!(of(&[]), Err(Unreadable::NoNumber));
    assert_eq!(of(&[5]), Err(Unreadable::NoNumber));
    assert_eq!(of(&body(12, &[])), Err(Unreadable::UnknownNumber(12)));
    let key = &bytes(KEY.as_bytes())[..];
    let long = u64::MAX.to_le_bytes();
    for (number, parts, error) in [
        (5, &[&b"x"[..]][..], Unreadable::Length),
        (7, &[key, b"x"], Unreadable::Length),
        (7, &[&bytes(b"a")], Unreadable::Key),
        (7, &[&long, b"x"], Unreadable::Key),
        (7, &[], Unreadable::Key),
        (8, &[key], Unreadable::Length),
        (
            8,
            &[key, &9_u64.to_le_bytes(), b"short"],
            Unreadable::Length,
        ),
        (8, &[key, &long, b"x"], Unreadable::Length),
        (10, &[key, &0_u64.to_le_bytes(), b"x"], Unreadable::Length),
    ] {
        assert_eq!(of(&body(number, parts)), Err(error), "{number} {parts:?}");
    }
}
