//! What a daemon says of itself.

use nix_sccache_contract::wire::{Reader, Response, ServerInfo, body, bytes};

fn read(body: &[u8]) -> Response<'_> {
    Response::read(Reader::new(body))
}

#[test]
fn a_daemon_says_what_it_is() {
    let info = ServerInfo {
        location: "here",
        version: "",
    };
    let frame = Response::Stats(info).start_of_frame().unwrap();
    assert_eq!(read(&frame[4..]), Response::Stats(info));
    // With a map, a level, a size, a version and a base directory.
    let count = |count: u64| count.to_le_bytes();
    let map = [&count(1)[..], &bytes(b"Rust"), &count(5)].concat();
    let level = [&bytes(b"L0 (disk)")[..], &bytes(b"/c"), &[0; 72]].concat();
    let told = body(
        2,
        &[
            &[0; 5 * 8],
            &map,
            &[0; 213 - 6 * 8 - 1],
            &[1],
            &count(1),
            &level,
            &bytes(b"/c"),
            &[1],
            &count(9),
            &[0, 1],
            &bytes(b"0.19.0"),
            &count(1),
            &bytes(b"/base"),
        ],
    );
    let expected = ServerInfo {
        version: "0.19.0",
        location: "/c",
    };
    assert_eq!(read(&told), Response::Stats(expected));
    for end in 4..told.len() {
        assert_eq!(read(&told[..end]), Response::Other, "{end}");
    }
    let mut many = told;
    many[4 + 40..4 + 48].fill(0xff);
    assert_eq!(read(&many), Response::Other);
}
