//! Makes choices by name, so that a project can be made again with one of them changed.

use std::collections::BTreeMap;

use fastrand::Rng;

/// What was chosen, by the names of the questions: a project's whole state.
pub type Chosen = BTreeMap<String, Choice>;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The option that was taken.
    pub taken: usize,
    /// How many there are.
    pub options: usize,
    /// Whether it stays for as long as the project is there.
    pub stays: bool,
}

/// The choices of one project.
#[derive(Debug)]
pub struct Choices {
    chosen: Chosen,
    random: Rng,
}

impl Choices {
    /// None so far.
    pub fn new(random: Rng) -> Self {
        Self {
            chosen: Chosen::new(),
            random,
        }
    }

    /// The option that is taken of so many: the same for a name until [`Self::change`] takes another. The first is what
    /// is usual, and is what most of them begin with.
    pub fn take(&mut self, name: &str, options: usize, stays: bool) -> usize {
        let random = &mut self.random;
        let choice = self.chosen.entry(name.to_owned()).or_insert_with(|| {
            let usual = !stays && random.u8(..6) > 0;
            let taken = if usual { 0 } else { random.usize(..options) };
            Choice {
                taken,
                options,
                stays,
            }
        });
        choice.taken.min(options - 1)
    }

    /// Takes another option for one of them, and says which. Every other time it is back to what is usual: a project
    /// would not compile any more in the end.
    pub fn change(&mut self) -> String {
        let names: Vec<_> = self.changeable().cloned().collect();
        let is_unusual = |name: &&String| self.chosen[*name].taken != 0;
        let unusual: Vec<_> = names.iter().filter(is_unusual).collect();
        let back = self
            .random
            .bool()
            .then(|| self.random.choice(unusual))
            .flatten();
        let Some(name) = back.or_else(|| self.random.choice(&names)) else {
            return "nothing".to_owned();
        };
        let Choice { taken, options, .. } = self.chosen[name];
        let new = match back {
            Some(_) => 0,
            None => (taken + self.random.usize(1..options)) % options,
        };
        self.chosen
            .entry(name.clone())
            .and_modify(|choice| choice.taken = new);
        format!("{name}: {taken} -> {new}")
    }

    /// Takes what is usual for all of them.
    pub fn repair(&mut self) -> String {
        for choice in self.chosen.values_mut().filter(|choice| !choice.stays) {
            choice.taken = 0;
        }
        "all as usual".to_owned()
    }

    /// Lets two of equally many options trade places, and says which.
    pub fn swap(&mut self) -> Option<String> {
        let names: Vec<_> = self.changeable().cloned().collect();
        let one = self.random.choice(&names)?;
        let differs = |other: &&String| {
            self.chosen[*other].options == self.chosen[one].options
                && self.chosen[*other].taken != self.chosen[one].taken
        };
        let others: Vec<_> = names.iter().filter(differs).collect();
        let other = *self.random.choice(&others)?;
        let (of_one, of_other) = (self.chosen[one].clone(), self.chosen[other].clone());
        self.chosen.insert(one.clone(), of_other);
        self.chosen.insert(other.clone(), of_one);
        Some(format!("{one} <-> {other}"))
    }

    /// All that is chosen now.
    pub fn chosen(&self) -> Chosen {
        self.chosen.clone()
    }

    /// Chooses what was chosen earlier.
    pub fn restore(&mut self, chosen: Chosen) {
        self.chosen = chosen;
    }

    /// The source of what is decided beside.
    pub fn random(&mut self) -> &mut Rng {
        &mut self.random
    }

    fn changeable(&self) -> impl Iterator<Item = &String> {
        let changeable = |(_, choice): &(&String, &Choice)| !choice.stays && choice.options > 1;
        self.chosen.iter().filter(changeable).map(|(name, _)| name)
    }
}
