//! Limits the names that statistics may bring to the daemon, which forgets none.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Those that it has been given.
pub struct Names(Mutex<HashSet<Box<str>>>);

/// As many as this: sccache itself has some hundred reasons, languages and compilers.
const MOST: usize = 1024;

impl Names {
    /// None yet.
    pub fn new() -> Self {
        Self(Mutex::default())
    }

    /// Whether these may go to the daemon: all of them, or none.
    pub fn admit(&self, names: &[&str]) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: HashSet<_> = names
            .iter()
            .filter(|name| !known.contains(**name))
            .collect();
        if known.len() + new.len() > MOST {
            return false;
        }
        known.extend(new.into_iter().map(|name| Box::from(*name)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_new_names_and_none_to_old_ones() {
        let names = Names::new();
        let many: Vec<_> = (0..MOST).map(|number| number.to_string()).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(names.admit(&["crate-type"]));
        assert!(!names.admit(&many));
        assert!(names.admit(&many[..MOST - 1]));
        assert!(!names.admit(&["more"]));
        assert!(names.admit(&["crate-type", "7"]));
    }
}
