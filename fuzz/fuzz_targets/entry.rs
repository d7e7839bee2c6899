//! An entry of the cache, of any bytes: no file of it leads out of its directory, and what can be read of it comes
//! back when it is stored again, whole and in parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_cache::entry::{Entry, EntryError, OutputFile, Parts, StoredEntry};
use nix_sccache_contract::wire::Key;

const KEY: Key = Key::ZERO;
const DIRECTORIES: u8 = 3;

fuzz_target!(|input: (&[u8], &[u8], u64)| {
    let (table, sections, took) = input;
    check(table, sections);
    // With the keys, and with the seal that nobody finds by chance.
    let header = [KEY.as_bytes(), KEY.as_bytes(), table].concat();
    let took = took.to_le_bytes();
    let seal = blake3::hash(&[&took, &blake3::hash(&header).as_bytes()[..]].concat());
    let mut head = [b"nscentry\x02", &took[..], seal.as_bytes()].concat();
    let length = header.len();
    assert!((128..1 << 14).contains(&length), "an input is short");
    let low = u8::try_from(length & 0x7f).expect("seven bits");
    let high = u8::try_from(length >> 7).expect("seven bits");
    head.extend([low | 0x80, high]);
    head.extend(header);
    check(&head, sections);
    check(&[&head[..], sections].concat(), &[]);
    damage(table, sections, took);
});

/// An entry of what is in an input, of which then a byte is another.
fn damage(names: &[u8], contents: &[u8], random: [u8; 8]) {
    let mut rest = contents;
    let files = names.split(|byte| *byte == b'\n').map(|name| {
        let file = OutputFile {
            directory: name.len().to_le_bytes()[0] % DIRECTORIES,
            name: name.to_vec(),
            executable: name.starts_with(b"a"),
            contents: rest.repeat(2),
        };
        rest = rest.get(rest.len().div_ceil(3)..).unwrap_or_default();
        file
    });
    let entry = Entry {
        files: files.collect(),
        stdout: contents.repeat(9),
        stderr: rest.to_vec(),
        code: random[0],
        took: u64::from_le_bytes(random),
        record: names.to_vec(),
        result_key: KEY,
        request_key: KEY,
    };
    let mut head = match entry.encode(usize::MAX) {
        Ok(Parts { head, .. }) => head,
        Err(error) => {
            assert!(matches!(error, EntryError::InvalidName(_)), "{error}");
            return;
        }
    };
    check(&head, &[]);
    let parse = |head| StoredEntry::parse(head, &KEY, &KEY, |_| true, |_| None);
    let whole = parse(head.clone()).and_then(|stored| read(&stored));
    let at = usize::from(u16::from_le_bytes([random[1], random[2]])) % head.len();
    head[at] ^= random[3].max(1);
    // Of LZ4's blocks there is more than one for the same contents.
    let changed = parse(head).and_then(|stored| read(&stored));
    assert!(changed.is_err() || changed == whole, "{at}");
}

/// Parts are of the sections, as long as they should be while there are enough.
fn check(head: &[u8], sections: &[u8]) {
    let mut rest = sections;
    let fetch = |wanted: &[(_, usize)]| {
        let parts = wanted.iter().map(|(_, length)| {
            let (part, behind) = rest.split_at(rest.len().min(*length));
            rest = behind;
            part.to_vec()
        });
        Some(parts.collect())
    };
    let is_directory = |number| number < DIRECTORIES;
    let Ok(stored) = StoredEntry::parse(head.to_vec(), &KEY, &KEY, is_directory, fetch) else {
        return;
    };
    for file in stored.files() {
        assert!(file.directory < DIRECTORIES);
        let name = std::str::from_utf8(&file.name).unwrap_or("a");
        let mut components = name.split('/');
        assert!(components.all(|component| !matches!(component, "" | "." | "..")));
        assert!(!file.name.contains(&0));
    }
    let Ok(entry) = read(&stored) else {
        return;
    };
    for limit in [usize::MAX, 512] {
        let Ok(Parts { head, mut parts }) = entry.encode(limit) else {
            assert_ne!(limit, usize::MAX, "it is stored as it came");
            continue;
        };
        let fetch = |wanted: &[(_, usize)]| {
            let wanted = wanted.iter().map(|(key, _)| {
                let found = parts.iter().position(|(part, _)| part == key)?;
                Some(parts.swap_remove(found).1)
            });
            wanted.collect()
        };
        let again = StoredEntry::parse(head, &KEY, &KEY, is_directory, fetch);
        assert_eq!(read(&again.expect("it is one")).as_ref(), Ok(&entry));
    }
}

fn read(stored: &StoredEntry) -> Result<Entry, EntryError> {
    let files = stored.files().iter().map(|file| {
        let contents = stored.contents(file)?.into_owned();
        assert_eq!(contents.len(), file.length());
        Ok(OutputFile {
            directory: file.directory,
            name: file.name.clone(),
            executable: file.executable,
            contents,
        })
    });
    Ok(Entry {
        files: files.collect::<Result<_, EntryError>>()?,
        stdout: stored.stdout()?.into_owned(),
        stderr: stored.stderr()?.into_owned(),
        code: stored.code,
        took: stored.took,
        record: stored.record()?.into_owned(),
        result_key: KEY,
        request_key: KEY,
    })
}
