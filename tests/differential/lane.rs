//! Takes projects through their changes, one after the other, with a cache of its own.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use fastrand::Rng;
use tempfile::TempDir;

use crate::build::{self, Cache, STARTING, Variables};
use crate::change::{Change, State};
use crate::choices::Choices;
use crate::compare::{Built, Differences, differences};
use crate::devices;
use crate::parts::Part;
use crate::report::{self, Difference, Sum};
use crate::tree::Tree;

/// A cache, and the place in which it and the compilers alone build in turns.
#[derive(Debug)]
pub struct Lane {
    directory: TempDir,
    plain: Variables,
    cache: Cache,
}

impl Lane {
    /// Starts one with an empty cache.
    pub fn start() -> Self {
        let directory = TempDir::with_prefix("nix-sccache-differential-").unwrap();
        fs::create_dir(directory.path().join("home")).unwrap();
        let plain = build::plain(&directory.path().join("place"));
        let cache = Cache::start();
        Self {
            directory,
            plain,
            cache,
        }
    }

    /// Takes a project through so many changes, or to the first difference, which is kept in a directory.
    pub fn project(&mut self, part: Part, random: Rng, changes: usize, kept: &Path) -> Sum {
        let mut choices = Choices::new(random);
        let mut earlier = Vec::new();
        let mut states = Vec::new();
        let mut sum = Sum::default();
        let mut fails = false;
        let (mut plain, mut cached) = (self.tree("plain"), self.tree("cached"));
        for number in 0..=changes {
            let change = match states.last() {
                None => Change::first(),
                Some(State { project, .. }) => Change::make(&mut choices, &earlier, project, fails),
            };
            let project = part.project(&mut choices);
            earlier.push(choices.chosen());
            if change.new_session && number > 0 {
                sum.count(&self.cache.end_session(&self.plain));
            }
            if change.new_session {
                self.cache.begin_session(&self.plain);
            }
            states.push(State { change, project });
            sum.changes += usize::from(number > 0);
            let now = SystemTime::now();
            let built = [
                self.build(&mut plain, &states, now, &self.plain),
                self.build(
                    &mut cached,
                    &states,
                    now,
                    &self.cache.variables(&self.plain),
                ),
            ];
            fails = sum.count_calls(&built[0]);
            let found = self.found(&states, &built);
            if !found.is_empty() {
                report::keep(kept, &states, &built);
                sum.differences.push(Difference {
                    number,
                    found,
                    kept: kept.to_owned(),
                });
                break;
            }
        }
        sum.count(&self.cache.end_session(&self.plain));
        sum
    }

    /// What differs in the last of these states, but for what differs as well when the compilers alone build them all
    /// again: gcc and rustc have names that are random.
    fn found(&self, states: &[State], [plain, cached]: &[Built; 2]) -> Differences {
        let Some(state) = states.last() else {
            return Differences::new();
        };
        let mut found = differences(state, plain, cached);
        if !found.is_empty() {
            let mut again = self.tree("again");
            let mut built = None;
            for until in 1..=states.len() {
                built =
                    Some(self.build(&mut again, &states[..until], SystemTime::now(), &self.plain));
            }
            let random = built.map(|built| differences(state, plain, &built));
            found.retain(|about, _| {
                random
                    .as_ref()
                    .is_none_or(|random| !random.contains_key(about))
            });
        }
        found
    }

    /// An empty tree.
    fn tree(&self, name: &str) -> Tree {
        let path = self.directory.path().join(name);
        fs::remove_dir_all(&path).ok();
        fs::create_dir(&path).unwrap();
        Tree::new(path)
    }

    /// Gets a tree to the last of these states, from the one before, and builds it in the place.
    fn build(
        &self,
        tree: &mut Tree,
        states: &[State],
        now: SystemTime,
        variables: &Variables,
    ) -> Built {
        let place = self.directory.path().join("place");
        let said = tree.while_in(&place, |tree| {
            let starting = STARTING.lock();
            tree.change(states, now);
            drop(starting);
            assert!(
                devices::are_whole(),
                "/dev/null was replaced by the calls of {:?}",
                states.iter().rev().nth(1)
            );
            states.last().map_or_else(Vec::new, |state| {
                build::build(&state.project, &place, variables)
            })
        });
        Built {
            tree: tree.path().to_owned(),
            said,
        }
    }
}
