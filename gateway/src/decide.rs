//! What becomes of a request: pure, and decided before a byte of it reaches the daemon.
//!
//! The numbers are those of sccache 0.17, 0.18 and 0.19, which are the same; 0.16 has none of the
//! storage's. What has another number, or not the shape that these releases give it, is refused.

use super::frames::Body;
use super::statistics;

/// The beginning of a body that a decision needs: a number, a key with its length, and the length
/// of an entry.
pub const HEAD: usize = 4 + KEY_FIELD + 8;

/// A key with its length.
const KEY_FIELD: usize = 8 + KEY;

/// Keys are BLAKE3 digests in hexadecimal. The daemon makes a path, or the name of an object, of
/// whatever it is given: `/` and `..` in a key are files of its user's outside of the cache.
const KEY: usize = 64;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the daemon, whose answer may be as large as an entry.
    Fetch,
    /// It goes to the daemon, whose answer is short.
    Pass,
    /// It goes to the daemon unless there are [too many names](statistics) in it.
    Statistics,
    /// It is answered here.
    Refuse(Refusal),
}

/// A request that the daemon never sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked for, or what is wrong, as the log has it.
    pub what: &'static str,
    /// What the client hears.
    pub answer: Answer,
}

/// What a client hears of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That the server does not handle this. A client that wanted a compilation compiles by
    /// itself; one that wanted anything else says that the answer is not what it expected.
    Unhandled,
    /// That an entry cannot be stored, and why: clients count it as a failed write.
    NotStored,
    /// The same of what is kept for the preprocessor.
    NotStoredForPreprocessor,
    /// Statistics in which nothing has been counted. The daemon's own name its storage, its
    /// network's levels among it, and a build that shows statistics is not to fail.
    NoStatistics,
    /// Nothing: the connection ends, since no frame can be told from the next.
    End,
}

/// The shapes that bodies have behind their number.
#[derive(Clone, Copy)]
enum Shape {
    /// There is nothing.
    Empty,
    /// A key, and nothing else.
    Key,
    /// A key, and an entry up to the end.
    KeyAndEntry,
    /// Statistics, which are short.
    Statistics,
    /// Whatever it is: nobody reads it.
    Any,
}

/// A request of the protocol.
struct Known {
    number: u32,
    name: &'static str,
    shape: Shape,
    verdict: Verdict,
    /// What a gateway says that lets nobody write.
    read_only: Option<Answer>,
}

const fn passed(number: u32, name: &'static str, shape: Shape, verdict: Verdict) -> Known {
    Known {
        number,
        name,
        shape,
        verdict,
        read_only: None,
    }
}

const fn written(number: u32, name: &'static str, refusal: Answer) -> Known {
    Known {
        number,
        name,
        shape: Shape::KeyAndEntry,
        verdict: Verdict::Pass,
        read_only: Some(refusal),
    }
}

const fn refused(number: u32, name: &'static str, answer: Answer) -> Known {
    Known {
        number,
        name,
        shape: Shape::Any,
        verdict: Verdict::Refuse(Refusal { what: name, answer }),
        read_only: None,
    }
}

/// All requests of sccache 0.17, 0.18 and 0.19.
const KNOWN: [Known; 12] = [
    refused(0, "to zero the statistics", Answer::Unhandled),
    refused(1, "for the statistics", Answer::NoStatistics),
    refused(
        2,
        "for the state of distributed compilation",
        Answer::Unhandled,
    ),
    refused(3, "to shut the daemon down", Answer::Unhandled),
    refused(4, "to compile", Answer::Unhandled),
    passed(5, "for the storage's mode", Shape::Empty, Verdict::Pass),
    passed(6, "for an entry's path", Shape::Key, Verdict::Pass),
    passed(7, "for an entry", Shape::Key, Verdict::Fetch),
    written(8, "to store an entry", Answer::NotStored),
    passed(9, "for a preprocessor's entry", Shape::Key, Verdict::Fetch),
    written(
        10,
        "to store a preprocessor's entry",
        Answer::NotStoredForPreprocessor,
    ),
    passed(
        11,
        "to add to the statistics",
        Shape::Statistics,
        Verdict::Statistics,
    ),
];

/// Decides about a request by the length that its frame says and the beginning of its body:
/// [`HEAD`] bytes, or all of a shorter one.
#[must_use]
pub fn decide(length: u32, head: &[u8], read_only: bool) -> Verdict {
    let mut rest = Body(head);
    let (Some(number), Some(behind)) = (rest.u32(), length.checked_sub(4)) else {
        return end("with no number");
    };
    let Some(known) = KNOWN.iter().find(|known| known.number == number) else {
        return Verdict::Refuse(Refusal {
            what: "of an unknown number",
            answer: Answer::Unhandled,
        });
    };
    if let Err(what) = check(known.shape, behind.into(), rest) {
        return end(what);
    }
    match known.read_only {
        Some(answer) if read_only => Verdict::Refuse(Refusal {
            what: known.name,
            answer,
        }),
        _ => known.verdict,
    }
}

/// What a request is called in the log.
#[cfg(test)]
#[must_use]
pub fn name(number: u32) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|known| known.number == number)
        .map(|known| known.name)
}

fn end(what: &'static str) -> Verdict {
    Verdict::Refuse(Refusal {
        what,
        answer: Answer::End,
    })
}

/// Whether a body is of this shape: the `behind` bytes behind its number, of which `rest` is
/// the beginning.
fn check(shape: Shape, behind: u64, mut rest: Body) -> Result<(), &'static str> {
    const STRAY: &str = "with more or less in it than it says";
    let key_field = KEY_FIELD as u64;
    let in_all = match shape {
        Shape::Any => return Ok(()),
        Shape::Empty => 0,
        Shape::Statistics if behind <= statistics::LONGEST as u64 => return Ok(()),
        Shape::Statistics => return Err("with more statistics than a client has"),
        Shape::Key => {
            key(&mut rest)?;
            key_field
        }
        Shape::KeyAndEntry => {
            key(&mut rest)?;
            let entry = rest.u64().ok_or(STRAY)?;
            entry.checked_add(key_field + 8).ok_or(STRAY)?
        }
    };
    if in_all == behind { Ok(()) } else { Err(STRAY) }
}

fn key(rest: &mut Body) -> Result<(), &'static str> {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match rest.bytes() {
        Some(key) if key.len() == KEY && key.iter().all(digit) => Ok(()),
        _ => Err("with a key that is no digest"),
    }
}

/// The body that a client hears, if any.
#[must_use]
pub fn body(answer: Answer) -> Option<Vec<u8>> {
    /// `Response::Compile(CompileResponse::UnhandledCompile)`
    const UNHANDLED: [u8; 8] = [0, 0, 0, 0, 1, 0, 0, 0];
    const WHY: &[u8] = b"the gateway of nix-sccache lets nobody write";
    // A response's number, that of `Err`, and a string.
    let not_stored = |response: u32| {
        let parts = [
            &response.to_le_bytes()[..],
            &1_u32.to_le_bytes(),
            &(WHY.len() as u64).to_le_bytes(),
            WHY,
        ];
        parts.concat()
    };
    Some(match answer {
        Answer::Unhandled => UNHANDLED.to_vec(),
        Answer::NotStored => not_stored(9),
        Answer::NotStoredForPreprocessor => not_stored(11),
        Answer::NoStatistics => statistics::none(),
        Answer::End => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &[u8; 64] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u64).to_le_bytes(), bytes].concat()
    }

    fn of(body: &[u8]) -> Verdict {
        let length = u32::try_from(body.len()).unwrap();
        decide(length, &body[..body.len().min(HEAD)], false)
    }

    fn with(number: u32, parts: &[&[u8]]) -> Vec<u8> {
        [&number.to_le_bytes()[..], &parts.concat()].concat()
    }

    /// Every request, as sccache 0.17 to 0.19 number and write them.
    #[test]
    fn every_request() {
        let key = string(DIGEST);
        let (key, entry) = (&key[..], &string(b"PK entry")[..]);
        let compile = string(b"/bin/sh");
        let unhandled = |what| {
            Verdict::Refuse(Refusal {
                what,
                answer: Answer::Unhandled,
            })
        };
        let empty = Verdict::Refuse(Refusal {
            what: "for the statistics",
            answer: Answer::NoStatistics,
        });
        let cases: [(u32, &[&[u8]], Verdict); 14] = [
            (0, &[], unhandled("to zero the statistics")),
            (1, &[], empty),
            (
                2,
                &[],
                unhandled("for the state of distributed compilation"),
            ),
            (3, &[], unhandled("to shut the daemon down")),
            (4, &[&compile, &compile], unhandled("to compile")),
            (5, &[], Verdict::Pass),
            (6, &[key], Verdict::Pass),
            (7, &[key], Verdict::Fetch),
            (8, &[key, entry], Verdict::Pass),
            (9, &[key], Verdict::Fetch),
            (10, &[key, entry], Verdict::Pass),
            (11, &[&[0; 213]], Verdict::Statistics),
            (12, &[], unhandled("of an unknown number")),
            (u32::MAX, &[key], unhandled("of an unknown number")),
        ];
        for (number, parts, expected) in cases {
            assert_eq!(of(&with(number, parts)), expected, "{number}");
        }
        // What is refused is so whatever stands behind it.
        for number in (0..5).chain(12..40) {
            assert!(
                matches!(of(&with(number, &[&[0xff; 99]])), Verdict::Refuse(_)),
                "{number}"
            );
        }
    }

    #[test]
    fn whoever_may_only_read_may_not_write() {
        let (key, entry) = (string(DIGEST), string(b"PK"));
        for (number, expected) in [
            (8, Some(Answer::NotStored)),
            (10, Some(Answer::NotStoredForPreprocessor)),
            (7, None),
            (9, None),
        ] {
            let body = match expected {
                Some(_) => with(number, &[&key, &entry]),
                None => with(number, &[&key]),
            };
            let length = u32::try_from(body.len()).unwrap();
            let verdict = decide(length, &body[..body.len().min(HEAD)], true);
            match (verdict, expected) {
                (Verdict::Refuse(refusal), Some(answer)) => {
                    assert_eq!(refusal.answer, answer);
                    assert_eq!(Some(refusal.what), name(number));
                }
                (Verdict::Fetch, None) => {}
                other => panic!("{number}: {other:?}"),
            }
        }
    }

    /// A key is a part of a path in the daemon's cache.
    #[test]
    fn a_key_is_a_digest() {
        let long = "a".repeat(65);
        let upper = "A".repeat(64);
        let escaping = format!("{:/<64}", "aa/../../../../etc/passwd");
        let not_utf8 = [0xff; 64];
        for key in [
            &b""[..],
            b"a",
            b"/etc/passwd",
            escaping.as_bytes(),
            long.as_bytes(),
            upper.as_bytes(),
            &not_utf8,
        ] {
            for number in 6..11 {
                let body = with(number, &[&string(key), &string(b"x")]);
                let verdict = of(&body);
                assert!(
                    matches!(verdict, Verdict::Refuse(Refusal { what, answer: Answer::End }) if what.contains("key")),
                    "{number} {key:?}: {verdict:?}"
                );
            }
        }
    }

    #[test]
    fn lengths_agree() {
        let key = string(DIGEST);
        let key = &key[..];
        let wrong: [Vec<u8>; 8] = [
            vec![],
            vec![5],
            with(5, &[b"x"]),
            with(7, &[key, b"x"]),
            with(8, &[key]),
            with(8, &[key, &9_u64.to_le_bytes(), b"short"]),
            with(8, &[key, &u64::MAX.to_le_bytes(), b"x"]),
            with(11, &[&vec![0; statistics::LONGEST + 1]]),
        ];
        for body in wrong {
            let verdict = of(&body);
            assert!(
                matches!(
                    verdict,
                    Verdict::Refuse(Refusal {
                        answer: Answer::End,
                        ..
                    })
                ),
                "{body:?}: {verdict:?}"
            );
        }
    }
}
