//! Tells of a compiled Rust program what no trace can, whether it reads variables that it does not ask for by name; and of a
//! procedural macro whether it may read the clock as well.
//!
//! The standard library reads the table of the environment itself: no function of libc is asked of whose calls it could be
//! told. But its functions have names, and so it can be told who calls those that do it: what is in a program is not all used,
//! and a macro of before 1.64 has the whole standard library in it.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use memchr::memmem;
use nix_sccache_cache::trace::Unseen;

/// Which variables a program reads that it does not ask for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// None.
    Nothing,
    /// What the crate cc looks for: from 1.11 on it takes all variables, asks for some of those by name, and hands all on to
    /// compilers. The names that it asks for begin with a capital letter (1.11.3).
    ForCc,
    /// All.
    All,
}

/// Which variables a program lists; all where it is none of Rust's. One that has no names of functions in it does not tell:
/// that is an error, with the digest of its code, which tells it from others.
pub fn listed(program: &Path) -> Result<Listed, String> {
    let file = fs::read(program).ok();
    let Some(program) = file.as_ref().and_then(|file| Program::read(file)) else {
        return Ok(Listed::All);
    };
    if program.functions.is_empty() {
        return Err(program.digest_of_code());
    }
    Ok(program.listed())
}

/// What a linker has added to what it was given.
#[derive(Debug, Default)]
pub struct Linked<'a> {
    /// The lists of directories in which the dynamic linker looks for what is needed.
    pub run_paths: Vec<&'a [u8]>,
    /// All strings for the dynamic linker, as they are and as they are referred to, each once.
    pub strings: BTreeSet<&'a [u8]>,
    /// Build ids, each a digest of all else in the file, or random.
    pub build_ids: Vec<&'a [u8]>,
}

impl<'a> Linked<'a> {
    /// That of a library or a program; nothing where it is none that is known.
    pub fn read(file: &'a [u8]) -> Option<Self> {
        const DYNAMIC: u32 = 6;
        const RUN_PATHS: [u64; 2] = [15, 29];
        /// What is needed, the own name, run paths, what is for audits, what is stood in for.
        const STRINGS: [u64; 9] = [
            1,
            14,
            15,
            29,
            0x6fff_fefa,
            0x6fff_fefb,
            0x6fff_fefc,
            0x7fff_fffd,
            0x7fff_ffff,
        ];
        const NOTES: u32 = 7;
        const BUILD_ID: u64 = 3;
        let program = Program::read(file)?;
        let mut linked = Self::default();
        let notes = program.sections.iter().filter(|it| it.0 == NOTES);
        let ids = notes.filter_map(|(_, _, note, _)| {
            let length = usize::try_from(number(note, 4, 4)?).ok()?;
            let is_one = number(note, 8, 4)? == BUILD_ID && note.get(12..16)? == b"GNU\0";
            is_one.then_some(note.get(16..16 + length)?)
        });
        linked.build_ids = ids.collect();
        let Some((_, _, entries, strings)) = program.sections.iter().find(|it| it.0 == DYNAMIC)
        else {
            return Some(linked);
        };
        let strings = program.sections.get(*strings)?.2;
        linked.strings.extend(strings.split(|byte| *byte == 0));
        for entry in entries.chunks_exact(16) {
            let kind = number(entry, 0, 8)?;
            let at = usize::try_from(number(entry, 8, 8)?).unwrap_or(usize::MAX);
            let text = strings.get(at..).unwrap_or_default();
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            if RUN_PATHS.contains(&kind) {
                linked.run_paths.push(text);
            }
            if STRINGS.contains(&kind) {
                linked.strings.insert(text);
            }
        }
        linked
            .strings
            .extend(program.symbols(IMPORTS).map(|it| it.0));
        Some(linked)
    }
}

/// Which variables a program lists whose functions have no names in it, by the map that its linker made; and the digest of
/// its code, which tells it from others.
pub fn listed_by_map(program: &[u8], map: &[u8]) -> Option<(String, Listed)> {
    let mut program = Program::read(program)?;
    program.functions = functions_of_map(map)?;
    program.add_unnamed();
    Some((program.digest_of_code(), program.listed()))
}

/// Whether a program hands on to others how many jobs there may be: the crates cc and cmake do, and what both are told by
/// variables stands in programs that have them.
pub fn hands_jobs_on(program: &Path) -> bool {
    has_text(program, &[b"CRATE_CC_NO_DEFAULTS", b"CMAKE_"])
}

/// Whether one goes by that itself.
pub fn asks_for_jobs(program: &Path) -> bool {
    has_text(program, &[b"NUM_JOBS"]) && !hands_jobs_on(program)
}

fn has_text(program: &Path, texts: &[&[u8]]) -> bool {
    let file = fs::read(program).unwrap_or_default();
    let mut texts = texts.iter();
    file.starts_with(b"\x7fELF") && texts.any(|text| memmem::find(&file, text).is_some())
}

/// Whether a program of Rust's asks when files were changed, as far as its functions have names and were not merged with others.
pub fn goes_by_times(program: &Path) -> bool {
    /// Of `Metadata` and `MetadataExt`.
    const TIMES: [&[u8]; 12] = [
        b"8modified",
        b"8accessed",
        b"7created",
        b"5mtime",
        b"5atime",
        b"5ctime",
        b"10mtime_nsec",
        b"10atime_nsec",
        b"10ctime_nsec",
        b"8st_mtime",
        b"8st_atime",
        b"8st_ctime",
    ];
    let file = fs::read(program).unwrap_or_default();
    let of_metadata = |name: &[u8]| {
        let has = |text: &[u8]| memmem::find(name, text).is_some();
        (has(b"3std") || has(b"$LT$std..fs..")) && has(b"Metadata") && TIMES.into_iter().any(has)
    };
    Program::read(&file).is_some_and(|program| program.has(of_metadata))
}

/// Whether a function is that by which the crate cc takes all variables (`cc::build_env::EnvSnapshot::capture`).
fn is_of_cc(name: &[u8]) -> bool {
    // In names of the scheme v0, rustc's own from 1.97 on, the module's is said a second time in between.
    let parts: [&[u8]; 2] = [b"2cc9build_env", b"11EnvSnapshot7capture"];
    parts.iter().all(|part| memmem::find(name, part).is_some())
}

/// What a library that is loaded while a program runs does unseen: a procedural macro, or what it takes from libc tells.
pub fn unseen_of_library(library: &Path) -> Unseen {
    let Ok(file) = fs::read(library) else {
        return Unseen {
            lists_variables: true,
            reads_clock: true,
        };
    };
    let is_macro = |it: &Program| {
        let mut symbols = it.symbols(IMPORTS);
        symbols.any(|it| memmem::find(it.0, b"rustc_proc_macro_decls").is_some())
            && it.has(|_| true)
    };
    if let Some(program) = Program::read(&file).filter(is_macro) {
        return Unseen {
            lists_variables: program.uses(&VARIABLES),
            reads_clock: program.uses(&TIME),
        };
    }
    let names = |name: &[u8]| memmem::find(&file, name).is_some();
    Unseen {
        lists_variables: names(b"environ\0"),
        reads_clock: names(b"\0clock_gettime\0"),
    }
}

/// What comes by way of libc and the standard library.
struct Source {
    /// What it is by the names of libc's.
    imports: &'static [&'static [u8]],
    /// Whether a function of the standard library's hands it on to whoever calls that.
    is_handed_on: fn(&[u8]) -> bool,
    /// Whether it makes no other use of it than is seen.
    is_kept: fn(&[u8]) -> bool,
}

/// All variables. The start of another program hands them on to that; of cc see [`Listed::ForCc`].
const VARIABLES: Source = Source {
    imports: &[b"environ", b"__environ", b"_environ"],
    is_handed_on: |name| is_of_std(name, &[b"3env"]),
    is_kept: |name| is_of_std(name, &[b"Command"]) || is_of_cc(name),
};

/// Functions of libc by which C code that is linked in reads the time as well.
const CLOCKS: &[&[u8]] = &[
    b"clock_gettime",
    b"ftime",
    b"gettimeofday",
    b"localtime",
    b"time",
    b"timespec_get",
];

/// The time of any clock. Who waits for something reads it, too.
const TIME: Source = Source {
    imports: CLOCKS,
    is_handed_on: |name| is_of_std(name, &[b"4time"]),
    is_kept: |name| is_of_std(name, &[]),
};

/// Whether a function is the standard library's, and has these words in its mangled name.
fn is_of_std(function: &[u8], words: &[&[u8]]) -> bool {
    let mut words = words.iter();
    is_in_std(function) && words.all(|word| memmem::find(function, word).is_some())
}

/// Whether the crate of a mangled name is the standard library: of `_ZN3std…`, of what a type of its own has of a trait of its own,
/// and from 1.95 on of `_R…Cs…_3std…`, in which that is the first crate
/// (<https://doc.rust-lang.org/rustc/symbol-mangling/v0.html>).
fn is_in_std(function: &[u8]) -> bool {
    let Some(mut path) = function.strip_prefix(b"_R") else {
        let of_type =
            memmem::find(function, b"_$LT$std..").is_some_and(|at| at <= b"_ZN1234".len());
        let of_trait = memmem::find(function, b"$u20$as$u20$core..").is_some();
        return function.starts_with(b"_ZN3std") || of_type && of_trait;
    };
    let without_number = |path: &mut &[u8]| {
        let end = path.iter().position(|byte| *byte == b'_');
        if let (Some(b's'), Some(end)) = (path.first(), end) {
            *path = path.get(end + 1..).unwrap_or_default();
        }
    };
    while let Some((tag, rest)) = path.split_first() {
        path = rest;
        match tag {
            // With a namespace.
            b'N' => path = path.get(1..).unwrap_or_default(),
            b'M' | b'X' => without_number(&mut path),
            b'I' => {}
            b'C' => {
                without_number(&mut path);
                return path.starts_with(b"3std");
            }
            _ => break,
        }
    }
    false
}

/// The functions in a map of what was linked, by GNU's linker or LLVM's: Rust has a section for each, named after it, and what
/// has a section together with others is none of Rust's. Nothing where it is another linker's.
fn functions_of_map(map: &[u8]) -> Option<Vec<Symbol<'_>>> {
    const OF_GNU: &[u8] = b"\nLinker script and memory map\n";
    const OF_LLVM: [&[u8]; 7] = [b"VMA", b"LMA", b"Size", b"Align", b"Out", b"In", b"Symbol"];
    let lines = || map.split(|byte| *byte == b'\n');
    if words(lines().next()?).eq(OF_LLVM) {
        let functions = lines().filter_map(|line| {
            let at = memmem::rfind(line, b":(")?;
            let section = line.get(at + b":(".len()..)?.strip_suffix(b")")?;
            let mut words = words(line);
            let (start, size) = (words.next()?, words.nth(1)?);
            function_of(section, start, size)
        });
        return Some(functions.collect());
    }
    let start = memmem::find(map, OF_GNU)?;
    // A long name has a line of its own.
    let mut words = words(map.get(start..)?).peekable();
    let mut functions = Vec::new();
    while let Some(section) = words.next() {
        let is_number = |word: &&&[u8]| word.starts_with(b"0x");
        if section.starts_with(b".text")
            && let Some(start) = words.next_if(|word| is_number(&word))
            && let Some(size) = words.next_if(|word| is_number(&word))
            // The section of all has no file behind it.
            && words.peek().is_some_and(|file| memmem::find(file, b"/").is_some() || memmem::find(file, b".o").is_some())
        {
            functions.extend(function_of(section, start, size));
        }
    }
    Some(functions)
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty())
}

/// The function that a section of a map has, if it is one of instructions that were linked.
fn function_of<'a>(section: &'a [u8], start: &[u8], size: &[u8]) -> Option<Symbol<'a>> {
    let number = |word: &[u8]| {
        let word = std::str::from_utf8(word).ok()?;
        u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()
    };
    let signs = [&b"_R"[..], b"_ZN"].into_iter();
    let name = signs.filter_map(|sign| memmem::find(section, sign)).min();
    let name = section.get(name.unwrap_or_default()..)?;
    let (start, size) = (number(start)?, number(size)?);
    // What was left out is at 0.
    let is_linked = section.starts_with(b".text") && start != 0 && size != 0;
    is_linked.then_some((name, start..start.checked_add(size)?, true))
}

/// Those parts of an ELF file of 64 bits, little endian, that matter here.
struct Program<'a> {
    /// How its instructions name places.
    references: fn(&[u8], u64) -> Vec<u64>,
    /// Section by section: its type, its addresses, its bytes, and the section that it belongs to.
    sections: Vec<(u32, Range<u64>, &'a [u8], usize)>,
    /// Its functions, with names.
    functions: Vec<Symbol<'a>>,
    /// Its sections of instructions: their addresses, their bytes.
    code: Vec<(Range<u64>, &'a [u8])>,
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
        if !file.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let references = match number(file, 18, 2)? {
            62 => references_of_x86,
            183 => references_of_arm,
            _ => return None,
        };
        let start = usize::try_from(number(file, 40, 8)?).ok()?;
        let count = usize::try_from(number(file, 60, 2)?).ok()?;
        let table = || {
            file.get(start..)
                .map(|it| it.chunks_exact(SECTION).take(count))
        };
        let sections = table()?.map(|header| {
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
        let sections: Vec<_> = sections.collect::<Option<_>>()?;
        let is_code = |header: &[u8]| number(header, 8, 8).is_some_and(|flags| flags & 4 != 0);
        let code = table()?
            .zip(&sections)
            .filter(|(header, _)| is_code(header));
        let code = code.map(|(_, section)| (section.1.clone(), section.2));
        let code = code.collect();
        let mut program = Self {
            references,
            sections,
            functions: Vec::new(),
            code,
        };
        let is_function = |symbol: &Symbol| symbol.2 && !symbol.1.is_empty();
        program.functions = program.symbols(SYMBOLS).filter(is_function).collect();
        Some(program)
    }

    /// Adds all instructions that are in none of its functions as one that is called nothing.
    fn add_unnamed(&mut self) {
        self.functions.sort_by_key(|it| it.1.start);
        let mut unnamed: Vec<Symbol> = Vec::new();
        for (section, _) in &self.code {
            let mut from = section.start;
            for (_, addresses, _) in &self.functions {
                if section.contains(&addresses.start) {
                    unnamed.push((b"", from..addresses.start, true));
                    from = from.max(addresses.end);
                }
            }
            unnamed.push((b"", from..section.end, true));
        }
        unnamed.retain(|it| !it.1.is_empty());
        self.functions.append(&mut unnamed);
    }

    /// Which variables it lists.
    fn listed(&self) -> Listed {
        // `std::rt` begins each program of Rust's.
        let is_rust = self.has(|name| is_of_std(name, &[b"lang_start"]));
        if !is_rust || self.uses(&VARIABLES) {
            Listed::All
        } else if self.has(is_of_cc) {
            Listed::ForCc
        } else {
            Listed::Nothing
        }
    }

    /// The digest of its instructions, and of what those are given by libraries: no paths are in either.
    fn digest_of_code(&self) -> String {
        let mut digest = blake3::Hasher::new();
        let relocations = self.sections.iter().filter(|it| it.0 == RELOCATIONS);
        let code = self.code.iter().map(|it| it.1);
        for bytes in code.chain(relocations.map(|it| it.2)) {
            digest.update(bytes);
        }
        for (name, ..) in self.symbols(IMPORTS) {
            digest.update(name).update(b"\0");
        }
        digest.finalize().to_hex().to_string()
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

    /// Whether it has a function of such a name.
    fn has(&self, is_it: impl Fn(&[u8]) -> bool) -> bool {
        self.functions.iter().any(|it| is_it(it.0))
    }

    /// Words that get an address when it is loaded: where, and that of what name, or what address.
    fn relocations(&self) -> impl Iterator<Item = (u64, &'a [u8], u64)> {
        let symbols: Vec<_> = self.symbols(IMPORTS).collect();
        let tables = self.sections.iter().filter(|it| it.0 == RELOCATIONS);
        let relocations = tables.flat_map(|(_, _, bytes, _)| bytes.chunks_exact(RELOCATION));
        relocations.filter_map(move |relocation| {
            let symbol = usize::try_from(number(relocation, 12, 4)?).ok()?;
            let (name, start) = match symbols.get(symbol).filter(|_| symbol != 0) {
                Some((name, addresses, _)) => (*name, addresses.start),
                None => (&b""[..], 0),
            };
            let addend = number(relocation, 16, 8)?;
            Some((number(relocation, 0, 8)?, name, start.wrapping_add(addend)))
        })
    }

    /// Words that hold an address.
    fn words_with(&self, address: u64) -> Vec<u64> {
        let relocations = self.relocations().filter(|it| it.2 == address);
        let mut words: Vec<_> = relocations.map(|it| it.0).collect();
        let is_data = |kind: u32| ![SYMBOLS, IMPORTS, RELOCATIONS].contains(&kind);
        let tables = self.sections.iter().filter(|it| is_data(it.0));
        for (_, addresses, bytes, _) in tables {
            let in_table = bytes.chunks_exact(8).enumerate().filter_map(|(at, word)| {
                let is_it = u64::from_le_bytes(word.try_into().ok()?) == address;
                is_it.then(|| addresses.start.saturating_add(8 * at as u64))
            });
            if addresses.start != 0 {
                words.extend(in_table);
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Whether anything but the standard library makes use of what comes from there; so it is where that cannot be told.
    fn uses(&self, source: &Source) -> bool {
        let is_import = |name: &[u8]| {
            // Linked dynamically, the standard library is imported itself.
            source.imports.contains(&name) || (source.is_handed_on)(name)
        };
        let imported = self.relocations().filter(|it| is_import(it.1));
        let mut words: Vec<_> = imported.map(|it| it.0).collect();
        let mut starts = Vec::new();
        let mut known = Vec::new();
        while !words.is_empty() || !starts.is_empty() {
            let mut used = vec![false; words.len()];
            let mut next = Vec::new();
            for (name, addresses, _) in &self.functions {
                let Some(code) = self.code(addresses) else {
                    continue;
                };
                let mut is_user = false;
                for place in (self.references)(code, addresses.start) {
                    is_user |= starts.contains(&place) && !addresses.contains(&place);
                    for (used, _) in used.iter_mut().zip(&words).filter(|it| *it.1 == place) {
                        (*used, is_user) = (true, true);
                    }
                }
                if !is_user || (source.is_kept)(name) && !(source.is_handed_on)(name) {
                    continue;
                }
                if !(source.is_handed_on)(name) {
                    return true;
                }
                next.push(addresses.start);
            }
            // A word that no instruction names may be read as one of several.
            if used.contains(&false) {
                return true;
            }
            known.append(&mut starts);
            starts = next.into_iter().filter(|it| !known.contains(it)).collect();
            words = starts.iter().flat_map(|it| self.words_with(*it)).collect();
        }
        false
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

/// The places that instructions name by how far they are from behind these: calls, jumps, and what has an address of that
/// kind among its operands, with a number of some bytes behind it where the instruction takes one.
fn references_of_x86(code: &[u8], start: u64) -> Vec<u64> {
    let places = code.windows(6).zip(start + 6..);
    let places = places.flat_map(|(bytes, behind)| {
        let (numbers, distance): (&[u64], _) = match *bytes {
            [0x0f, 0x80..=0x8f, a, b, c, d] | [_, 0xe8 | 0xe9, a, b, c, d] => (&[0], [a, b, c, d]),
            [instruction, operand, a, b, c, d] if operand & 0xc7 == 5 => {
                let numbers: &[u64] = match instruction {
                    0x6b | 0x80 | 0x83 | 0xc0 | 0xc1 | 0xc6 => &[1],
                    0x69 | 0x81 | 0xc7 => &[2, 4],
                    0x70 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4 | 0xf6 => &[0, 1],
                    0xf7 => &[0, 2, 4],
                    _ => &[0],
                };
                (numbers, [a, b, c, d])
            }
            _ => (&[], [0; 4]),
        };
        let distance = i32::from_le_bytes(distance);
        let behind = numbers.iter().map(move |number| behind + number);
        behind.filter_map(move |it| it.checked_add_signed(distance.into()))
    });
    places.collect()
}

/// The same of 64-bit ARM's: calls, jumps and addresses that are near, and pages of 4 KiB in a register (`adrp`) with where in
/// them (`add`, `ldr`), of which other instructions may be in between.
fn references_of_arm(code: &[u8], start: u64) -> Vec<u64> {
    const PAGE: u64 = 4096;
    let signed = |word: u64, bits: u32| (word << (64 - bits)).cast_signed() >> (64 - bits);
    let near = |word: u64| signed((word >> 3) & 0x1f_fffc | (word >> 29) & 3, 21);
    let words = code.chunks_exact(4).filter_map(|it| number(it, 0, 4));
    let words: Vec<_> = (start..).step_by(4).zip(words).collect();
    let (mut pages, mut places) = (Vec::new(), Vec::new());
    for (at, word) in &words {
        if word & 0x9f00_0000 == 0x9000_0000 {
            let page = (at / PAGE * PAGE).wrapping_add_signed(near(*word) << 12);
            pages.push((word & 31, page));
            // From there a linker may take what follows elsewhere (erratum 843419 of the Cortex-A53).
            if at % PAGE >= 0xff8 {
                places.extend((0..PAGE).step_by(4).map(|it| page.wrapping_add(it)));
            }
        }
    }
    pages.sort_unstable();
    pages.dedup();
    for (at, word) in words {
        let in_page = match word {
            _ if word & 0x7c00_0000 == 0x1400_0000 => {
                places.push(at.wrapping_add_signed(signed(word, 26) << 2));
                continue;
            }
            _ if word & 0x9f00_0000 == 0x1000_0000 => {
                places.push(at.wrapping_add_signed(near(word)));
                continue;
            }
            _ if word & 0xffc0_0000 == 0x9100_0000 => (word >> 10) & 0xfff,
            _ if word & 0xffc0_0000 == 0xf940_0000 => ((word >> 10) & 0xfff) << 3,
            _ => continue,
        };
        let of_register = pages.iter().filter(|it| it.0 == (word >> 5) & 31);
        places.extend(of_register.map(|it| it.1.wrapping_add(in_page)));
    }
    places
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
            ("std::env::var(\"A\").ok();", Listed::Nothing),
            (start, Listed::Nothing),
            ("build_env::EnvSnapshot::capture();", Listed::ForCc),
            (
                "build_env::EnvSnapshot::capture(); std::env::vars().count();",
                Listed::All,
            ),
            ("std::env::vars().count();", Listed::All),
            ("std::env::vars_os().count();", Listed::All),
            (
                &format!("{start} std::env::vars_os().count();"),
                Listed::All,
            ),
            (
                &format!(
                    "{start} let list: fn() -> std::env::VarsOs = std::env::vars_os; std::hint::black_box([list]);"
                ),
                Listed::All,
            ),
            (
                &format!(
                    "unsafe extern \"C\" {{ static environ: *const u8; }} {start} println!(\"{{:?}}\", unsafe {{ environ }});"
                ),
                Listed::All,
            ),
        ] {
            let cc = "pub mod build_env { pub struct EnvSnapshot; impl EnvSnapshot { #[inline(never)] pub fn capture() -> usize { std::env::vars_os().count() } } }";
            write(&source, format!("{cc} fn main() {{ {body} }}")).unwrap();
            for flags in [
                &["-Copt-level=0"][..],
                &["-Copt-level=3", "-Cstrip=debuginfo"],
                // It leaves addresses in tables that others write into instructions.
                &["-Copt-level=0", "-Clink-arg=-fuse-ld=bfd"],
            ] {
                let mut rustc = Command::new("rustc");
                rustc
                    .args(flags)
                    .args(["--crate-name=cc", "--edition=2024", "-o"])
                    .arg(&program);
                assert!(rustc.arg(&source).status().unwrap().success());
                assert_eq!(listed(&program), Ok(lists), "{flags:?} {body}");
            }
        }
        assert!(listed(Path::new("/bin/sh")).is_err());
        assert_eq!(listed(&source), Ok(Listed::All));
    }

    /// With the standard library in them, and without it.
    #[test]
    fn what_is_unseen_of_macros_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let [source, library] = ["a.rs", "liba.so"].map(|name| folder.path().join(name));
        for (body, lists_variables, reads_clock) in [
            ("std::env::var(\"A\").ok();", false, false),
            (
                "std::process::Command::new(\"true\").status().ok();",
                false,
                false,
            ),
            ("std::env::vars_os().count();", true, false),
            ("let _ = std::time::SystemTime::now();", false, true),
            ("let _ = std::time::Instant::now();", false, true),
        ] {
            let text = format!(
                "extern crate proc_macro; use proc_macro::TokenStream; \
                 #[proc_macro] pub fn a(given: TokenStream) -> TokenStream {{ {body} given }}"
            );
            write(&source, text).unwrap();
            for flags in [
                &["-Copt-level=0"][..],
                &["-Copt-level=3", "-Cstrip=debuginfo"],
                &["-Cprefer-dynamic"],
            ] {
                let mut rustc = Command::new("rustc");
                rustc.args(flags).arg("--crate-type=proc-macro").arg("-o");
                assert!(rustc.arg(&library).arg(&source).status().unwrap().success());
                let expected = Unseen {
                    lists_variables,
                    reads_clock,
                };
                assert_eq!(unseen_of_library(&library), expected, "{flags:?} {body}");
            }
        }
    }

    #[test]
    fn functions_of_the_standard_library_are_known() {
        for (name, expected) in [
            ("_ZN3std3env4vars17h3b77c145da8719acE", true),
            (
                "_RNvMs_NtNtNtNtCsjrHSEGnQ3l9_3std3sys7process4unix6commonNtB4_7Command11capture_env",
                true,
            ),
            (
                "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",
                true,
            ),
            (
                "_ZN70_$LT$std..env..VarsOs$u20$as$u20$core..iter..Iterator$GT$4next17h0E",
                true,
            ),
            (
                "_ZN70_$LT$std..env..VarsOs$u20$as$u20$other..Trait$GT$4next17h0E",
                false,
            ),
            (
                "_RINvCs1_4user4listNtNtCsjrHSEGnQ3l9_3std7process7CommandEB2_",
                false,
            ),
            ("_ZN4user3std3env4vars17h3b77c145da8719acE", false),
        ] {
            assert_eq!(is_in_std(name.as_bytes()), expected, "{name}");
        }
    }
}
