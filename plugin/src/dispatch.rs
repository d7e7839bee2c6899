//! Dispatches a builtin's call, which arrives as three strings, to the one that answers it.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use nix_sccache_core::version::Host;
use nix_sccache_core::{
    Error, bootstrap_config, request, sccache_env, stage0, target, to_toml, toolchain,
};
use serde_json::{Value as Json, json};

/// One call, as the prelude makes it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The builtin's name, without `rust.`.
    pub builtin: &'a [u8],
    /// Its argument, in the JSON of [`request::parse`].
    pub request: &'a [u8],
    /// A large text beside it; empty where there is none.
    pub text: &'a [u8],
    /// Who calls.
    pub host: &'a Host,
}

thread_local! {
    /// Where the last panic of this thread began.
    static PANICKED_AT: Cell<Option<String>> = const { Cell::new(None) };
}

/// Keeps panics from printing: the error that they become says it all, in Nix's own way.
/// A plugin has a Rust runtime of its own, so this reaches no panic but ours.
pub fn keep_panics_quiet() {
    panic::set_hook(Box::new(|info| {
        PANICKED_AT.set(info.location().map(ToString::to_string));
    }));
}

/// Answers a call with JSON: `{"ok": …}`, or `{"err": "…"}` in one line that begins with
/// the builtin's name. A panic is answered as an error, too.
#[must_use]
pub fn answer(call: Call<'_>) -> String {
    let name = String::from_utf8_lossy(call.builtin);
    let answer = match catch_unwind(AssertUnwindSafe(|| run(&name, call))) {
        Ok(Ok(ok)) => json!({ "ok": ok }),
        Ok(Err(error)) => json!({ "err": format!("rust.{name}: {error}") }),
        Err(panic) => {
            let what = panic_message(panic.as_ref());
            let place = PANICKED_AT
                .take()
                .map(|place| format!(" ({place})"))
                .unwrap_or_default();
            json!({ "err": format!("rust.{name}: a fault in nix-sccache, please report it: {what}{place}") })
        }
    };
    answer.to_string()
}

/// A builtin's function, from the call to its answer.
type Builtin = fn(Call<'_>) -> Result<Json, Error>;

/// The table of builtins.
const BUILTINS: [(&str, Builtin); 7] = [
    ("bootstrapConfig", |call| {
        json(bootstrap_config::bootstrap_config(
            &request::read(request::parse(call.request)?)?,
            call.text,
        )?)
    }),
    ("sccacheEnv", |call| {
        let wanted = request::read(request::parse(call.request)?)?;
        json(sccache_env::sccache_env(&wanted)?)
    }),
    ("stage0", |call| {
        let wanted = request::read(request::parse(call.request)?)?;
        json(stage0::stage0(&wanted, call.text)?)
    }),
    ("target", |call| {
        json(target::target(request::parse(call.request)?)?)
    }),
    ("toTOML", |call| {
        json(to_toml::to_toml(request::parse(call.request)?)?)
    }),
    ("toolchain", |call| {
        let wanted = request::read(request::parse(call.request)?)?;
        json(toolchain::toolchain(&wanted, call.text)?)
    }),
    #[cfg(feature = "panicking-builtin")]
    ("version", |_| panicking()),
    #[cfg(not(feature = "panicking-builtin"))]
    ("version", |call| {
        json(nix_sccache_core::version::version(call.host.clone()))
    }),
];

fn run(name: &str, call: Call<'_>) -> Result<Json, Error> {
    match BUILTINS.iter().find(|(known, _)| *known == name) {
        Some((_, builtin)) => builtin(call),
        None => Err(Error::unknown(
            "builtin",
            name,
            &BUILTINS.map(|(known, _)| known),
        )),
    }
}

fn json(answer: impl serde::Serialize) -> Result<Json, Error> {
    serde_json::to_value(answer)
        .map_err(|error| Error::new(format!("the answer is no JSON: {error}")))
}

#[cfg(feature = "panicking-builtin")]
#[expect(clippy::panic, reason = "that is what it is for")]
fn panicking() -> ! {
    panic!("as the test wants")
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without a message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(builtin: &str, request: &str) -> Json {
        let host = Host {
            host: "test".into(),
            nix: "0".into(),
        };
        let call = Call {
            builtin: builtin.as_bytes(),
            request: request.as_bytes(),
            text: b"",
            host: &host,
        };
        serde_json::from_str(&answer(call)).unwrap()
    }

    #[test]
    fn answers_are_ok_or_err() {
        assert_eq!(
            ask("target", r#""x86_64-linux""#),
            json!({ "ok": "x86_64-unknown-linux-gnu" })
        );
        assert_eq!(ask("version", "null")["ok"]["nix"], "0");
        let error = ask("toTOLM", "null");
        assert_eq!(
            error["err"],
            "rust.toTOLM: unknown builtin `toTOLM`; did you mean `toTOML`? (known here: bootstrapConfig, sccacheEnv, stage0, target, toTOML, toolchain, version)"
        );
    }

    #[test]
    fn an_error_is_one_line_and_ends() {
        let long = "long".repeat(1 << 12);
        for text in ["a\r\nb", "\u{1b}[2J", long.as_str()] {
            for request in [
                json!({ text: 1 }),
                json!({ "shim": text }),
                json!({ "shim": ["path", text] }),
                json!({ "shim": "/s", "transport": text }),
                json!({ "shim": "/s", "transport": { text: 1, "s3": 1 } }),
                json!({ "shim": "/s", "transport": { "redis": { "endpoint": text } } }),
                json!({ "shim": "/s", "transport": { "redis": { "socket": format!("/{text}") } } }),
                json!({ "system": text }),
                json!(text),
            ] {
                for builtin in ["sccacheEnv", "stage0", "target"] {
                    let answer = ask(builtin, &request.to_string());
                    let error = answer["err"].as_str().unwrap();
                    assert!(!error.contains(char::is_control), "{error:?}");
                    assert!(error.len() < 1000, "{} bytes: {error:?}", error.len());
                }
            }
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        let message = |panic: Box<dyn Any + Send>| panic_message(panic.as_ref()).to_owned();
        assert_eq!(
            message(catch_unwind(|| panic!("plain")).unwrap_err()),
            "plain"
        );
        assert_eq!(
            message(catch_unwind(|| panic!("with {}", 1)).unwrap_err()),
            "with 1"
        );
    }
}
