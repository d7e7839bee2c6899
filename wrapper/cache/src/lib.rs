//! Fetches and stores entries of a compiler cache.
//!
//! | module | does |
//! |---|---|
//! | [`storage`] | speaks to sccache's daemon, or to the gateway in front of it |
//! | [`manifest`] | lists what runs of one invocation looked at, by names |
//! | [`entry`] | writes and reads what a run made |

mod encoding;
pub mod entry;
pub mod manifest;
mod section;
pub mod storage;
