//! Makes the report's page: one HTML file that asks for nothing else, with a timeline
//! of the calls, what the misses cost, and what to change to get more hits.
//!
//! | module | does |
//! |---|---|
//! | [`timeline`] | puts calls that ran at once into lanes |
//! | [`advice`] | says what to change |
//! | [`view`] | words and numbers as the page shows them, into `templates/page.html` |
//!
//! A log gives the same page every time.

pub mod advice;
mod timeline;
mod view;

use std::io;

use nix_sccache_contract::log::Log;

/// The page of a log, as HTML.
pub fn page(log: &Log) -> io::Result<String> {
    view::page(log)
}
