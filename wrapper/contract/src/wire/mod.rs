//! Reads and writes the protocol of sccache's daemon, as far as storage goes.
//!
//! A client sends requests on a stream socket, and the daemon sends one response for each, in their
//! order. Both are frames: a length of four bytes, the highest first, and a body of that many bytes. A
//! body is bincode 1 as sccache configures it: integers of a fixed width, the lowest byte first; an
//! enum is the number of its variant in four bytes and what the variant holds; a string or a list is
//! its length in eight bytes and its items; an option is a byte and, if that is 1, the value. Source:
//! `src/protocol.rs`, `src/server.rs` and `src/client.rs` of sccache.
//!
//! [`Request`] and [`Response`] have the numbers and the shapes, [`Reader`] reads. Nothing here does I/O, panics, or allocates what a length claims.
//!
//! # Releases
//!
//! 0.17.0, 0.18.0 and 0.19.0 give all requests, and all responses to them, the same numbers and the same
//! shapes. Releases before 0.17 know requests 0 to 4 alone. 0.19 has one response more,
//! [`ARTIFACT_NOTIFICATION`], which it sends while it compiles for a client, and never for a request of
//! the storage's. A daemon of each of the three does this (tests/wire asks them):
//!
//! | what is sent | what comes |
//! |---|---|
//! | a request of another number than 0 to 11, or a body that ends too early | the end of the connection |
//! | bytes behind a request's end | the response, as without them |
//! | an entry of no bytes | it is stored, and found |
//! | a request longer than `SCCACHE_MAX_FRAME_LENGTH` | the end of the connection, while it is sent |
//! | a request whose response would be longer than that | nothing, for ever |
//! | a key of fewer than two bytes | nothing, for ever: the daemon's task has panicked |
//! | an entry for a storage that only reads | that it was not stored, and why |
//! | a request for an entry's path | one where the storage is a directory, and no path where it has levels |

mod frame;
mod reader;
mod request;
mod response;
mod statistics;

pub use frame::{
    DEFAULT_MAX_FRAME, HEADER, HOST_MAX_FRAME, Key, body, body_length, bytes, frame, header,
};
pub use reader::Reader;
pub use request::{Request, Unreadable};
pub use response::{
    ARTIFACT_NOTIFICATION, CompileResponse, GetPath, Handshake, READ_ONLY_GATEWAY, Response,
};
pub use statistics::ServerInfo;
