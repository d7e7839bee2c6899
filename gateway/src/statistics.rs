//! Reads the names in statistics, which a client sends when its call is done.
//!
//! The daemon adds them to its own, and keeps every name that occurs in them, a reason why a call
//! was not cached, say, for as long as it runs: a build that makes names up fills its memory. So
//! they are read here in full, and whoever passes them on counts the names.

use nix_sccache_contract::wire::Reader;
use nix_sccache_contract::wire::statistics::{self, Value};

/// How long statistics may be, in bytes: a call's own have some three hundred.
pub const LONGEST: u64 = 4096;

/// How long a name may be, in bytes: sccache's reasons are sentences at most.
const LONGEST_NAME: usize = 128;

/// The names in a body, behind its number; nothing where it is none that a client writes.
#[must_use]
pub fn names(body: &[u8]) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut body = Reader::new(body);
    statistics::read(&mut body, |_, value| match value {
        Value::Count(count) => small(count),
        Value::Named(name, count) => {
            small(count)?;
            let name = Some(name).filter(|name| name.len() <= LONGEST_NAME)?;
            names.push(str::from_utf8(name).ok()?);
            Some(())
        }
        Value::Duration(seconds, nanoseconds) => {
            small(seconds).filter(|()| nanoseconds < 1_000_000_000)
        }
        Value::Levels => None,
    })?;
    body.is_at_end().then_some(names)
}

/// One call's numbers are small, and durations that are not overflow when they are added up,
/// which ends the task of the daemon's that adds.
fn small(count: u64) -> Option<()> {
    u32::try_from(count).is_ok().then_some(())
}

#[cfg(test)]
mod tests {
    use nix_sccache_contract::wire::statistics::not_cached;

    use super::*;

    const EMPTY: [u8; 213] = [0; 213];

    /// Statistics with these names as reasons, behind the request's number.
    fn with_reasons(names: &[&str]) -> Vec<u8> {
        not_cached(names).split_off(4)
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names(&EMPTY), Some(vec![]));
        let body = with_reasons(&["crate-type", "-E"]);
        assert_eq!(names(&body), Some(vec!["crate-type", "-E"]));
    }

    #[test]
    fn what_sccache_does_not_write_is_refused() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let mut huge = EMPTY;
        huge[7] = 1;
        let mut many = EMPTY;
        many[40..48].fill(0xff);
        let mut levels = with_reasons(&["a"]);
        levels.pop();
        levels.extend([&[1][..], &[0; 8]].concat());
        for body in [
            &EMPTY[1..],
            &[&EMPTY[..], &[0]].concat(),
            &with_reasons(&[&long]),
            &levels,
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
