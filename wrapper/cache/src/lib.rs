//! Fetches and stores entries of a compiler cache.
//!
//! | module | does |
//! |---|---|
//! | [`storage`] | speaks to sccache's daemon, or to the gateway in front of it |
//! | [`manifest`] | lists what runs of one invocation looked at, by names |

mod encoding;
pub mod manifest;
pub mod storage;
