//! Tells of a compiled Rust program what no trace can: whether it reads variables that it does not ask for by name.
//!
//! The standard library reads the table of the environment itself: no function of libc is asked of whose calls it could
//! be told. But it is linked statically, without what is not used, and its functions have names.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use memchr::memmem;

/// Whether a program lists variables; yes where it is none of Rust's, or has no names of functions in it.
pub fn lists_variables(program: &Path) -> bool {
    let file = fs::read(program).ok();
    file.and_then(|file| of(&file)).unwrap_or(true)
}

fn of(file: &[u8]) -> Option<bool> {
    let program = Program::read(file)?;
    // `std::rt` begins each program of Rust's.
    let is_rust = program
        .functions()
        .any(|name| is_of(name, &[b"lang_start"]));
    // Linked dynamically, the standard library does it elsewhere.
    let is_whole = !program
        .imports()
        .any(|name| memmem::find(name, b"3std").is_some());
    (is_rust && is_whole).then(|| program.lists_variables().unwrap_or(true))
}

/// Whether a function is the standard library's, and has these words in its mangled name (`_ZN3std…`, and `_R…_3std…` from
/// 1.95 on).
fn is_of(function: &[u8], words: &[&[u8]]) -> bool {
    let has = |word: &[u8]| memmem::find(function, word).is_some();
    has(b"3std") && words.iter().all(|word| has(word))
}

/// Those parts of an ELF file of 64 bits, little endian, that matter here.
struct Program<'a> {
    /// Section by section: its type, its addresses, its bytes, and the section that it belongs to.
    sections: Vec<(u32, Range<u64>, &'a [u8], usize)>,
}

/// A symbol: its name, its addresses, and whether it is defined here.
type Symbol<'a> = (&'a [u8], Range<u64>, bool);

const SYMBOLS: u32 = 2;
const RELOCATIONS: u32 = 4;
const IMPORTS: u32 = 11;
const SYMBOL: usize = 24;
const RELOCATION: usize = 24;

impl<'a> Program<'a> {
    fn read(file: &'a [u8]) -> Option<Self> {
        const SECTION: usize = 64;
        const X86_64: u16 = 62;
        // Others' instructions have addresses in other ways.
        if !file.starts_with(b"\x7fELF\x02\x01") || number(file, 18, 2)? != u64::from(X86_64) {
            return None;
        }
        let start = usize::try_from(number(file, 40, 8)?).ok()?;
        let count = usize::try_from(number(file, 60, 2)?).ok()?;
        let table = file.get(start..)?.chunks_exact(SECTION).take(count);
        let sections = table.map(|header| {
            let at = |place, length| number(header, place, length);
            let kind = u32::try_from(at(4, 4)?).ok()?;
            let (address, offset, size) = (at(16, 8)?, at(24, 8)?, at(32, 8)?);
            // What is zero at the beginning is not in the file.
            let bytes = usize::try_from(offset).ok().and_then(|offset| {
                file.get(offset..offset.checked_add(usize::try_from(size).ok()?)?)
            });
            let link = usize::try_from(at(40, 4)?).ok()?;
            let addresses = address..address.checked_add(size)?;
            Some((kind, addresses, bytes.unwrap_or_default(), link))
        });
        Some(Self {
            sections: sections.collect::<Option<_>>()?,
        })
    }

    fn symbols(&self, kind: u32) -> impl Iterator<Item = Symbol<'a>> {
        let tables = self
            .sections
            .iter()
            .filter(move |section| section.0 == kind);
        tables.flat_map(|(_, _, bytes, link)| {
            let names = self
                .sections
                .get(*link)
                .map_or(&[][..], |strings| strings.2);
            bytes.chunks_exact(SYMBOL).filter_map(|symbol| {
                let at = usize::try_from(number(symbol, 0, 4)?).ok()?;
                let name = names.get(at..)?.split(|byte| *byte == 0).next()?;
                let (address, size) = (number(symbol, 8, 8)?, number(symbol, 16, 8)?);
                let is_defined = number(symbol, 6, 2)? != 0;
                Some((name, address..address.checked_add(size)?, is_defined))
            })
        })
    }

    /// The names of its functions.
    fn functions(&self) -> impl Iterator<Item = &'a [u8]> {
        let symbols = self.symbols(SYMBOLS).filter(|symbol| symbol.2);
        symbols.map(|symbol| symbol.0)
    }

    /// The names of what it takes from shared libraries.
    fn imports(&self) -> impl Iterator<Item = &'a [u8]> {
        let symbols = self.symbols(IMPORTS).filter(|symbol| !symbol.2);
        symbols.map(|symbol| symbol.0)
    }

    /// The addresses by which code gets at libc's table of variables.
    fn places_of_table(&self) -> impl Iterator<Item = u64> {
        const NAMES: [&[u8]; 3] = [b"environ", b"__environ", b"_environ"];
        let symbols = self.symbols(IMPORTS).enumerate();
        let of_table = symbols.filter(|(_, symbol)| NAMES.contains(&symbol.0));
        let numbers: Vec<_> = of_table.map(|(number, _)| number as u64).collect();
        let relocations = self.sections.iter().filter(|it| it.0 == RELOCATIONS);
        let relocations = relocations.flat_map(|it| it.2.chunks_exact(RELOCATION));
        relocations.filter_map(move |relocation| {
            let symbol = number(relocation, 12, 4)?;
            numbers
                .contains(&symbol)
                .then(|| number(relocation, 0, 8))?
        })
    }

    /// Whether it lists variables: whether anything but the start of other programs uses `std::env::vars_os`, or anything but
    /// the standard library libc's table of them. Nothing where that cannot be told.
    fn lists_variables(&self) -> Option<bool> {
        let table: Vec<_> = self.places_of_table().collect();
        if table.is_empty() {
            return Some(false);
        }
        let functions: BTreeMap<u64, Symbol> = self
            .symbols(SYMBOLS)
            .filter(|symbol| symbol.2 && !symbol.1.is_empty())
            .map(|symbol| (symbol.1.start, symbol))
            .collect();
        let mut lists = functions.values();
        let (_, list, _) = lists.find(|symbol| is_of(symbol.0, &[b"env", b"vars_os"]))?;
        // Words that hold its address: calls go by way of these, too.
        let mut places = vec![list.start];
        for (kind, addresses, bytes, _) in &self.sections {
            let in_table = bytes.chunks_exact(8).enumerate().filter_map(|(at, word)| {
                let is_it = u64::from_le_bytes(word.try_into().ok()?) == list.start;
                is_it.then(|| addresses.start.saturating_add(8 * at as u64))
            });
            let relocated = bytes.chunks_exact(RELOCATION).filter_map(|relocation| {
                (number(relocation, 16, 8)? == list.start).then(|| number(relocation, 0, 8))?
            });
            match *kind {
                RELOCATIONS => places.extend(relocated),
                SYMBOLS | IMPORTS => {}
                _ if addresses.start != 0 => places.extend(in_table),
                _ => {}
            }
        }
        places.sort_unstable();
        places.dedup();
        let mut used = vec![false; places.len()];
        for (name, addresses, _) in functions.values() {
            let starts_programs = is_of(name, &[b"capture"]) || addresses == list;
            let is_others = !is_of(name, &[]);
            let Some(code) = self.code(addresses) else {
                continue;
            };
            // Whatever the instruction, the address is told by how far it is from behind these four bytes.
            for (at, bytes) in (addresses.start + 4..).zip(code.windows(4)) {
                let distance = i32::from_le_bytes(bytes.try_into().ok()?);
                let Some(place) = at.checked_add_signed(distance.into()) else {
                    continue;
                };
                if is_others && table.contains(&place) {
                    return Some(true);
                }
                if let Some(found) = places.iter().position(|it| *it == place) {
                    if !starts_programs {
                        return Some(true);
                    }
                    if let Some(used) = used.get_mut(found) {
                        *used = true;
                    }
                }
            }
        }
        // A word that no instruction names may be read as one of several.
        let mut places = places.iter().zip(used);
        Some(places.any(|(place, used)| !used && *place != list.start))
    }

    fn code(&self, addresses: &Range<u64>) -> Option<&'a [u8]> {
        let mut sections = self.sections.iter();
        let (_, section, bytes, _) = sections
            .find(|section| section.1.start != 0 && section.1.contains(&addresses.start))?;
        let start = usize::try_from(addresses.start - section.start).ok()?;
        let length = usize::try_from(addresses.end - addresses.start).ok()?;
        bytes.get(start..start.checked_add(length)?)
    }
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let mut word = [0; 8];
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    word.get_mut(..length)?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use std::fs::write;
    use std::process::Command;

    use super::*;

    /// Real programs, at both ends of optimisation.
    #[test]
    fn what_is_unseen_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let [source, program] = ["a.rs", "a"].map(|name| folder.path().join(name));
        let start = "std::process::Command::new(\"true\").env(\"A\", \"b\").status().unwrap();";
        for (body, lists) in [
            ("std::env::var(\"A\").ok();", false),
            (start, false),
            ("std::env::vars().count();", true),
            ("std::env::vars_os().count();", true),
            (&format!("{start} std::env::vars_os().count();"), true),
            (
                &format!(
                    "{start} let list: fn() -> std::env::VarsOs = std::env::vars_os; println!(\"{{}}\", [list].len());"
                ),
                true,
            ),
            (
                &format!(
                    "unsafe extern \"C\" {{ static environ: *const u8; }} {start} println!(\"{{:?}}\", unsafe {{ environ }});"
                ),
                true,
            ),
        ] {
            write(&source, format!("fn main() {{ {body} }}")).unwrap();
            for flags in [
                &["-Copt-level=0"][..],
                &["-Copt-level=3", "-Cstrip=debuginfo"],
            ] {
                let mut rustc = Command::new("rustc");
                rustc
                    .args(flags)
                    .args(["--edition=2024", "-o"])
                    .arg(&program);
                assert!(rustc.arg(&source).status().unwrap().success());
                assert_eq!(lists_variables(&program), lists, "{flags:?} {body}");
            }
        }
        assert!(lists_variables(Path::new("/bin/sh")));
        assert!(lists_variables(&source));
    }
}
