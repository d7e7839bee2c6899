//! `rust.stage0` on any file: what it answers can be fetched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_fuzz::{ask_about, attrs, text};
use serde_json::Value as Json;

fuzz_target!(|bytes: &[u8]| {
    // The last line of the file is the release of its tree as well: one input is enough.
    let version = bytes.iter().rposition(|byte| *byte == b'\n');
    let version = version.map_or(0, |newline| newline + 1);
    for name in ["src/stage0", "src/stage0.json", "src/stage0.txt"] {
        let file = text(name, 0, bytes.len());
        let all = attrs([("file", file.clone())]);
        let wanted = [
            all.clone(),
            attrs([
                ("source", file),
                ("host", Value::String("x86_64-linux".into())),
                ("root", Value::String("https://mirror.example/dist".into())),
                (
                    "version",
                    text("src/version", version, bytes.len() - version),
                ),
            ]),
        ];
        for wanted in wanted {
            if let Ok(answer) = ask_about("stage0", &wanted, bytes) {
                check(&answer);
            }
        }
    }
});

fn check(answer: &Json) {
    let date = answer["date"].as_str().expect("a file has a date");
    assert_eq!(date.len(), 10, "{date:?}");
    for artifact in answer["artifacts"].as_array().expect("a list") {
        let text = |name: &str| {
            artifact[name]
                .as_str()
                .unwrap_or_else(|| panic!("{artifact}"))
        };
        let (url, date, version) = (text("url"), text("date"), text("version"));
        let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}#?@".contains(c);
        assert!(url.chars().all(plain), "{url:?}");
        assert!(url.contains("://"), "{url:?}");
        // It is the parts that it was taken apart into.
        let (_, file) = url.rsplit_once(&format!("/dist/{date}/")).expect(url);
        let target = artifact["target"].as_str();
        let start = match text("component").strip_suffix("-src") {
            Some(release) if target.is_none() && file.contains("-src.") => {
                format!("{release}-{version}-src")
            }
            _ => format!("{}-{version}", text("component")),
        };
        let start = target.map_or(start.clone(), |target| format!("{start}-{target}"));
        let end = file
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{start} is not {file}"));
        let kind = end.trim_start_matches(".tar").trim_start_matches('.');
        assert_eq!(kind, text("archive"), "{file}");
        let hash = text("hash").strip_prefix("sha256-").expect("a hash is SRI");
        assert!(hash.len() == 44 && hash.ends_with('='), "{hash}");
    }
    for warning in answer["warnings"].as_array().expect("a list") {
        let warning = warning.as_str().expect("a warning is text");
        assert!(!warning.contains(char::is_control), "{warning:?}");
        assert!(warning.len() < 2000, "{warning:?}");
    }
}
