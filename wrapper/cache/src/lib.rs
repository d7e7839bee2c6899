//! Fetches and stores entries of a compiler cache.
//!
//! | module | does |
//! |---|---|
//! | [`storage`] | speaks to sccache's daemon, or to the gateway in front of it |

pub mod storage;
