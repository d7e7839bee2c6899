//! Reads what builds say: bytes of anybody, of which lines of ours are left, without what a terminal would take for orders.

use nix_sccache_contract::host_log::{Line, Speaker};
use nix_sccache_contract::json::Json;
use nix_sccache_contract::text::shown_up_to;
use serde_json::Value;

/// What a connection said.
#[derive(Debug)]
pub struct Told {
    /// Who, as they say.
    pub speaker: Speaker,
    /// What.
    pub lines: Vec<Line>,
}

impl Told {
    /// Reads it; nothing where nobody is named. What is no line of ours is passed over.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        let first = value(lines.next()?)?;
        Some(Self {
            speaker: Speaker::read(&first)?,
            lines: lines.filter_map(|line| Line::read(&value(line)?)).collect(),
        })
    }
}

/// The value of a whole line.
fn value(line: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(line.strip_suffix(b"\n")?).ok()?;
    clean(&mut value, false);
    Some(value)
}

/// Writes control characters as what they are called. The text of a part of a key may have several lines.
fn clean(value: &mut Value, has_lines: bool) {
    let plain = |text: &str| shown_up_to(text, usize::MAX);
    match value {
        Value::String(text) if has_lines => {
            *text = text.split('\n').map(plain).collect::<Vec<_>>().join("\n");
        }
        Value::String(text) => *text = plain(text),
        Value::Array(values) => {
            for value in values {
                clean(value, false);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                clean(value, name == "text");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Option<Vec<String>> {
        let told = Told::read(lines.as_bytes())?;
        Some(told.lines.iter().map(Line::to_json).collect())
    }

    const FIRST: &str = "{\"session\":\"1\",\"build\":{\"at\":1}}\n";

    #[test]
    fn lines_of_ours_are_left() {
        let good = r#"{"started":1,"name":"a"}"#;
        let more = r#"{"started":1,"name":"a","more":1}"#;
        let text = format!("{FIRST}{good}\nnothing\n\n[]\n\u{1b}[2J\n{more}\n{good}");
        assert_eq!(read(&text), Some(vec![good.to_owned(), good.to_owned()]));
        for nobody in [
            "",
            "\n",
            good,
            "{}\n",
            "{\"session\":\"../a\",\"build\":{\"at\":1}}\n",
        ] {
            assert_eq!(read(nobody), None, "{nobody}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read(&format!("{FIRST}{deep}\n")), Some(Vec::new()));
    }

    #[test]
    fn nothing_orders_a_terminal_about() {
        let names = format!("{FIRST}{{\"started\":1,\"name\":\"a\\u001b[2J\\nb\\u202e\"}}\n");
        let read_names = read(&names).unwrap();
        assert_eq!(
            read_names,
            [r#"{"started":1,"name":"a\\u{1b}[2J\\nb\\u{202e}"}"#]
        );
        let part = r#"{"at":1,"name":"a","unit":{"kinds":[]},"parts":[{"kind":"listing","name":"d","text":"a\nb\u0007"}]}"#;
        let text = read(&format!("{FIRST}{part}\n")).unwrap();
        assert!(text[0].contains(r#""text":"a\nb\\u{7}""#), "{text:?}");
    }
}
