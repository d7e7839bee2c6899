#!/usr/bin/env bash
# The crate toml 0.5, with which rustc's bootstrap reads its config, drops keys of a valid document without a word.
#
# Expected: the example of "dotted keys and a table below them" in TOML's specification gives what it says there; a parser
# that does not know it refuses it.
# Seen, with toml 0.5.11 (compared with toml 0.8.23 and Python's tomllib, which agree):
#     [fruit]
#     apple.color = "red"
#     [fruit.apple.texture]
#     smooth = true
# - read as `toml::Value` it is refused: "duplicate key: `apple`".
# - read as a map of serde (`serde_json::Value`, `BTreeMap`) it is accepted, and `apple.color` is gone.
# The same at the top of the document: `profile.release.lto = true` before `[profile.dev]` leaves the profile `dev` alone.
#
# Why it matters: rustc's bootstrap has 0.5.11 for its config (as a `Value`, so it refuses), to stay small. What writes TOML for it, or
# for anything else at 0.5, must not put a table below dotted keys, although every other reader takes it.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

cargo -V | grep -qF 'cargo 1.95.0 ' || { echo 'wants cargo 1.95.0' >&2; exit 2; }
python3 -c 'import tomllib' || { echo 'wants Python 3.11 or later' >&2; exit 2; }

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "readers"
version = "0.1.0"
edition = "2021"

[dependencies]
old = { package = "toml", version = "=0.5.11" }
new = { package = "toml", version = "=0.8.23" }
serde_json = "=1.0.140"
TOML
cat >src/main.rs <<'RUST'
use serde_json::Value;
use std::collections::BTreeMap;

fn main() {
    let text = std::fs::read_to_string("document.toml").unwrap();
    let read = match std::env::args().nth(1).unwrap().as_str() {
        "value" => old::from_str::<old::Value>(&text).map(|value| value.to_string()),
        "json" => old::from_str::<Value>(&text).map(|value| value.to_string()),
        "map" => old::from_str::<BTreeMap<String, Value>>(&text).map(|value| format!("{value:?}")),
        _ => Ok(new::from_str::<Value>(&text).unwrap().to_string()),
    };
    println!("{}", read.unwrap_or_else(|error| error.to_string()));
}
RUST
cargo build --quiet
by() { target/debug/readers "$1"; }
by_python() { python3 -c 'import json, tomllib; print(json.dumps(tomllib.load(open("document.toml", "rb")), separators=(",", ":")))'; }

printf '[fruit]\napple.color = "red"\n[fruit.apple.texture]\nsmooth = true\n' >document.toml
whole='{"fruit":{"apple":{"color":"red","texture":{"smooth":true}}}}'
is 'fruit, tomllib' "$(by_python)" "$whole"
is 'fruit, toml 0.8' "$(by new)" "$whole"
# shellcheck disable=SC2016 # not a command
is 'fruit, toml 0.5, Value' "$(by value)" 'duplicate key: `apple` for key `fruit` at line 3 column 1'
is 'fruit, toml 0.5, JSON' "$(by json)" '{"fruit":{"apple":{"texture":{"smooth":true}}}}'

printf 'profile.release.lto = true\n[profile.dev]\ndebug = 1\n' >document.toml
whole='{"profile":{"dev":{"debug":1},"release":{"lto":true}}}'
is 'profile, toml 0.8' "$(by new)" "$whole"
is 'profile, toml 0.5, JSON' "$(by json)" '{"profile":{"dev":{"debug":1}}}'
is 'profile, toml 0.5, map' "$(by map)" '{"profile": Object {"dev": Object {"debug": Number(1)}}}'
