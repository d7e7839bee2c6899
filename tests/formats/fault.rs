//! Faults of the cache: told together, written and read.

use nix_sccache_contract::fault::{Fault, FaultRecord, Faults, together};
use nix_sccache_contract::json::Json;

#[test]
fn of_one_cause_are_told_together() {
    let damaged = |name: &str| FaultRecord::of_call(Fault::EntryDamaged("a\nb".into()), name);
    let slow = FaultRecord {
        waited: 1500,
        ..FaultRecord::of_call(Fault::SlowAnswers, "a")
    };
    let faults = [
        slow.clone(),
        slow,
        damaged("a"),
        damaged("b"),
        damaged("c"),
        damaged("d"),
        FaultRecord::of_call(Fault::EntryNotStored("no room".into()), "a"),
        FaultRecord::of_calls(Fault::LogIncomplete("no room".into()), 2),
    ];
    let text: Vec<_> = together(&faults).iter().map(Faults::text).collect();
    assert_eq!(
        text,
        [
            "4 entries damaged, compiled again and stored anew (a, b, c and 1 more): a\\nb",
            "1 entry not stored (a): no room",
            "the cache was slow: 3.0 s of waiting in 2 calls (a)",
            "2 calls not counted here, since the session's log could not be written: no room",
        ]
    );
}

#[test]
fn what_is_written_is_read() {
    for (fault, text) in [
        (
            Fault::EntryNotStored("why".into()),
            r#"{"fault":"entry-not-stored","why":"why","name":"a","calls":1}"#,
        ),
        (
            Fault::SlowAnswers,
            r#"{"fault":"slow-answers","name":"a","calls":1}"#,
        ),
    ] {
        let record = FaultRecord::of_call(fault, "a");
        assert_eq!(record.to_json(), text);
        assert_eq!(FaultRecord::from_json(text.as_bytes()), Some(record));
    }
}
