//! Reads what a daemon says of itself with its statistics: some of sccache's `ServerInfo`, which is the same in 0.16 to
//! 0.19.

use Shape::{Count, Duration, Levels, Named};

use super::frame::bytes;
use super::reader::Reader;

/// How a field of `ServerStats` is written.
#[derive(Clone, Copy)]
enum Shape {
    /// A number.
    Count,
    /// A map of names to numbers.
    Named,
    /// Seconds and nanoseconds.
    Duration,
    /// An option of a list.
    Levels,
}

/// The fields of `ServerStats` in order, from `compile_requests` to `multi_level`, and how many there are of a shape in
/// a row.
const FIELDS: [(usize, Shape); 10] = [
    (5, Count),
    (6, Named),
    (6, Count),
    (2, Duration),
    (1, Count),
    (1, Duration),
    (1, Count),
    (2, Named),
    (1, Count),
    (1, Levels),
];

/// How many bytes `ServerStats` has in which nothing was counted.
const EMPTY: usize = 213;

/// A daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo<'a> {
    /// Its release: `0.19.0`.
    pub version: &'a str,
    /// Where its storage is, for people.
    pub location: &'a str,
}

impl<'a> ServerInfo<'a> {
    /// Statistics, the location, two sizes if there are any, a switch, the version, and base directories.
    pub(super) fn read(mut body: Reader<'a>) -> Option<Self> {
        for (fields, shape) in FIELDS {
            for _ in 0..fields {
                skip(&mut body, shape)?;
            }
        }
        let location = body.text()?;
        body.optional_u64()?;
        body.optional_u64()?;
        body.bool()?;
        let version = body.text()?;
        // More than there is room for ends with the room.
        for _ in 0..body.u64()? {
            body.bytes()?;
        }
        body.is_at_end().then_some(Self { version, location })
    }

    /// That of a daemon that has counted nothing and tells nothing but its location.
    pub(super) fn write(self) -> Vec<u8> {
        // Two sizes that are not there, a switch, no version and no base directories.
        let rest = [0; 1 + 1 + 1 + 8 + 8];
        [&[0; EMPTY], &*bytes(self.location.as_bytes()), &rest].concat()
    }
}

fn skip(body: &mut Reader, shape: Shape) -> Option<()> {
    match shape {
        Count => body.u64().map(drop),
        Duration => body.take(8 + 4).map(drop),
        Named => {
            for _ in 0..body.u64()? {
                body.bytes()?;
                body.u64()?;
            }
            Some(())
        }
        Levels => {
            if body.bool()? {
                // A level's name, its location, six counts and two durations: `LevelStats`.
                for _ in 0..body.u64()? {
                    body.bytes()?;
                    body.bytes()?;
                    body.take(6 * 8 + 2 * (8 + 4))?;
                }
            }
            Some(())
        }
    }
}
