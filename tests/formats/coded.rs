//! Codes of reasons and faults, and the tables of what people read of them.

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{CacheError, Fault};
use nix_sccache_contract::json::Json;

#[test]
fn codes_tell_rows_apart() {
    for table in [BypassReason::TABLE, CacheError::TABLE, Fault::TABLE] {
        let mut codes: Vec<_> = table.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), table.len());
        for row in table {
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(row.code.chars().all(is_plain), "{}", row.code);
            assert!(
                !row.sentence.is_empty() && !row.remedy.is_empty(),
                "{}",
                row.code
            );
        }
    }
}

#[test]
fn a_detail_stands_in_its_place() {
    let reason = BypassReason::Option("-Z a\u{1b}".into());
    assert_eq!(reason.code(), "option");
    assert_eq!(reason.detail(), Some("-Z a\u{1b}"));
    assert_eq!(
        reason.remedy(),
        "no call with -Z a\\u{1b} is cached: leave it out where it is not needed"
    );
    let json = reason.to_json();
    assert_eq!(json, r#"{"option":"-Z a\u001b"}"#);
    assert_eq!(BypassReason::from_json(json.as_bytes()), Some(reason));
    for other in [r#""option""#, r#"{"native":"x"}"#, r#""x""#, "1"] {
        assert_eq!(BypassReason::from_json(other.as_bytes()), None, "{other}");
    }
    assert_eq!(CacheError::SessionMissing.detail(), None);
}
