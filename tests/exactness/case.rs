//! Builds a project, changes one thing, and compares each build with one without the cache.

use nix_sccache_contract::fault::{Fault, FaultRecord};
use nix_sccache_contract::log::Outcome;

use crate::project::Project;
use crate::session::{Ran, World};

/// What is to come of the call that a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is answered from the cache.
    Hit,
    /// It is not, and is stored.
    Miss,
    /// It runs without the cache, for a reason.
    Bypass,
    /// The compiler refuses it.
    Failure,
    /// Whatever makes the right bytes.
    Anything,
}

/// A project, and what is changed in it. The call that it is about is the last one that is neither a question nor of
/// another crate or source than those named.
pub struct Case {
    pub world: World,
    project: Project,
    about: Option<&'static str>,
    first: [Expected; 2],
    changes: Vec<(Expected, Project)>,
    has_faults: bool,
}

/// A case, of a script that builds the project.
pub fn case(script: &str) -> Case {
    Case {
        world: World::new(),
        project: Project::new(script),
        about: None,
        first: [Expected::Miss, Expected::Hit],
        changes: Vec::new(),
        has_faults: false,
    }
}

impl Case {
    /// Lays a file out.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.with(|project| project.file(name, text))
    }

    /// Sets a variable.
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.with(|project| project.variable(name, value))
    }

    /// Does to the project what this does.
    pub fn with(mut self, how: impl FnOnce(&mut Project)) -> Self {
        how(&mut self.project);
        self
    }

    /// Has it be about the crate or the source of this name.
    pub fn about(mut self, name: &'static str) -> Self {
        self.about = Some(name);
        self
    }

    /// Leaves paths with this in them alone.
    pub fn ignore(mut self, part: &'static str) -> Self {
        self.world.ignored.push(part);
        self
    }

    /// The first build, and one after it.
    pub fn first(mut self, first: Expected, then: Expected) -> Self {
        self.first = [first, then];
        self
    }

    /// What goes wrong on purpose is told.
    pub fn with_faults(mut self) -> Self {
        self.has_faults = true;
        self
    }

    /// It runs without the cache.
    pub fn bypasses(self) -> Self {
        self.first(Expected::Bypass, Expected::Bypass)
    }

    /// After this change of the project it is as expected.
    pub fn when(mut self, expected: Expected, change: impl FnOnce(&mut Project)) -> Self {
        let mut changed = self.project.clone();
        change(&mut changed);
        self.changes.push((expected, changed));
        self
    }

    /// After this change it is compiled anew.
    pub fn misses_when(self, change: impl FnOnce(&mut Project)) -> Self {
        self.when(Expected::Miss, change)
    }

    /// This change leaves it a hit, and the bytes are the compiler's all the same.
    pub fn hits_when(self, change: impl FnOnce(&mut Project)) -> Self {
        self.when(Expected::Hit, change)
    }

    /// After this change the compiler refuses it.
    pub fn fails_when(self, change: impl FnOnce(&mut Project)) -> Self {
        self.when(Expected::Failure, change)
    }

    /// Whether this change is seen or does not matter, the bytes are the compiler's.
    pub fn right_when(self, change: impl FnOnce(&mut Project)) -> Self {
        self.when(Expected::Anything, change)
    }

    /// Builds it: at first, again, after each change, and changed back.
    #[track_caller]
    pub fn check(self) {
        let plain = self.world.plain(&self.project);
        assert!(
            plain.code == Some(0) || self.first[0] == Expected::Failure,
            "it does not build without the cache: {}{}",
            plain.printed,
            plain.messages
        );
        let mut wrong = Vec::new();
        for (step, expected) in ["first", "again"].into_iter().zip(self.first) {
            wrong.extend(self.compare(step, expected, &self.project, &plain));
        }
        for (number, (expected, changed)) in (1..).zip(&self.changes) {
            let plain = self.world.plain(changed);
            assert!(
                *expected == Expected::Anything
                    || (plain.code != Some(0)) == (*expected == Expected::Failure),
                "change {number}, without the cache: {}{}",
                plain.printed,
                plain.messages
            );
            let step = format!("change {number}");
            wrong.extend(self.compare(&step, *expected, changed, &plain));
        }
        if !self.changes.is_empty() {
            wrong.extend(self.compare("changed back", self.first[1], &self.project, &plain));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// What is wrong with a build.
    fn compare(
        &self,
        step: &str,
        expected: Expected,
        project: &Project,
        plain: &Ran,
    ) -> Vec<String> {
        let cached = self.world.cached(project);
        let mut wrong = Vec::new();
        let found = self.outcome(&cached);
        if !is_as_expected(expected, found.as_ref()) {
            wrong.push(format!("{step}: {found:?}, expected: {expected:?}"));
        }
        let differences = cached.differences(plain);
        if !differences.is_empty() {
            wrong.push(format!("{step}, {found:?}: {differences}"));
        }
        if let Some(error) = &cached.log.error {
            wrong.push(format!("{step}: {error:?}"));
        }
        // On a busy machine it may be slow.
        let is_one = |fault: &&FaultRecord| !self.has_faults && fault.fault != Fault::SlowAnswers;
        for fault in cached.log.faults.iter().filter(is_one) {
            wrong.push(format!("{step}: {fault:?}"));
        }
        wrong
    }

    /// The project, as it is laid out at first.
    pub fn project(&self) -> Project {
        self.project.clone()
    }

    /// What came of the call that it is about.
    pub fn outcome(&self, ran: &Ran) -> Option<Outcome> {
        let mut calls = ran.log.calls.iter().rev();
        let call = calls.find(|call| {
            call.outcome != Outcome::Probe && self.about.is_none_or(|name| call.name == name)
        });
        call.map(|call| call.outcome.clone())
    }
}

fn is_as_expected(expected: Expected, found: Option<&Outcome>) -> bool {
    match expected {
        Expected::Hit => found == Some(&Outcome::Hit),
        Expected::Miss => found == Some(&Outcome::Miss),
        Expected::Bypass => matches!(found, Some(Outcome::Passthrough(_))),
        // Its messages and its exit code are compared.
        Expected::Failure | Expected::Anything => true,
    }
}
