//! Strings that somebody looks at: a fuzzer is slow to find them.

use arbitrary::{Arbitrary, Result, Unstructured};

/// What settings hold, what TOML writes in a way of its own, and what spoils a line.
const WORDS: &[&str] = &[
    "",
    "/",
    "/nix/store/00000000000000000000000000000000-shim",
    "/run/nix-sccache/sccache.sock",
    "/run/a b:c?d",
    "20G",
    "512m",
    "18446744073709551615",
    "16777216T",
    "0K",
    "2€",
    "redis://localhost:6379",
    "redis+unix://localhost/run/redis.sock",
    "unix:///run/redis.sock",
    "tcp://127.0.0.1:11211",
    "https://user:password@localhost/?token=#",
    "https://localhost",
    "localhost:11211",
    "rust",
    "c",
    "c++",
    "ignore",
    "l0",
    "all",
    "true",
    "auto",
    "x86_64-linux",
    "'''\"\"\"\\",
    "a\r\nb\n",
    "\u{7f}\u{1b}[2J",
    "\u{fdd0}\u{fffd}\u{feff}",
    "\u{202e}${x}",
    "1979-05-27T07:32:00Z",
    "$__toml_private_datetime",
    "$serde_json::private::Number",
    "$serde_json::private::RawValue",
];

/// One of the words, or any string.
#[derive(Debug)]
pub struct Text(pub String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=31)? {
            0..=23 => (*u.choose(WORDS)?).to_owned(),
            24..=30 => String::arbitrary(u)?,
            _ => (*u.choose(WORDS)?).repeat(u.int_in_range(0..=1000)?),
        }))
    }
}

/// The parts of a target triple, each in its place; a system has the first and the third.
const PARTS: [&[&str]; 4] = [
    &[
        "x86_64",
        "aarch64",
        "arm64",
        "arm",
        "armv5tel",
        "armv6l",
        "armv7l",
        "armv7",
        "i586",
        "i686",
        "mips64el",
        "powerpc64le",
        "riscv64",
        "riscv64gc",
        "wasm32",
    ],
    &["unknown", "pc", "apple", "w64"],
    &[
        "linux", "darwin", "windows", "freebsd", "none", "wasi", "wasip1", "mingw32",
    ],
    &[
        "gnu",
        "gnueabihf",
        "gnuabi64",
        "musl",
        "musleabihf",
        "msvc",
        "gnullvm",
    ],
];

/// A name of a platform, or nearly one.
#[derive(Debug)]
pub struct Triple(pub String);

impl<'a> Arbitrary<'a> for Triple {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let places: &[usize] = u.choose(&[&[0, 2][..], &[0, 1, 2], &[0, 1, 2, 3]])?;
        let parts = places.iter().map(|place| match u.int_in_range(0..=15)? {
            0 => Ok(Text::arbitrary(u)?.0),
            _ => Ok((*u.choose(PARTS[*place])?).to_owned()),
        });
        Ok(Self(parts.collect::<Result<Vec<_>>>()?.join("-")))
    }
}
