//! The report as a page to look at: one HTML file that asks for nothing else, with a timeline
//! of the calls, what the misses cost, and what to change to get more hits.
//!
//! | module | does |
//! |---|---|
//! | [`timeline`] | puts calls that ran at once into lanes |
//! | [`advice`] | says what to change |
//! | [`view`] | words and numbers as the page shows them, into `templates/page.html` |
//! | [`place`] | where the page may be written, and where a build leaves it |
//!
//! A log gives the same page every time.

mod advice;
mod place;
mod timeline;
mod view;

use std::fs;
use std::io;
use std::path::Path;

use crate::call_log::Log;

pub use place::{keep_in_folder, outside_outputs};

/// Writes the page of a log.
pub fn write(log: &Log, file: &Path) -> io::Result<()> {
    fs::write(file, view::page(log)?)
}
