//! Decides what becomes of a request: pure, and before a byte of it reaches the daemon.
//!
//! What is none of sccache 0.17 to 0.19's requests, or has not the shape that these releases give it,
//! is refused.

use nix_sccache_contract::wire::{
    CompileResponse, READ_ONLY_GATEWAY, Reader, Request, Response, ServerInfo, Unreadable,
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the daemon, whose answer may be as large as an entry.
    Fetch,
    /// It goes to the daemon, whose answer is short.
    Pass,
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
    /// That statistics were added, which the daemon never gets: it would keep every name in them, a reason why a call
    /// was not cached, say, for as long as it runs.
    Recorded,
    /// Nothing: the connection ends, since no frame can be told from the next.
    End,
}

/// Decides about a request by the length that its frame says and the beginning of its body:
/// [`Request::HEAD`] bytes, or all of a shorter one.
#[must_use]
pub fn decide(length: u32, head: &[u8], read_only: bool) -> Verdict {
    let request = match Request::read(Reader::of_head(length, head)) {
        Ok(request) => request,
        Err(Unreadable::NoNumber) => return refuse("with no number", Answer::End),
        Err(Unreadable::UnknownNumber(_)) => {
            return refuse("of an unknown number", Answer::Unhandled);
        }
        Err(Unreadable::Key) => return refuse("with a key that is no digest", Answer::End),
        Err(Unreadable::Length) => {
            return refuse("with more or less in it than it says", Answer::End);
        }
    };
    match request {
        Request::ZeroStats => refuse("to zero the statistics", Answer::Unhandled),
        Request::GetStats => refuse("for the statistics", Answer::NoStatistics),
        Request::DistStatus => refuse(
            "for the state of distributed compilation",
            Answer::Unhandled,
        ),
        Request::Shutdown => refuse("to shut the daemon down", Answer::Unhandled),
        Request::Compile => refuse("to compile", Answer::Unhandled),
        Request::StoragePutRaw { .. } if read_only => {
            refuse("to store an entry", Answer::NotStored)
        }
        Request::StoragePutPreprocessorEntry { .. } if read_only => refuse(
            "to store a preprocessor's entry",
            Answer::NotStoredForPreprocessor,
        ),
        Request::StorageHandshake
        | Request::StorageGetPath { .. }
        | Request::StoragePutRaw { .. }
        | Request::StoragePutPreprocessorEntry { .. } => Verdict::Pass,
        Request::StorageGetRaw { .. } | Request::StorageGetPreprocessorEntry { .. } => {
            Verdict::Fetch
        }
        Request::RecordStats { .. } => refuse("to add to the statistics", Answer::Recorded),
    }
}

fn refuse(what: &'static str, answer: Answer) -> Verdict {
    Verdict::Refuse(Refusal { what, answer })
}

/// What a client hears, if anything.
#[must_use]
pub fn response(answer: Answer) -> Option<Response<'static>> {
    const WHY: &[u8] = READ_ONLY_GATEWAY.as_bytes();
    const LOCATION: &str =
        "behind the gateway of nix-sccache, which keeps the statistics to itself";
    Some(match answer {
        Answer::Unhandled => Response::Compile(CompileResponse::Unhandled),
        Answer::NotStored => Response::StoragePutRaw(Err(WHY)),
        Answer::NotStoredForPreprocessor => Response::StoragePutPreprocessorEntry(Err(WHY)),
        Answer::NoStatistics => Response::Stats(ServerInfo {
            location: LOCATION,
            ..ServerInfo::default()
        }),
        Answer::Recorded => Response::RecordStats,
        Answer::End => return None,
    })
}

#[cfg(test)]
mod tests {
    use nix_sccache_contract::wire::{body as with, bytes as string};

    use super::*;

    const DIGEST: &[u8; 64] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn of(body: &[u8]) -> Verdict {
        let length = u32::try_from(body.len()).unwrap();
        decide(length, &body[..body.len().min(Request::HEAD)], false)
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
        let recorded = Verdict::Refuse(Refusal {
            what: "to add to the statistics",
            answer: Answer::Recorded,
        });
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
            (11, &[&[0; 213]], recorded),
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
            (8, Some(("to store an entry", Answer::NotStored))),
            (
                10,
                Some((
                    "to store a preprocessor's entry",
                    Answer::NotStoredForPreprocessor,
                )),
            ),
            (7, None),
            (9, None),
        ] {
            let body = match expected {
                Some(_) => with(number, &[&key, &entry]),
                None => with(number, &[&key]),
            };
            let length = u32::try_from(body.len()).unwrap();
            let verdict = decide(length, &body[..body.len().min(Request::HEAD)], true);
            match (verdict, expected) {
                (Verdict::Refuse(refusal), Some(expected)) => {
                    assert_eq!((refusal.what, refusal.answer), expected);
                }
                (Verdict::Fetch, None) => {}
                other => panic!("{number}: {other:?}"),
            }
        }
    }

    /// Of what is none the wire module's tests tell: here, that the connection ends.
    #[test]
    fn what_is_no_request_ends_the_connection() {
        let key = &string(DIGEST)[..];
        let escaping = string(format!("{:/<64}", "aa/../../../../etc/passwd").as_bytes());
        for (body, why) in [
            (vec![5], "with no number"),
            (with(7, &[&escaping]), "with a key that is no digest"),
            (with(10, &[&escaping, key]), "with a key that is no digest"),
            (
                with(7, &[key, b"x"]),
                "with more or less in it than it says",
            ),
            (
                with(8, &[key, &u64::MAX.to_le_bytes(), b"x"]),
                "with more or less in it than it says",
            ),
        ] {
            assert_eq!(of(&body), refuse(why, Answer::End), "{body:?}");
        }
    }
}
