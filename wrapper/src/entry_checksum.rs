//! Adds a checksum to what an entry of the cache holds, and checks it at a hit: a seal.
//!
//! Sccache keeps what a compiler prints in an entry and prints it again at a hit. So where we
//! stand in sccache's compiler's place, we end what the compiler printed with one line more: of
//! which call the entry is, and a checksum of each output and of the messages. Where we stand in
//! front of sccache, we take the line away again, and at a hit compare it with what is in place.
//! Sccache 0.19 itself holds a checksum of each output and none of the messages, and whatever it
//! finds under a key it takes for that key's.
//!
//! The checksums are CRC-32: they are against what happens by itself, bits and blocks that change,
//! and who could write a wrong entry could write its seal as well.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use nix_sccache_contract::hex;

use crate::invocation::{Invocation, Options};

/// What a seal begins with, on a line of its own. The number is that of the form.
const MARK: &[u8] = b"\nnix-sccache: seal 1 ";

/// What it ends with: one that is cut has it not.
const END: &[u8] = b" !";

/// The form of the seals, which goes into the keys: a shim that writes none, or another, has
/// entries of its own.
pub const FORM: &str = "1";

const DAMAGED: &str = "its seal is damaged";

/// What stands for a key that nobody knows.
const NO_KEY: &str = "-";

/// A call whose entry can be sealed: its outputs are known from its arguments.
pub struct ExpectedOutputs {
    /// The outputs that an entry holds: a name that does not depend on where they are, and the
    /// place.
    outputs: Vec<(&'static str, PathBuf)>,
    /// What is said of the call itself.
    described: String,
}

impl ExpectedOutputs {
    /// An invocation's, if it has outputs.
    pub fn of(invocation: &Invocation) -> Option<Self> {
        let outputs = invocation.outputs();
        let described = match &invocation.options {
            Options::Rustc(call) => vec![
                join(call.crate_types(), ","),
                join(call.emit(), ","),
                call.output_stem()?,
                call.codegen("metadata").unwrap_or_default().to_owned(),
            ],
            // Every such option is in the key; the paths and the source are there in other forms.
            Options::Cc(call) => {
                let decides = |option: &str| {
                    let begins = ["-O", "-g", "-m", "-std="];
                    begins.iter().any(|begin| option.starts_with(begin))
                };
                let options = call.arguments.iter().map(|it| it.option.clone());
                options.filter(|option| decides(option)).collect()
            }
        };
        (!outputs.is_empty()).then(|| Self {
            outputs,
            described: described.join("\n"),
        })
    }

    /// What tells the call from others, with what else is in its key.
    pub fn identity(&self, hidden: &OsStr) -> String {
        let mut hash = blake3::Hasher::new();
        for part in [hidden.as_bytes(), b"\0", self.described.as_bytes()] {
            hash.update(part);
        }
        hex(hash.finalize().as_bytes().get(..16).unwrap_or_default())
    }

    /// The outputs' places.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().map(|(_, place)| place.as_path())
    }

    /// The line that ends what the compiler printed: `identity` is this call's, `key` sccache's,
    /// where it is known, `messages` the checksum of what the compiler printed.
    pub fn seal(&self, identity: &str, key: Option<&str>, messages: u32) -> Vec<u8> {
        let mut line = MARK.to_vec();
        let key = key.unwrap_or(NO_KEY);
        line.extend(format!("{identity} {key} {messages:08x}").into_bytes());
        for (name, place) in &self.outputs {
            // Of two names for one library only one is there.
            if let Ok((length, sum)) = checksum(place) {
                line.extend(format!(" {name}={length:x}:{sum:08x}").into_bytes());
            }
        }
        line.extend_from_slice(END);
        line.push(b'\n');
        line
    }

    /// Whether what a hit has put in place is what was sealed; if not, says what is wrong.
    pub fn verify(
        &self,
        seal: Option<&[u8]>,
        identity: &str,
        key: Option<&str>,
        messages: u32,
    ) -> Result<(), String> {
        let seal = seal.ok_or("it has no seal")?;
        let seal = seal.strip_suffix(END).unwrap_or_default();
        let seal = std::str::from_utf8(seal).map_err(|_| DAMAGED)?;
        if seal.is_empty() {
            return Err(DAMAGED.to_owned());
        }
        let mut words = seal.split_ascii_whitespace();
        let mut word = || words.next().unwrap_or_default();
        if word() != identity {
            return Err("it is another call's".to_owned());
        }
        let sealed_key = word();
        if sealed_key != NO_KEY && key.is_some_and(|key| key != sealed_key) {
            return Err("it is another key's".to_owned());
        }
        if word() != format!("{messages:08x}") {
            return Err("the compiler's messages are not what they were".to_owned());
        }
        let mut sums = words.peekable();
        if sums.peek().is_none() {
            return Err(DAMAGED.to_owned());
        }
        for word in sums {
            let (name, sum) = word.split_once('=').ok_or(DAMAGED)?;
            let found = self.outputs.iter().find(|(known, _)| *known == name);
            let (_, place) = found.ok_or(DAMAGED)?;
            let (length, found) =
                checksum(place).map_err(|error| format!("its {name} cannot be read: {error}"))?;
            if sum != format!("{length:x}:{found:08x}") {
                return Err(format!("its {name} is not what was stored"));
            }
        }
        Ok(())
    }
}

fn join<'a>(texts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    texts.collect::<Vec<_>>().join(separator)
}

/// Takes the seal from the end of what sccache printed. It goes whether or not it is looked at.
pub fn take(stdout: &mut Vec<u8>) -> Option<Vec<u8>> {
    let at = stdout
        .windows(MARK.len())
        .rposition(|window| window == MARK)?;
    let mut seal = stdout.split_off(at);
    seal.drain(..MARK.len());
    let end = seal.iter().position(|byte| *byte == b'\n');
    // Whatever is behind it came from elsewhere.
    if let Some(end) = end {
        stdout.extend(seal.get(end + 1..).unwrap_or_default());
        seal.truncate(end);
    }
    Some(seal)
}

fn checksum(file: &Path) -> io::Result<(u64, u32)> {
    let mut file = File::open(file)?;
    let mut hash = Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if read == 0 {
            return Ok((length, hash.finalize()));
        }
        length += read as u64;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

/// The checksum of messages. Sccache takes colours away where its own output is no terminal, so
/// only that counts which is there with and without them: what is printable and no part of an
/// escape sequence.
#[derive(Default)]
pub struct Messages {
    hash: Hasher,
    state: Escape,
}

/// Where in an escape sequence we are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    Outside,
    /// Behind the escape itself.
    Begun,
    /// In a sequence of parameters, which a letter ends: colours.
    Parameters,
    /// In a string, which a bell or another escape ends: links.
    Text,
}

impl Messages {
    /// Counts these in.
    pub fn update(&mut self, bytes: &[u8]) {
        const ESCAPE: u8 = 0x1b;
        const BELL: u8 = 0x07;
        let mut kept = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.state = match (self.state, *byte) {
                (_, ESCAPE) => Escape::Begun,
                (Escape::Begun, b'[') => Escape::Parameters,
                (Escape::Begun, b']') => Escape::Text,
                (Escape::Begun, _) | (Escape::Parameters, 0x40..=0x7e) | (Escape::Text, BELL) => {
                    Escape::Outside
                }
                (Escape::Outside, b' '..=b'~') => {
                    kept.push(*byte);
                    Escape::Outside
                }
                (state, _) => state,
            };
        }
        self.hash.update(&kept);
    }

    /// The checksum of standard output and standard error, in this order.
    pub fn sum(stdout: Self, stderr: &Self) -> u32 {
        let mut sum = stdout.hash;
        sum.combine(&stderr.hash);
        sum.finalize()
    }

    /// The same of what was kept.
    pub fn sum_of(stdout: &[u8], stderr: &[u8]) -> u32 {
        let mut sums = [Self::default(), Self::default()];
        let [out, err] = &mut sums;
        out.update(stdout);
        err.update(stderr);
        let [out, err] = sums;
        Self::sum(out, &err)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::invocation;

    fn subject(line: &str) -> ExpectedOutputs {
        ExpectedOutputs::of(&invocation::read(line)).unwrap()
    }

    fn library(folder: &Path) -> ExpectedOutputs {
        subject(&format!(
            "rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir {} \
             -C metadata=1f -C extra-filename=-1f a.rs",
            folder.display()
        ))
    }

    #[test]
    fn a_seal_fits_what_was_sealed_alone() {
        let folder = tempfile::tempdir().unwrap();
        let subject = library(folder.path());
        let identity = subject.identity(OsStr::new("hidden"));
        let rlib = folder.path().join("liba-1f.rlib");
        fs::write(&rlib, "the library").unwrap();
        fs::write(folder.path().join("liba-1f.rmeta"), "its metadata").unwrap();
        let sum = Messages::sum_of(b"out", b"err");
        let mut printed = [b"out".to_vec(), subject.seal(&identity, Some("k"), sum)].concat();
        let seal = take(&mut printed).unwrap();
        assert_eq!(printed, b"out");
        assert_eq!(take(&mut printed), None);
        let verify = |identity: &str, key, sum| subject.verify(Some(&seal), identity, key, sum);
        assert_eq!(verify(&identity, Some("k"), sum), Ok(()));
        assert_eq!(verify(&identity, None, sum), Ok(()));
        assert!(verify(&identity, Some("l"), sum).is_err());
        assert!(verify("other", Some("k"), sum).is_err());
        assert!(verify(&identity, Some("k"), Messages::sum_of(b"out", b"eRr")).is_err());
        assert!(subject.verify(None, &identity, Some("k"), sum).is_err());
        // A seal that is cut anywhere, or has any bit changed, fits no more.
        for end in 0..seal.len() {
            let cut = subject.verify(seal.get(..end), &identity, Some("k"), sum);
            assert!(cut.is_err(), "{end}");
            let mut changed = seal.clone();
            changed[end] ^= 1;
            let changed = subject.verify(Some(&changed), &identity, Some("k"), sum);
            assert!(changed.is_err(), "{end}");
        }
        for text in ["the liBrary", "the librar", ""] {
            fs::write(&rlib, text).unwrap();
            assert!(verify(&identity, Some("k"), sum).is_err(), "{text}");
        }
        fs::remove_file(&rlib).unwrap();
        assert!(verify(&identity, Some("k"), sum).is_err());
    }

    #[test]
    fn calls_differ() {
        let of = |line: &str| subject(line).identity(OsStr::new(""));
        let one =
            "rustc --crate-name a --crate-type lib --emit link --out-dir t -C metadata=1 a.rs";
        assert_eq!(of(one), of(&one.replace("--out-dir t", "--out-dir u")));
        for (from, to) in [
            ("name a", "name b"),
            ("metadata=1", "metadata=2"),
            ("emit link", "emit link,metadata"),
            ("type lib", "type rlib"),
        ] {
            assert_ne!(of(one), of(&one.replace(from, to)), "{to}");
        }
        assert_ne!(of("gcc -O2 -c a.c"), of("gcc -O1 -c a.c"));
        assert_eq!(of("gcc -O2 -c a.c"), of("gcc -Ib -O2 -c a.c -o b.o"));
        let hidden = |hidden: &str| library(Path::new("/t")).identity(OsStr::new(hidden));
        assert_ne!(hidden("a"), hidden("b"));
    }

    #[test]
    fn messages_with_and_without_colours_are_the_same() {
        let plain = Messages::sum_of(b"", b"warning: unused\n  --> a.rs\n");
        let coloured = b"\x1b[1m\x1b[38;5;11mwarning\x1b[0m: \x1b]8;;http://x\x07unused\x1b]8;;\x07\n  --> a.rs\n";
        assert_eq!(Messages::sum_of(b"", coloured), plain);
        assert_ne!(Messages::sum_of(b"", b"warning: unusee\n"), plain);
        let mut pieces = Messages::default();
        for byte in coloured {
            pieces.update(&[*byte]);
        }
        assert_eq!(Messages::sum(Messages::default(), &pieces), plain);
    }
}
