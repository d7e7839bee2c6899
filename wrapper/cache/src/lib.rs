//! Answers invocations of compilers from what was observed when they ran. It knows nothing of compilers.
//!
//! | module | does |
//! |---|---|
//! | [`request`] | makes keys |
//! | [`places`] | names files by directories that are elsewhere in every build |
//! | [`trace`] | reads what a run looked at, and what it wrote |
//! | [`manifest`] | lists what runs of one invocation looked at, by names |
//! | [`inputs`] | looks at what names hold now |
//! | [`machine`] | looks at what the machine is |
//! | [`digest`] | computes digests of files, and remembers them |
//! | [`entry`] | holds what a run made |
//! | [`restore`] | puts that in place |
//! | [`storage`] | speaks to sccache's daemon, or to the gateway in front of it |
//! | [`local`] | keeps what a session has of the storage |
//! | [`plan`] | lists the keys of a session for the next one |
//! | [`prefetch`] | fetches those before they are asked for |
//! | [`engine`] | looks entries up, and stores them |

pub mod digest;
mod encoding;
pub mod engine;
pub mod entry;
pub mod inputs;
pub mod local;
mod machine;
pub mod manifest;
pub mod places;
pub mod plan;
pub mod prefetch;
pub mod request;
pub mod restore;
mod section;
pub mod storage;
pub mod trace;
mod unpacked;
