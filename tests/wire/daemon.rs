//! The table of the wire module's, row by row.

use nix_sccache_contract::wire::{
    self, DEFAULT_MAX_FRAME, GetPath, HEADER, Key, Reader, Request, Response,
};
use nix_sccache_tests::Daemon;
use nix_sccache_tests::protocol::{
    Client, Heard, frame, get, missing, not_cached, put, request, stored,
};

use crate::{DEFAULT_FRAMES, key, releases};

fn ask(daemon: &Daemon, body: &[u8]) -> Heard {
    Client::new(&daemon.socket()).ask(body)
}

/// The body of a request without an entry.
fn body(request: Request) -> Vec<u8> {
    request.start_of_frame().unwrap().split_off(HEADER)
}

#[test]
fn requests_have_the_same_numbers_and_shapes() {
    for release in releases() {
        let daemon = release.start(&[]);
        // A connection takes them one after the other.
        let mut client = Client::new(&daemon.socket());
        let mut answer =
            |request: Request, entry: &[u8]| match client.ask(&[&body(request), entry].concat()) {
                Heard::Answer(answer) => answer,
                other => panic!("{}: {request:?}: {other:?}", release.version),
            };
        let read = |answer: &[u8]| format!("{:?}", Response::read(Reader::new(answer)));
        let (key, length) = (key('a'), 5);
        for (request, entry, expected) in [
            (Request::ZeroStats, &b""[..], "Other"),
            (Request::DistStatus, b"", "Other"),
            (
                Request::StorageHandshake,
                b"",
                "StorageHandshake(Handshake { location: \"Multi-level (1 levels)\", cache_type: \"unknown\", is_read_only: false, max_size: Some(10737418240) })",
            ),
            (Request::StorageGetRaw { key }, b"", "StorageGetRaw(None)"),
            (
                Request::StoragePutRaw { key, length },
                b"entry",
                "StoragePutRaw(Ok(()))",
            ),
            (
                Request::StorageGetRaw { key },
                b"",
                "StorageGetRaw(Some(5))",
            ),
            (
                Request::StorageGetPath { key },
                b"",
                "StorageGetPath(Unsupported)",
            ),
            // It is none that a preprocessor left.
            (
                Request::StoragePutPreprocessorEntry { key, length },
                b"entry",
                "StoragePutPreprocessorEntry(Err(",
            ),
            (
                Request::RecordStats { length: 213 },
                &[0; 213],
                "RecordStats",
            ),
        ] {
            let answer = read(&answer(request, entry));
            assert!(
                answer.starts_with(expected),
                "{}: {request:?}: {answer}",
                release.version
            );
        }
        // What no part of this project reads has its number.
        let preprocessed = answer(Request::StorageGetPreprocessorEntry { key }, b"");
        assert!(preprocessed.starts_with(&[10, 0, 0, 0]), "{preprocessed:?}");
        assert_eq!(answer(Request::ZeroStats, b""), [1, 0, 0, 0]);
        let state = answer(Request::DistStatus, b"");
        assert!(state.starts_with(&[3, 0, 0, 0]), "{state:?}");
    }
}

#[test]
fn statistics_are_added_and_told() {
    for release in releases() {
        let daemon = release.start(&[]);
        let reasons = ["crate-type", "-E"];
        for _ in 0..2 {
            let recorded = ask(&daemon, &not_cached(&reasons));
            assert_eq!(recorded, Heard::Answer(vec![12, 0, 0, 0]));
        }
        let Heard::Answer(answer) = ask(&daemon, &body(Request::GetStats)) else {
            panic!("no statistics of {}", release.version);
        };
        let Response::Stats(info) = Response::read(Reader::new(&answer)) else {
            panic!("{}: {answer:?}", release.version);
        };
        assert_eq!(info.version, release.version);
        assert_eq!(info.location, "Multi-level (1 levels)");
        for reason in reasons {
            let twice = [&wire::bytes(reason.as_bytes())[..], &2_u64.to_le_bytes()].concat();
            let mut parts = answer.windows(twice.len());
            assert!(parts.any(|part| part == twice), "{}", release.version);
        }
    }
}

#[test]
fn what_is_unknown_ends_the_connection() {
    for release in releases() {
        let daemon = release.start(&[]);
        let key = [b'a'; Key::LENGTH];
        let lying = request(8, &[&wire::bytes(&key), &u64::MAX.to_le_bytes(), b"x"]);
        for unknown in [
            request(12, &[]),
            request(13, &[]),
            request(u32::MAX, &[&key]),
            vec![],
            vec![5, 0],
            request(7, &[]),
            lying,
        ] {
            let heard = ask(&daemon, &unknown);
            assert_eq!(heard, Heard::Closed, "{}: {unknown:?}", release.version);
        }
        assert_eq!(
            ask(
                &daemon,
                &get(&key.map(char::from).iter().collect::<String>())
            ),
            missing()
        );
    }
}

#[test]
fn what_stands_behind_a_request_is_not_read() {
    for release in releases() {
        let daemon = release.start(&[]);
        let get = body(Request::StorageGetRaw { key: key('a') });
        let heard = ask(&daemon, &[&get[..], b"more"].concat());
        assert_eq!(heard, missing(), "{}", release.version);
    }
}

#[test]
fn frames_have_a_longest() {
    for release in releases() {
        let daemon = release.start(&[DEFAULT_FRAMES]);
        let fits = DEFAULT_MAX_FRAME as usize - Request::HEAD;
        let entry = |length| put(&key('a').to_string(), &vec![7; length]);
        assert_eq!(ask(&daemon, &entry(fits)), stored(), "{}", release.version);
        let heard = ask(&daemon, &entry(fits + 1));
        assert_eq!(heard, Heard::Closed, "{}", release.version);
        // It is the frame's length that decides, and not what comes.
        let heard = Client::new(&daemon.socket())
            .send(&wire::header(DEFAULT_MAX_FRAME + 1))
            .hear();
        assert_eq!(heard, Heard::Closed, "{}", release.version);
    }
}

#[test]
fn where_an_entry_is() {
    for release in releases() {
        // One directory, and no levels.
        let daemon = release.start(&[("SCCACHE_MULTILEVEL_CHAIN", "")]);
        let path = |digit| {
            let Heard::Answer(answer) =
                ask(&daemon, &body(Request::StorageGetPath { key: key(digit) }))
            else {
                panic!("{}", release.version);
            };
            match Response::read(Reader::new(&answer)) {
                Response::StorageGetPath(GetPath::Found(path)) => {
                    String::from_utf8(path.to_vec()).unwrap()
                }
                Response::StorageGetPath(GetPath::Miss) => "nowhere".to_owned(),
                other => panic!("{}: {other:?}", release.version),
            }
        };
        assert_eq!(ask(&daemon, &put(&key('a').to_string(), b"x")), stored());
        let expected = daemon.cache().join("a/a").join(key('a').to_string());
        assert_eq!(path('a'), expected.to_str().unwrap());
        assert_eq!(path('b'), "nowhere");
        let frame = frame(&body(Request::StorageHandshake));
        let Heard::Answer(answer) = Client::new(&daemon.socket()).send(&frame).hear() else {
            panic!("{}", release.version);
        };
        let Response::StorageHandshake(storage) = Response::read(Reader::new(&answer)) else {
            panic!("{}: {answer:?}", release.version);
        };
        assert_eq!(storage.cache_type, "disk");
        assert!(storage.location.starts_with("Local disk: "), "{storage:?}");
    }
}
