//! What the doctor finds wrong.

use serde::Serialize;

/// How much hangs on a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// No build is served by the cache, or not as it should be, until it is fixed.
    Fix,
    /// A build is served; it could be served better, or this is to be known.
    Note,
}

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What programs call it; these names stay.
    pub name: &'static str,
    /// How much hangs on it.
    pub weight: Weight,
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// One that keeps builds from the cache.
    pub fn fix(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Weight::Fix, name, found, remedy)
    }

    /// One that does not.
    pub fn note(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Weight::Note, name, found, remedy)
    }

    /// One of this weight.
    pub fn new(
        weight: Weight,
        name: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            name,
            weight,
            found: found.into(),
            remedy: remedy.into(),
        }
    }
}
