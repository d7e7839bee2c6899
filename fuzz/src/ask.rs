//! Calls builtins, and checks what holds of every answer.

use nix_sccache::dispatch::{Call, answer};
use nix_sccache_core::Value;
use nix_sccache_core::version::Host;
use serde_json::Value as Json;

use crate::request::request;

/// Calls a builtin as the prelude does, and gives what it answered: `ok` or `err`.
///
/// Fails where an answer is none that the prelude understands, and where an error is not
/// one line of plain text that begins with the builtin's name.
pub fn ask(builtin: &str, argument: &Value) -> Result<Json, String> {
    ask_about(builtin, argument, b"")
}

/// The same with a text beside the argument.
pub fn ask_about(builtin: &str, argument: &Value, text: &[u8]) -> Result<Json, String> {
    let answer = answer(Call {
        builtin: builtin.as_bytes(),
        request: request(argument).as_bytes(),
        text,
        host: &Host {
            host: "fuzz".into(),
            nix: "0".into(),
        },
    });
    let json: Json = serde_json::from_str(&answer).expect("an answer is JSON");
    let Json::Object(answer) = json else {
        panic!("an answer is an object, not {json}");
    };
    let mut attrs = answer.into_iter();
    match (attrs.next(), attrs.next()) {
        (Some((name, ok)), None) if name == "ok" => Ok(ok),
        (Some((name, Json::String(error))), None) if name == "err" => {
            let start = format!("rust.{builtin}: ");
            assert!(error.starts_with(&start), "whose error is {error:?}?");
            assert!(
                !error.contains(char::is_control),
                "not a line of text: {error:?}"
            );
            assert!(
                error.len() <= LONGEST_ERROR,
                "nobody reads an error of {} bytes: {error:?}",
                error.len()
            );
            Err(error)
        }
        other => panic!("an answer is ok or err, not {other:?}"),
    }
}

/// An error that quotes long names and strings everywhere is not longer.
const LONGEST_ERROR: usize = 20_000;
