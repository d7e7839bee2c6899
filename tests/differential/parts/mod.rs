//! Makes projects, each part those of one kind.

mod c;
mod cargo;
mod dependencies;
mod library;
mod macros;
mod native;
mod probes;
mod scripts;
mod target;

use crate::choices::Choices;
use crate::project::{Draft, Project};

/// A kind of project.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    name: &'static str,
    make: fn(&mut Draft<'_>),
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::new("library", library::make),
        Self::new("c", c::make),
        Self::new("macros", macros::make),
        Self::new("dependencies", dependencies::make),
        Self::new("native", native::make),
        Self::new("probes", probes::make),
        Self::new("target", target::make),
        Self::new("cargo", cargo::make),
        Self::new("scripts", scripts::make),
    ];

    const fn new(name: &'static str, make: fn(&mut Draft<'_>)) -> Self {
        Self { name, make }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name == name)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The project of these choices.
    pub fn project(&self, choices: &mut Choices) -> Project {
        let mut draft = Draft::new(choices);
        (self.make)(&mut draft);
        draft.done()
    }
}
