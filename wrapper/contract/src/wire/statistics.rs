//! Reads and writes the statistics of a client and of the daemon: sccache's `ServerStats` and
//! `ServerInfo`, which are the same in 0.16 to 0.19.

use Shape::{Count, Duration, Levels, Named};

use super::frame::{body, bytes};
use super::reader::Reader;
use super::request::Request;

/// A part of statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// How many there were.
    Count(u64),
    /// How many there were under a name, such as a language's.
    Named(&'a [u8], u64),
    /// How long something took, in seconds and nanoseconds.
    Duration(u64, u32),
    /// That there are statistics for each level of the storage, as only a daemon has them.
    Levels,
}

/// How a field is written.
#[derive(Clone, Copy)]
enum Shape {
    Count,
    /// The names and counts of a map.
    Named,
    Duration,
    /// An option of a list, which is skipped.
    Levels,
}

/// The fields of `ServerStats` in their order. `counts` are by language, `adv_counts` by
/// language and compiler.
const FIELDS: [(&str, Shape); 26] = [
    ("compile_requests", Count),
    ("requests_unsupported_compiler", Count),
    ("requests_not_compile", Count),
    ("requests_not_cacheable", Count),
    ("requests_executed", Count),
    ("cache_errors.counts", Named),
    ("cache_errors.adv_counts", Named),
    ("cache_hits.counts", Named),
    ("cache_hits.adv_counts", Named),
    ("cache_misses.counts", Named),
    ("cache_misses.adv_counts", Named),
    ("cache_timeouts", Count),
    ("cache_read_errors", Count),
    ("non_cacheable_compilations", Count),
    ("forced_recaches", Count),
    ("cache_write_errors", Count),
    ("cache_writes", Count),
    ("cache_write_duration", Duration),
    ("cache_read_hit_duration", Duration),
    ("compilations", Count),
    ("compiler_write_duration", Duration),
    ("compile_fails", Count),
    ("not_cached", Named),
    ("dist_compiles", Named),
    ("dist_errors", Count),
    ("multi_level", Levels),
];

/// Reads statistics, and shows each part with the name of its field; nothing where they have not the
/// shape that sccache gives them, or `see` has seen enough.
pub fn read<'a>(
    body: &mut Reader<'a>,
    mut see: impl FnMut(&'static str, Value<'a>) -> Option<()>,
) -> Option<()> {
    for (name, shape) in FIELDS {
        match shape {
            Count => see(name, Value::Count(body.u64()?))?,
            Duration => see(name, Value::Duration(body.u64()?, body.u32()?))?,
            // More than there is room for ends with the room.
            Named => {
                for _ in 0..body.u64()? {
                    see(name, Value::Named(body.bytes()?, body.u64()?))?;
                }
            }
            Levels => {
                if body.bool()? {
                    see(name, Value::Levels)?;
                    for _ in 0..body.u64()? {
                        skip_level(body)?;
                    }
                }
            }
        }
    }
    Some(())
}

/// A level's name, its location, six counts and two durations: `LevelStats`.
fn skip_level(body: &mut Reader) -> Option<()> {
    body.bytes()?;
    body.bytes()?;
    body.take(6 * 8 + 2 * (8 + 4)).map(drop)
}

/// The body of a request that adds one invocation to the statistics, which ran without the cache for
/// these reasons.
#[must_use]
pub fn not_cached(reasons: &[&str]) -> Vec<u8> {
    let statistics = written(|name| {
        let reasons = reasons.iter().map(|reason| (*reason, 1));
        (name == "not_cached").then(|| named(reasons))
    });
    let number = Request::RecordStats { length: 0 }.number();
    body(number, &[&statistics])
}

/// What a daemon says of itself that has counted nothing and tells nothing but a location.
pub(super) fn empty_server_info(location: &str) -> Vec<u8> {
    // Two sizes that are not there, a switch, no version and no base directories.
    let rest = [0; 1 + 1 + 1 + 8 + 8];
    let statistics = written(|_| None);
    [&statistics, &bytes(location.as_bytes()), &rest[..]].concat()
}

/// Statistics with these fields, and with nothing counted in the others.
fn written(field: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let fields = FIELDS.iter().map(|(name, shape)| {
        field(name).unwrap_or_else(|| match shape {
            Count | Named => vec![0; 8],
            Duration => vec![0; 8 + 4],
            Levels => vec![0],
        })
    });
    fields.collect::<Vec<_>>().concat()
}

/// A map.
fn named<'a>(counts: impl ExactSizeIterator<Item = (&'a str, u64)>) -> Vec<u8> {
    let length = (counts.len() as u64).to_le_bytes().to_vec();
    let items =
        counts.map(|(name, count)| [&bytes(name.as_bytes())[..], &count.to_le_bytes()].concat());
    std::iter::once(length)
        .chain(items)
        .collect::<Vec<_>>()
        .concat()
}

/// What a daemon says of itself: some of sccache's `ServerInfo`, which 0.16 has alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo<'a> {
    /// Its release: `0.19.0`.
    pub version: &'a str,
    /// Where its storage is, for people.
    pub location: &'a str,
    /// Hits of all languages.
    pub cache_hits: u64,
    /// Misses of all languages.
    pub cache_misses: u64,
    /// Entries of all languages that could not be read.
    pub cache_errors: u64,
    /// Entries for which the storage took more than its minute.
    pub cache_timeouts: u64,
    /// Entries that could not be stored.
    pub cache_write_errors: u64,
}

impl<'a> ServerInfo<'a> {
    /// Statistics, the location, two sizes if there are any, a switch, the version, and base
    /// directories.
    pub(super) fn read(mut body: Reader<'a>) -> Option<Self> {
        let mut info = Self::default();
        read(&mut body, |name, value| {
            let sum = match name {
                "cache_hits.counts" => &mut info.cache_hits,
                "cache_misses.counts" => &mut info.cache_misses,
                "cache_errors.counts" => &mut info.cache_errors,
                "cache_timeouts" => &mut info.cache_timeouts,
                "cache_write_errors" => &mut info.cache_write_errors,
                _ => return Some(()),
            };
            if let Value::Count(count) | Value::Named(_, count) = value {
                *sum = sum.saturating_add(count);
            }
            Some(())
        })?;
        info.location = body.text()?;
        body.optional_u64()?;
        body.optional_u64()?;
        body.bool()?;
        info.version = body.text()?;
        for _ in 0..body.u64()? {
            body.bytes()?;
        }
        body.is_at_end().then_some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::Response;
    use super::*;

    fn values(body: &[u8]) -> Option<Vec<(&str, Value<'_>)>> {
        let mut values = Vec::new();
        let mut reader = Reader::new(body);
        read(&mut reader, |name, value| {
            values.push((name, value));
            Some(())
        })?;
        reader.is_at_end().then_some(values)
    }

    #[test]
    fn reasons_are_found() {
        let record = not_cached(&["crate-type", "-E"]);
        let values = values(&record[4..]).unwrap();
        let named: Vec<_> = values
            .iter()
            .filter(|(_, value)| matches!(value, Value::Named(..)))
            .collect();
        let expected = [
            ("not_cached", Value::Named(b"crate-type", 1)),
            ("not_cached", Value::Named(b"-E", 1)),
        ];
        assert_eq!(named, expected.iter().collect::<Vec<_>>());
        assert_eq!(not_cached(&[]).len(), 4 + 213);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_none() {
        let record = not_cached(&["a"]);
        for end in 4..record.len() {
            assert_eq!(values(&record[4..end]), None, "{end}");
        }
        assert_eq!(values(&[&record[4..], &[0]].concat()), None);
        let mut many = record;
        many[4 + 40..4 + 48].fill(0xff);
        assert_eq!(values(&many[4..]), None);
    }

    #[test]
    fn a_daemon_says_what_it_is() {
        let info = ServerInfo {
            location: "here",
            ..ServerInfo::default()
        };
        let frame = Response::Stats(info).start_of_frame().unwrap();
        assert_eq!(
            Response::read(Reader::new(&frame[4..])),
            Response::Stats(info)
        );
        // With a level, counts, sizes, a version and a base directory.
        let count = |count: u64| count.to_le_bytes().to_vec();
        let statistics = written(|name| {
            let level = [&bytes(b"L0 (disk)")[..], &bytes(b"/c"), &[0; 72]].concat();
            Some(match name {
                "cache_hits.counts" => named([("Rust", 5), ("C/C++", 2)].into_iter()),
                "cache_hits.adv_counts" => named([("rust", 5), ("c [gcc]", 2)].into_iter()),
                "cache_timeouts" => count(3),
                "cache_write_errors" => count(4),
                "multi_level" => [&[1][..], &count(1), &level].concat(),
                _ => return None,
            })
        });
        let size = [&[1][..], &count(9)].concat();
        let base = [count(1), bytes(b"/base")].concat();
        let told = body(
            2,
            &[
                &statistics,
                &bytes(b"/c"),
                &size,
                &[0, 1],
                &bytes(b"0.19.0"),
                &base,
            ],
        );
        let expected = ServerInfo {
            version: "0.19.0",
            location: "/c",
            cache_hits: 7,
            cache_misses: 0,
            cache_errors: 0,
            cache_timeouts: 3,
            cache_write_errors: 4,
        };
        assert_eq!(
            Response::read(Reader::new(&told)),
            Response::Stats(expected)
        );
        for end in 4..told.len() {
            assert_eq!(Response::read(Reader::new(&told[..end])), Response::Other);
        }
    }
}
