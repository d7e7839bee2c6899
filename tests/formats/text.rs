//! Texts of others, in one line.

use nix_sccache_contract::text::shown;

#[test]
fn lines_stay_lines() {
    assert_eq!(shown("a\u{1b}[2Jb\né\u{202e}"), "a\\u{1b}[2Jb\\né\\u{202e}");
    assert_eq!(shown(&"é".repeat(200)), "é".repeat(160) + "…");
}
