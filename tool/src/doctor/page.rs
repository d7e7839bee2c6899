//! Text for a terminal of 80 columns.

use super::mask::Secrets;

/// How wide it is.
const WIDTH: usize = 80;

/// How wide the labels of rows are.
const LABEL: usize = 13;

/// Characters behind which a word that is too long for a line is cut, if there are any.
const CUTS: [char; 4] = ['/', ':', ',', '='];

/// A page, from the top down.
#[derive(Debug)]
pub struct Page<'a> {
    secrets: &'a Secrets,
    text: String,
}

impl<'a> Page<'a> {
    /// An empty page, on which these secrets do not come.
    pub fn new(secrets: &'a Secrets) -> Self {
        Self {
            secrets,
            text: String::new(),
        }
    }

    /// Begins a section.
    pub fn section(&mut self, name: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += name;
        self.text.push('\n');
    }

    /// A paragraph: its first line is indented by as much as `mark`, which stands there, is
    /// long, and so are the others.
    pub fn paragraph(&mut self, mark: &str, text: &str) {
        let indent = mark.chars().count();
        let text = &self.secrets.clean(text);
        for (number, line) in wrap(text, WIDTH.saturating_sub(indent)).iter().enumerate() {
            let line = match number {
                0 => format!("{mark}{line}"),
                _ => format!("{:indent$}{line}", ""),
            };
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }

    /// A label and what belongs to it.
    pub fn row(&mut self, label: &str, text: &str) {
        if label.chars().count() > LABEL {
            return self.paragraph("  ", &format!("{label} {text}"));
        }
        self.paragraph(&format!("  {label:<LABEL$} "), text);
    }

    /// A text whose lines stay as they are, as far as they fit.
    pub fn block(&mut self, text: &str) {
        const INDENT: &str = "    ";
        for line in self.secrets.clean(text).lines() {
            let line = plain(&line.replace('\t', "    "));
            for piece in pieces(&line, WIDTH - INDENT.len()) {
                self.text += format!("{INDENT}{piece}").trim_end();
                self.text.push('\n');
            }
        }
    }

    /// The page, without a line break at its end.
    pub fn text(&self) -> &str {
        self.text.trim_end()
    }
}

/// Breaks a text at its spaces, and words that are longer than a line where it looks best.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in plain(text).split(' ').filter(|word| !word.is_empty()) {
        for (number, piece) in pieces(word, width).into_iter().enumerate() {
            let line = lines.last_mut().filter(|line| {
                let length = line.chars().count();
                // A long word begins on a line of its own, where more of it is in one piece.
                number == 0 && (length == 0 || length + 1 + word.chars().count() <= width)
            });
            match line {
                Some(line) if line.is_empty() => *line = piece,
                Some(line) => {
                    line.push(' ');
                    *line += &piece;
                }
                None => lines.push(piece),
            }
        }
    }
    lines
}

/// Cuts a word, or a line whose spaces count, into pieces that fit.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: Vec<char> = word.chars().collect();
    while rest.len() > width.max(1) {
        let most = width.max(1);
        let start: &[char] = rest.get(..most).unwrap_or(&rest);
        let cut = start
            .iter()
            .rposition(|c| CUTS.contains(c))
            .map(|at| at + 1)
            // Not so early that hardly anything is left on the line.
            .filter(|cut| *cut > most / 2)
            .unwrap_or(most);
        let behind = rest.split_off(cut);
        pieces.push(rest.into_iter().collect());
        rest = behind;
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

/// The text without characters that move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let (kept, escaped) = if c.is_control() {
                (None, Some(c.escape_default()))
            } else {
                (Some(c), None)
            };
            kept.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits() {
        let long = "/é/".repeat(100);
        for text in [
            "",
            "a",
            " a  b ",
            &long,
            &"word ".repeat(50),
            "a\u{1b}[1m\nb\r",
        ] {
            let secrets = Secrets::default();
            let mut page = Page::new(&secrets);
            page.section("section");
            page.paragraph("  - ", text);
            page.row("label", text);
            page.row(&"label".repeat(20), text);
            page.block(text);
            let fits =
                |line: &str| line.chars().count() <= WIDTH && !line.contains(char::is_control);
            assert!(page.text().lines().all(fits), "{page:?}");
        }
    }

    #[test]
    fn nothing_is_lost() {
        let word = "0123456789/".repeat(30);
        assert_eq!(pieces(&word, 76).concat(), word);
        assert!(
            pieces(&word, 76)
                .iter()
                .rev()
                .skip(1)
                .all(|piece| piece.ends_with('/'))
        );
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        let secrets = Secrets::default();
        let mut page = Page::new(&secrets);
        page.paragraph("- ", &format!("{word} {}", "ab ".repeat(40)));
        assert_eq!(page.text().matches("ab").count(), 40);
    }

    #[test]
    fn lines_of_a_block_stay() {
        let secrets = Secrets::default();
        let mut page = Page::new(&secrets);
        page.block("[a]\n  b  =  1\n\nc");
        assert_eq!(page.text(), "    [a]\n      b  =  1\n\n    c");
    }
}
