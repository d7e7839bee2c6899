//! What the gateway decides about any frame, and what is read of any response: neither ever panics, and
//! what the gateway lets through has the shape that sccache writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_contract::wire::{HEADER, Reader, Request, Response, body_length};
use nix_sccache_gateway::decide::{Answer, Verdict, decide, response};

fuzz_target!(|input: (bool, Option<u32>, &[u8])| {
    let (read_only, length, body) = input;
    // A frame may say another length than it has: the rest comes later, or never.
    let length = length.unwrap_or(u32::try_from(body.len()).expect("an input is short"));
    let head = &body[..body.len().min(Request::HEAD)];
    let verdict = decide(length, head, read_only);
    assert_eq!(verdict, decide(length, head, read_only));
    let number = head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    match verdict {
        Verdict::Fetch | Verdict::Pass => {
            let number = number.expect("a request has a number");
            assert!(
                (5..11).contains(&number),
                "{number} is none of the storage's"
            );
            assert!(!read_only || !matches!(number, 8 | 10), "{number} writes");
            if number > 5 {
                let key = head.get(12..76).expect("a key is whole");
                assert!(key.iter().all(u8::is_ascii_hexdigit), "{key:?}");
            }
            let behind_key = match number {
                5 => 4,
                8 | 10 => {
                    let entry = head[76..84].try_into().expect("a length is whole");
                    84 + u64::from_le_bytes(entry)
                }
                _ => 76,
            };
            assert_eq!(behind_key, u64::from(length), "{number}");
        }
        Verdict::Refuse(refusal) => {
            let response = response(refusal.answer);
            assert_eq!(response.is_none(), refusal.answer == Answer::End);
            if let Some(response) = response {
                let frame = response.start_of_frame().expect("it can be written");
                assert!(frame.len() < 1000);
            }
        }
    }
    if let Ok(request) = Request::read(Reader::of_head(length, head))
        && request.number() >= 5
    {
        let start = request
            .start_of_frame()
            .expect("a frame has less than 4 GiB");
        let (header, start) = start
            .split_first_chunk::<HEADER>()
            .expect("a frame has a header");
        assert_eq!(body_length(*header), length);
        assert!(head.starts_with(start), "{request:?}");
    }
    for response in [Reader::of_head(length, head), Reader::new(body)] {
        if let Response::StorageGetRaw(Some(entry)) = Response::read(response) {
            assert_eq!(entry + Response::HEAD as u64, response.left());
        }
    }
});
