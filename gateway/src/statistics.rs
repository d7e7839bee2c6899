//! Statistics, which a client sends when its call is done.
//!
//! The daemon adds them to its own, and keeps every name that occurs in them, a reason why a call
//! was not cached, say, for as long as it runs: a build that makes names up fills its memory. So
//! they are read here in full, by the structure that sccache 0.17, 0.18 and 0.19 give them, and
//! whoever passes them on counts the names.

use super::frames::Body;

/// How long statistics may be: a call's own have some three hundred bytes.
pub const LONGEST: usize = 4096;

/// How long a name may be: sccache's reasons are sentences at most.
const LONGEST_NAME: usize = 128;

/// The fields of the structure in their order.
#[derive(Clone, Copy)]
enum Field {
    /// This many numbers.
    Counts(usize),
    /// This many numbers by name.
    Named(usize),
    /// This many durations.
    Durations(usize),
    /// Statistics of the storage's levels, which a client has none of.
    NoLevels,
}

const FIELDS: [Field; 10] = [
    // Requests: all, of unsupported compilers, no compilations, not cacheable, executed.
    Field::Counts(5),
    // Errors, hits and misses, each by language and by compiler.
    Field::Named(6),
    // Timeouts, read errors, not cacheable after all, forced, write errors, writes.
    Field::Counts(6),
    // Writing, reading.
    Field::Durations(2),
    // Compilations.
    Field::Counts(1),
    // Compiling.
    Field::Durations(1),
    // Failed compilations.
    Field::Counts(1),
    // Reasons, and servers of distributed compilation.
    Field::Named(2),
    // Errors of those.
    Field::Counts(1),
    Field::NoLevels,
];

/// The names in a body, behind its number; nothing where it is none that sccache writes.
pub fn names(body: &[u8]) -> Option<Vec<&str>> {
    let mut body = Body(body);
    let mut names = Vec::new();
    for field in FIELDS {
        match field {
            Field::Counts(many) => (0..many).try_for_each(|_| count(&mut body))?,
            Field::Durations(many) => (0..many).try_for_each(|_| duration(&mut body))?,
            Field::Named(many) => (0..many).try_for_each(|_| named(&mut body, &mut names))?,
            Field::NoLevels => body.take(1).filter(|has| *has == [0]).map(drop)?,
        }
    }
    body.0.is_empty().then_some(names)
}

/// One call's numbers are small, and durations that are not overflow when they are added up,
/// which ends the task of the daemon's that adds.
fn count(body: &mut Body) -> Option<()> {
    body.u64()
        .filter(|count| u32::try_from(*count).is_ok())
        .map(drop)
}

fn duration(body: &mut Body) -> Option<()> {
    count(body)?;
    body.u32()
        .filter(|nanoseconds| *nanoseconds < 1_000_000_000)
        .map(drop)
}

fn named<'a>(body: &mut Body<'a>, names: &mut Vec<&'a str>) -> Option<()> {
    // More than there is room for ends with the room.
    for _ in 0..body.u64()? {
        let name = body.bytes().filter(|name| name.len() <= LONGEST_NAME)?;
        names.push(str::from_utf8(name).ok()?);
        count(body)?;
    }
    Some(())
}

/// A response with statistics in which nothing has been counted.
#[must_use]
pub fn none() -> Vec<u8> {
    /// `Response::Stats`
    const NUMBER: [u8; 4] = [2, 0, 0, 0];
    const LOCATION: &[u8] =
        b"behind the gateway of nix-sccache, which keeps the statistics to itself";
    // A number, a length and a missing part are zeros alike.
    let length = FIELDS.iter().map(|field| match field {
        Field::Counts(many) | Field::Named(many) => 8 * many,
        Field::Durations(many) => 12 * many,
        Field::NoLevels => 1,
    });
    let statistics = vec![0; length.sum()];
    // Two sizes that are not there, a flag, the version and the base directories.
    let rest = [0; 1 + 1 + 1 + 8 + 8];
    let length = (LOCATION.len() as u64).to_le_bytes();
    [&NUMBER[..], &statistics, &length, LOCATION, &rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: [u8; 213] = [0; 213];

    /// Statistics with these names as reasons, and with what is put instead of the last byte.
    fn with_reasons(names: &[&str], end: &[u8]) -> Vec<u8> {
        let before = 5 * 8 + 6 * 8 + 6 * 8 + 2 * 12 + 8 + 12 + 8;
        let mut body = EMPTY[..before].to_vec();
        body.extend((names.len() as u64).to_le_bytes());
        for name in names {
            body.extend((name.len() as u64).to_le_bytes());
            body.extend(name.as_bytes());
            body.extend(1_u64.to_le_bytes());
        }
        body.extend([0; 16]);
        body.extend(end);
        body
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names(&EMPTY), Some(vec![]));
        let body = with_reasons(&["crate-type", "-E"], &[0]);
        assert_eq!(names(&body), Some(vec!["crate-type", "-E"]));
    }

    #[test]
    fn what_sccache_does_not_write_is_refused() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let mut huge = EMPTY;
        huge[7] = 1;
        let mut many = EMPTY;
        many[40..48].fill(0xff);
        for body in [
            &EMPTY[1..],
            &[&EMPTY[..], &[0]].concat(),
            &with_reasons(&[&long], &[0]),
            &with_reasons(&["a"], &[1]),
            &huge,
            &many,
        ] {
            assert_eq!(names(body), None, "{body:?}");
        }
        // A duration that overflows where it is added.
        let mut body = EMPTY;
        body[136..144].fill(0xff);
        assert_eq!(names(&body), None);
    }
}
