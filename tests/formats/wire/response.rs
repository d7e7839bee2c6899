//! Responses: written and read.

use nix_sccache_contract::wire::{
    CompileResponse, GetPath, Handshake, Reader, Response, body, body_length, bytes,
};

fn read(body: &[u8]) -> Response<'_> {
    Response::read(Reader::new(body))
}

#[test]
fn what_is_written_is_read() {
    for response in [
        Response::Compile(CompileResponse::Started),
        Response::Compile(CompileResponse::Unhandled),
        Response::StorageGetRaw(None),
        Response::StorageGetRaw(Some(1 << 30)),
        Response::StoragePutRaw(Ok(())),
        Response::StoragePutRaw(Err(b"no room")),
        Response::StoragePutPreprocessorEntry(Err(b"no room")),
        Response::RecordStats,
    ] {
        let frame = response.start_of_frame().unwrap();
        let (header, head) = frame.split_first_chunk().unwrap();
        let body = Reader::of_head(body_length(*header), head);
        assert_eq!(Response::read(body), response);
    }
    assert_eq!(Response::Other.start_of_frame(), None);
    let long = Response::StorageGetRaw(Some(u64::from(u32::MAX)));
    assert_eq!(long.start_of_frame(), None);
}

#[test]
fn a_storage_says_whether_it_only_reads() {
    let of = |mode: u32, size: &[u8]| {
        let directories = [&1_u64.to_le_bytes()[..], &bytes(b"/base")].concat();
        body(
            6,
            &[
                &bytes(b"Local disk: \"/c\""),
                &bytes(b"disk"),
                &directories,
                &[0, 0, 1, 0, 0, 1],
                &mode.to_le_bytes(),
                size,
            ],
        )
    };
    let whole = of(0, &[&[1], &7_u64.to_le_bytes()[..]].concat());
    let handshake = Handshake {
        location: "Local disk: \"/c\"",
        cache_type: "disk",
        is_read_only: true,
        max_size: Some(7),
    };
    assert_eq!(read(&whole), Response::StorageHandshake(handshake));
    let writes = Handshake {
        is_read_only: false,
        max_size: None,
        ..handshake
    };
    assert_eq!(read(&of(1, &[0])), Response::StorageHandshake(writes));
    assert_eq!(read(&of(2, &[0])), Response::Other);
    assert_eq!(read(&of(0, &[0, 0])), Response::Other);
    for end in 0..whole.len() {
        assert_eq!(read(&whole[..end]), Response::Other, "{end}");
    }
}

#[test]
fn a_head_is_enough() {
    let found = body(7, &[&body(0, &[&bytes(&[b'/'; 2000])])]);
    let head = Reader::of_head(u32::try_from(found.len()).unwrap(), &found[..1000]);
    let path = &found[16..1000];
    assert_eq!(
        Response::read(head),
        Response::StorageGetPath(GetPath::Found(path))
    );
}

#[test]
fn what_the_daemon_does_not_write_is_another() {
    for body in [
        &b""[..],
        b"\x08\0\0",
        b"\x08\0\0\0",
        b"\x08\0\0\0\x02",
        b"\x08\0\0\0\0x",
        b"\x08\0\0\0\x01\x02\0\0\0\0\0\0\0x",
        b"\x09\0\0\0\x02\0\0\0",
        b"\x0d\0\0\0",
        b"HTTP/1.1 400 Bad Request",
        b"\x06\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert_eq!(read(body), Response::Other, "{body:?}");
    }
}
