//! The file of a trace: encoded and parsed.

use nix_sccache_trace_format::{
    Event, FileType, Incomplete, Kind, NO_FOLLOW, Record, header, records,
};

/// Where a record's parts begin.
const KIND_AT: usize = 4;
const PAYLOAD_AT: usize = 20;

const LOOK: Event = Event {
    kind: Kind::Look,
    flags: NO_FOLLOW,
    errno: 2,
    pid: 7,
    extra: 4,
};
const LINK: Event = Event {
    kind: Kind::Link,
    flags: 0,
    errno: 0,
    pid: 8,
    extra: 0,
};
const FORK: Event = Event {
    kind: Kind::Fork,
    flags: 0,
    errno: 0,
    pid: 8,
    extra: 9,
};

/// A trace of these records, with room for nothing more.
fn trace(records: &[(Event, &[&[u8]])]) -> Vec<u8> {
    let mut file = vec![0xff; header::LENGTH];
    for (event, payload) in records {
        let length = Event::length(payload.iter().map(|part| part.len()).sum()).unwrap();
        let mut record = vec![0xff; usize::try_from(length).unwrap()];
        event.encode(payload, &mut record).unwrap();
        record[..KIND_AT].copy_from_slice(&length.to_le_bytes());
        file.extend(record);
    }
    let length = file.len() as u64;
    file[..header::LENGTH].copy_from_slice(&header::new(length));
    file[header::END_AT..][..8].copy_from_slice(&length.to_le_bytes());
    file
}

fn example() -> Vec<u8> {
    trace(&[
        (LOOK, &[b"/dir", b"/", b"name"]),
        (LINK, &[b"/link", b"\0", b"../target"]),
        (FORK, &[]),
    ])
}

/// Why a file is refused.
fn refusal(file: &[u8]) -> Option<Incomplete> {
    records(file).err()
}

#[test]
fn what_is_encoded_is_parsed() {
    let file = example();
    let found: Vec<_> = records(&file).unwrap().collect();
    let expected = [
        Record {
            event: LOOK,
            name: b"/dir/name",
            second: b"",
        },
        Record {
            event: LINK,
            name: b"/link",
            second: b"../target",
        },
        Record {
            event: FORK,
            name: b"",
            second: b"",
        },
    ];
    assert_eq!(found, expected);
    assert_eq!(found[0].event.file_type(), Some(FileType::Symlink));
}

#[test]
fn every_kind_has_its_number() {
    for number in 0..=u8::MAX {
        let kind = Kind::try_from(number);
        assert_eq!(kind.map_or_else(|number| number, |kind| kind as u8), number);
        assert_eq!(kind.is_ok(), (1..=19).contains(&number));
    }
}

#[test]
fn a_new_file_is_a_trace_of_nothing() {
    let mut file = vec![0; 4096];
    file[..header::LENGTH].copy_from_slice(&header::new(4096));
    assert_eq!(records(&file).unwrap().count(), 0);
}

#[test]
fn a_record_takes_its_own_length_alone() {
    let length = usize::try_from(Event::length(4).unwrap()).unwrap();
    let mut record = [0; 64];
    assert_eq!(LOOK.encode(&[b"name"], &mut record[..length]), Some(()));
    assert_eq!(LOOK.encode(&[b"name"], &mut record[..length + 8]), None);
    assert_eq!(
        LOOK.encode(&[b"a longer name"], &mut record[..length]),
        None
    );
    assert_eq!(Event::length(usize::MAX), None);
    assert_eq!(Event::length(u32::MAX as usize), None);
}

#[test]
fn what_is_not_whole_is_refused() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = example();
        file[at..][..bytes.len()].copy_from_slice(bytes);
        refusal(&file)
    };
    let first = header::LENGTH;
    assert_eq!(with(0, b"N"), Some(Incomplete::NotATrace));
    assert_eq!(with(header::VERSION_AT, &[2]), Some(Incomplete::NotATrace));
    assert_eq!(with(header::FLAGS_AT, &[1]), Some(Incomplete::Overflow));
    assert_eq!(with(header::FLAGS_AT, &[2]), Some(Incomplete::Lost));
    assert_eq!(with(header::END_AT + 7, &[1]), Some(Incomplete::Overflow));
    assert_eq!(with(first, &[0; 4]), Some(Incomplete::Hole(first)));
    assert_eq!(with(first, &[9, 0, 0, 0]), Some(Incomplete::Damaged(first)));
    assert_eq!(with(first, &[0xff; 4]), Some(Incomplete::Damaged(first)));
    assert_eq!(
        with(first + KIND_AT, &[18]),
        Some(Incomplete::Damaged(first))
    );
    // One name, of a kind that has two; two names, of a kind that has one.
    assert_eq!(
        with(first + KIND_AT, &[5]),
        Some(Incomplete::Damaged(first))
    );
    assert_eq!(
        with(first + PAYLOAD_AT, &[0]),
        Some(Incomplete::Damaged(first))
    );
}

#[test]
fn no_bytes_make_it_panic() {
    let file = example();
    for length in 0..file.len() {
        assert!(records(&file[..length]).is_err());
    }
    let mut damaged = file.clone();
    for at in 0..file.len() {
        for byte in 0..=u8::MAX {
            damaged[at] = byte;
            if let Ok(records) = records(&damaged) {
                assert!(records.count() <= 3);
            }
        }
        damaged[at] = file[at];
    }
}
