//! Reads the files of dependencies that compilers write: rules of `make`, and rustc's comments in them.

/// What a crate is made of, by rustc's dep-info.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// The sources, as they are spelled there.
    pub sources: Vec<String>,
    /// The variables that the crate reads when it is compiled, and nothing for one that is not set.
    pub variables: Vec<(String, Option<String>)>,
}

/// Reads rustc's file: the first rule has all sources, and `# env-dep:` a variable.
pub fn of_rustc(text: &str) -> DepInfo {
    const VARIABLE: &str = "# env-dep:";
    DepInfo {
        sources: text.lines().next().map(prerequisites).unwrap_or_default(),
        variables: text
            .lines()
            .filter_map(|line| line.strip_prefix(VARIABLE))
            .map(|variable| match variable.split_once('=') {
                Some((name, value)) => (unescaped(name), Some(unescaped(value))),
                None => (unescaped(variable), None),
            })
            .collect(),
    }
}

/// The files behind the colon of the first rule in a C compiler's file, whose lines go on behind a
/// backslash.
pub fn of_cc(text: &str) -> Vec<String> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    text.lines().next().map(prerequisites).unwrap_or_default()
}

fn prerequisites(rule: &str) -> Vec<String> {
    let Some((_, files)) = rule.split_once(": ") else {
        return Vec::new();
    };
    let mut found = vec![String::new()];
    let mut rest = files.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' if rest.peek() == Some(&' ') => {
                rest.next();
                push(&mut found, ' ');
            }
            ' ' => found.push(String::new()),
            other => push(&mut found, other),
        }
    }
    found.retain(|file| !file.is_empty());
    found
}

fn push(files: &mut [String], character: char) {
    if let Some(last) = files.last_mut() {
        last.push(character);
    }
}

/// rustc writes a line break as `\n`.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match (character, rest.as_str().chars().next()) {
            ('\\', Some(next @ ('n' | 'r' | '\\'))) => {
                rest.next();
                plain.push(match next {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                });
            }
            (other, _) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustcs_file() {
        let read = of_rustc(
            "/t/a.d: src/lib.rs src/a\\ b.rs\n\n/t/liba.rlib: other.rs\n\n# env-dep:A=x=y\\nz\n# env-dep:B\n",
        );
        assert_eq!(read.sources, ["src/lib.rs", "src/a b.rs"]);
        assert_eq!(
            read.variables,
            [
                ("A".to_owned(), Some("x=y\nz".to_owned())),
                ("B".to_owned(), None)
            ]
        );
        assert_eq!(of_rustc(""), DepInfo::default());
        assert_eq!(of_rustc("no rule"), DepInfo::default());
    }

    #[test]
    fn a_c_compilers_file() {
        assert_eq!(
            of_cc("a.o: a.c /x/b.h \\\n  c.h\n\nc.h:\n"),
            ["a.c", "/x/b.h", "c.h"]
        );
        assert_eq!(of_cc("a.o:\n"), [""; 0]);
    }
}
