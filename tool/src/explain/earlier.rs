//! Reads the builds before one, as far back as somebody asks.

use crate::left_logs::{Build, Log};

/// The builds before one, which are read as far back as somebody asks.
pub struct Earlier<'a> {
    logs: std::slice::Iter<'a, Log>,
    read: Vec<Build>,
}

impl<'a> Earlier<'a> {
    /// Those of these logs, of which the newest comes first.
    pub fn new(logs: &'a [Log]) -> Self {
        Self {
            logs: logs.iter(),
            read: Vec::new(),
        }
    }

    /// The place of the newest build that satisfies.
    pub fn find(&mut self, satisfies: impl Fn(&Build) -> bool) -> Option<usize> {
        if let Some(at) = self.read.iter().position(&satisfies) {
            return Some(at);
        }
        for log in self.logs.by_ref() {
            let Some(build) = log.read() else { continue };
            let found = satisfies(&build);
            self.read.push(build);
            if found {
                return Some(self.read.len() - 1);
            }
        }
        None
    }

    /// The build at a place that [`Self::find`] gave.
    pub fn get(&self, at: usize) -> Option<&Build> {
        self.read.get(at)
    }
}
