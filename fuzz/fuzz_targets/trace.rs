//! The file of a trace, of any bytes: its records are written as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_trace_format::{Event, header, records};

fuzz_target!(|bytes: &[u8]| {
    let _ = records(bytes).map(Iterator::count);
    let length = header::LENGTH + bytes.len();
    let mut file = header::new(length as u64).to_vec();
    file[header::END_AT..header::CAPACITY_AT].copy_from_slice(&(length as u64).to_le_bytes());
    file.extend_from_slice(bytes);
    let Ok(records) = records(&file) else {
        return;
    };
    let mut at = header::LENGTH;
    for record in records {
        let mut payload = vec![record.name];
        if record.event.kind.has_second() {
            payload.extend([&b"\0"[..], record.second]);
        }
        let of_payload = payload.iter().map(|part| part.len()).sum();
        let length = Event::length(of_payload).expect("it is as long as it was");
        let mut written = vec![0; length as usize];
        record
            .event
            .encode(&payload, &mut written)
            .expect("it was a record");
        written[..4].copy_from_slice(&length.to_le_bytes());
        // Nothing is said of what is behind the payload.
        let said = 20 + of_payload;
        assert_eq!(written[..said], file[at..at + said]);
        at += written.len();
    }
    assert_eq!(at, file.len());
});
