//! The session's log: written and read.

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};
use nix_sccache_contract::json::Json;
use nix_sccache_contract::log::{Entry, Log, Outcome, kept, lines, whole_lines};

#[test]
fn what_is_kept_is_read() {
    let call = Entry {
        at: 1,
        took: 2,
        language: "rust".into(),
        name: "a".into(),
        package: None,
        keeps_path: false,
        outcome: Outcome::Miss,
    };
    for calls in [vec![], vec![call]] {
        for error in [None, Some(CacheError::StorageFailed("it\nbroke".into()))] {
            let calls = calls.clone();
            let log = Log {
                faults: calls
                    .iter()
                    .map(|call| FaultRecord::of_call(Fault::EntryDamaged("why".into()), &call.name))
                    .collect(),
                calls,
                error,
            };
            let text = String::from_utf8(lines(&log)).unwrap();
            assert_eq!(kept(&text), log);
        }
    }
    assert_eq!(kept("no log\n"), Log::default());
}

/// As they were before calls had packages.
#[test]
fn older_logs_are_read() {
    let line = r#"{"at":1,"took":2,"language":"rust","name":"a","outcome":"passthrough","reason":{"links":"bin"}}"#;
    let [call]: [Entry; 1] = whole_lines(line).try_into().unwrap();
    assert_eq!(call.package, None);
    assert_eq!(
        call.outcome,
        Outcome::Passthrough(BypassReason::Links("bin".into()))
    );
    assert_eq!(call.to_json(), line);
}
