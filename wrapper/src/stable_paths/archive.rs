//! Reads the members of an archive, in the common form of it and GNU's long names, as rustc writes it on
//! Linux (`man 5 ar`).

const MAGIC: &[u8] = b"!<arch>\n";

/// How long what stands in front of each member is: its name, a time, two numbers, a mode and the
/// length, in this order and of these lengths, and two bytes more.
const HEADER: usize = 16 + 12 + 6 + 6 + 8 + 10 + 2;

/// The members by their names. Whatever is no such archive has one, all of it, that has no name: so
/// nothing is overlooked.
pub fn members(archive: &[u8]) -> Vec<(Vec<u8>, &[u8])> {
    read(archive).unwrap_or_else(|| vec![(Vec::new(), archive)])
}

/// Whether a member of a library of rustc's is its own, and none of a native library's: its metadata,
/// or what it goes by itself when it links (`looks_like_rust_object_file`), or unknown.
pub fn is_rusts(name: &[u8]) -> bool {
    name.is_empty() || name == b"lib.rmeta" || name.ends_with(b".rcgu.o")
}

fn read(archive: &[u8]) -> Option<Vec<(Vec<u8>, &[u8])>> {
    let mut rest = archive.strip_prefix(MAGIC)?;
    let mut long_names: &[u8] = &[];
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (header, behind) = rest.split_at_checked(HEADER)?;
        let name = header.get(..16)?.trim_ascii_end();
        let length: usize = std::str::from_utf8(header.get(48..58)?)
            .ok()?
            .trim_end()
            .parse()
            .ok()?;
        let (contents, behind) = behind.split_at_checked(length)?;
        // Members begin at even places.
        rest = behind.get(length % 2..).unwrap_or_default();
        match name {
            b"//" => long_names = contents,
            // Tables of symbols.
            b"/" | b"/SYM64/" => {}
            _ => members.push((full(name, long_names)?, contents)),
        }
    }
    Some(members)
}

/// `name/`, or a slash and where in the table of long names it is.
fn full(name: &[u8], long_names: &[u8]) -> Option<Vec<u8>> {
    let Some(at) = name.strip_prefix(b"/") else {
        return Some(name.strip_suffix(b"/").unwrap_or(name).to_vec());
    };
    let at: usize = std::str::from_utf8(at).ok()?.parse().ok()?;
    let name = long_names.get(at..)?;
    let end = name.iter().position(|byte| matches!(byte, b'\n' | b'\0'))?;
    let name = name.get(..end)?;
    Some(name.strip_suffix(b"/").unwrap_or(name).to_vec())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A member as it stands in an archive.
    pub fn member(name: &str, contents: &[u8]) -> Vec<u8> {
        let length = contents.len();
        let mut member = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{length:<10}`\n",
            0, 0, 0, 644
        )
        .into_bytes();
        member.extend(contents);
        if length % 2 == 1 {
            member.push(b'\n');
        }
        member
    }

    #[test]
    fn members_have_short_and_long_names() {
        let archive = [
            MAGIC.to_vec(),
            member("/", b"symbols"),
            member(
                "//",
                b"a-long-name.1f-cgu.0.rcgu.o/\nanother-long-name.o/\n",
            ),
            member("lib.rmeta/", b"abc"),
            member("/0", b"one"),
            member("/29", b"other"),
        ]
        .concat();
        let members = members(&archive);
        let read: Vec<_> = members
            .iter()
            .map(|(name, contents)| (String::from_utf8_lossy(name), is_rusts(name), *contents))
            .collect();
        assert_eq!(
            read,
            [
                ("lib.rmeta".into(), true, &b"abc"[..]),
                ("a-long-name.1f-cgu.0.rcgu.o".into(), true, &b"one"[..]),
                ("another-long-name.o".into(), false, &b"other"[..]),
            ]
        );
    }

    #[test]
    fn what_is_no_archive_is_looked_at_as_a_whole() {
        let cut = [MAGIC, b"lib.rmeta/      0  "].concat();
        for bytes in [&b""[..], b"other", b"!<thin>\n", cut.as_slice()] {
            let members = members(bytes);
            assert_eq!(members, [(Vec::new(), bytes)]);
            assert!(is_rusts(&members[0].0));
        }
    }
}
