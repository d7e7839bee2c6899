//! Walks through a TOML document: each value with its path, in the document's order, and no
//! tree of it all. What is not looked at costs next to nothing.
//!
//! Syntax is checked everywhere; what only a tree shows is not: a key that stands twice.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{EventReceiver, RecursionGuard, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Raw, Span};

use crate::error::Error;
use crate::show::escaped;
use crate::source::Source;

/// How deep arrays and inline tables may nest; the `toml` crate reads as deep.
const DEEPEST: u32 = 80;

/// One step of the path to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// Into the value of a key.
    Key(Key<'a>),
    /// Into an element of an array; elements of one array have different numbers.
    Element(usize),
}

/// A key, and the byte where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) at: usize,
}

/// A value that is neither a table nor an array.
#[derive(Clone, Debug)]
pub(crate) struct Scalar<'a> {
    kind: ScalarKind,
    text: Cow<'a, str>,
    /// The byte where it stands.
    pub(crate) at: usize,
}

impl<'a> Scalar<'a> {
    /// The string that it is, or what else it is.
    pub(crate) fn string(self) -> Result<Cow<'a, str>, &'static str> {
        match self.kind {
            ScalarKind::String => Ok(self.text),
            other => Err(other.description()),
        }
    }

    /// The Boolean that it is, or what else it is.
    pub(crate) fn boolean(&self) -> Result<bool, &'static str> {
        match self.kind {
            ScalarKind::Boolean(value) => Ok(value),
            other => Err(other.description()),
        }
    }
}

/// Who is shown the values.
pub(crate) trait Visitor<'a> {
    /// A value, and the path to it.
    fn value(&mut self, path: &[Step<'a>], value: Scalar<'a>);
}

/// How many tokens are parsed at once, at least: those of a whole manifest would take five times
/// its own size.
const AT_ONCE: usize = 1024;

/// Shows a visitor every value of a document. Fails, with the place, on what is no TOML.
pub(crate) fn walk<'a>(source: &Source<'a>, visitor: &mut impl Visitor<'a>) -> Result<(), Error> {
    walk_by(AT_ONCE, source, visitor)
}

fn walk_by<'a>(
    at_once: usize,
    source: &Source<'a>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), Error> {
    let document = toml_parser::Source::new(source.text());
    let mut walker = Walker {
        document,
        visitor,
        path: Vec::new(),
        scopes: Vec::new(),
        header: 0,
        elements: 0,
        in_header: false,
        is_key_done: true,
    };
    let mut first = FirstError(None);
    let mut parse = |tokens: &mut Vec<Token>| {
        let mut guard = RecursionGuard::new(&mut walker, DEEPEST);
        parse_document(tokens, &mut guard, &mut first);
        tokens.clear();
    };
    // Expressions, a header or a key with its value, end at a line's end outside of all brackets.
    // What stands open there is an error whatever comes.
    let mut tokens = Vec::new();
    let mut open = 0_u32;
    for token in document.lex() {
        tokens.push(token);
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open = open.saturating_sub(1);
            }
            TokenKind::Newline if open == 0 && tokens.len() >= at_once => parse(&mut tokens),
            _ => {}
        }
    }
    parse(&mut tokens);
    match first.0 {
        None => Ok(()),
        Some(error) => {
            let at = error.unexpected().or(error.context());
            let at = at.map_or(source.text().len(), |span| span.start());
            Err(source.error(at, format!("this is not TOML: {}", described(&error))))
        }
    }
}

/// What is wrong, and what would be right.
fn described(error: &ParseError) -> String {
    let expected: Vec<_> = error
        .expected()
        .unwrap_or_default()
        .iter()
        .filter_map(|expected| match expected {
            Expected::Literal(text) => Some(format!("`{}`", escaped(text))),
            Expected::Description(text) => Some((*text).to_owned()),
            _ => None,
        })
        .collect();
    if expected.is_empty() {
        error.description().to_owned()
    } else {
        format!("{}, expected {}", error.description(), expected.join(", "))
    }
}

/// The first error of a document; those after it may be its consequences.
struct FirstError(Option<ParseError>);

impl ErrorSink for FirstError {
    fn report_error(&mut self, error: ParseError) {
        self.0.get_or_insert(error);
    }
}

/// What the next value belongs to.
enum Scope {
    /// An inline table, whose path is this long.
    Table(usize),
    /// An array, whose path is this long, and its next element's number.
    Array(usize, usize),
}

struct Walker<'a, 'v, V> {
    document: toml_parser::Source<'a>,
    visitor: &'v mut V,
    /// To the value that is being read.
    path: Vec<Step<'a>>,
    /// Inline tables and arrays that are open.
    scopes: Vec<Scope>,
    /// How much of the path the last header gave.
    header: usize,
    /// How many `[[…]]` there were.
    elements: usize,
    in_header: bool,
    /// Whether the next key begins a path, and does not go on with one.
    is_key_done: bool,
}

impl<'a, V: Visitor<'a>> Walker<'a, '_, V> {
    fn open_header(&mut self) {
        self.path.clear();
        self.scopes.clear();
        self.in_header = true;
    }

    fn close_header(&mut self) {
        self.in_header = false;
        self.header = self.path.len();
        self.is_key_done = true;
    }

    /// Brings the path to a value that begins, which in an array is the next element.
    fn begin_value(&mut self) {
        if let Some(Scope::Array(length, next)) = self.scopes.last_mut() {
            self.path.truncate(*length);
            self.path.push(Step::Element(*next));
            *next += 1;
        }
    }

    fn end_value(&mut self) {
        self.is_key_done = true;
    }
}

impl<'a, V: Visitor<'a>> EventReceiver for Walker<'a, '_, V> {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.open_header();
    }

    fn std_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.close_header();
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.open_header();
    }

    fn array_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.path.push(Step::Element(self.elements));
        self.elements += 1;
        self.close_header();
    }

    fn inline_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        self.begin_value();
        self.scopes.push(Scope::Table(self.path.len()));
        self.is_key_done = true;
        true
    }

    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.scopes.pop();
        self.end_value();
    }

    fn array_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        self.begin_value();
        self.scopes.push(Scope::Array(self.path.len(), 0));
        true
    }

    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.scopes.pop();
        self.end_value();
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        if self.is_key_done && !self.in_header {
            let length = match self.scopes.last() {
                Some(Scope::Table(length) | Scope::Array(length, _)) => *length,
                None => self.header,
            };
            self.path.truncate(length);
            self.is_key_done = false;
        }
        let Some(raw) = self.document.get(span) else {
            return;
        };
        let mut name = Cow::Borrowed(raw.as_str());
        if encoding.is_some() {
            Raw::new_unchecked(raw.as_str(), encoding, span).decode_key(&mut name, errors);
        }
        let at = span.start();
        self.path.push(Step::Key(Key { name, at }));
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        self.begin_value();
        if let Some(raw) = self.document.get(span) {
            let mut text = Cow::Borrowed("");
            let kind =
                Raw::new_unchecked(raw.as_str(), encoding, span).decode_scalar(&mut text, errors);
            let at = span.start();
            self.visitor.value(&self.path, Scalar { kind, text, at });
        }
        self.end_value();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value as `path = text`.
    #[derive(Default)]
    struct Shown(Vec<String>);

    impl<'a> Visitor<'a> for Shown {
        fn value(&mut self, path: &[Step<'a>], value: Scalar<'a>) {
            let path: Vec<_> = path
                .iter()
                .map(|step| match step {
                    Step::Key(key) => key.name.to_string(),
                    Step::Element(number) => format!("[{number}]"),
                })
                .collect();
            let value = match (value.clone().string(), value.boolean()) {
                (Ok(text), _) => format!("{text:?}"),
                (_, Ok(value)) => value.to_string(),
                (Err(kind), _) => kind.to_owned(),
            };
            self.0.push(format!("{} = {value}", path.join(".")));
        }
    }

    fn shown(text: &str) -> Result<Vec<String>, String> {
        let source = Source::new("x.toml", text.as_bytes()).unwrap();
        let walk = |at_once| {
            let mut shown = Shown::default();
            walk_by(at_once, &source, &mut shown).map_err(|error| error.to_string())?;
            Ok(shown.0)
        };
        let (by_line, whole) = (walk(1), walk(usize::MAX));
        assert_eq!(by_line, whole, "{text}");
        whole
    }

    #[test]
    fn every_way_to_write_a_table_gives_the_same_paths() {
        let expected = ["a.b.c = \"1\"", "a.b.d = true"];
        for text in [
            "[a.b]\nc = \"1\"\nd = true\n",
            "[a]\nb.c = '1'\nb.d = true",
            "a.b.c = \"1\"\na.b.d = true",
            "a = { b = { c = \"1\", d = true } }",
            "a.b = { c = \"1\", d = true }",
            "[\"a\".'b']\n\"c\" = \"\"\"1\"\"\"\nd=true",
        ] {
            assert_eq!(shown(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn elements_of_arrays_are_told_apart() {
        assert_eq!(
            shown("x = 1\n[[a.b]]\nc = \"1\"\nd = \"2\"\n[[a.b]]\nc = \"3\"\n").unwrap(),
            [
                "x = integer",
                "a.b.[0].c = \"1\"",
                "a.b.[0].d = \"2\"",
                "a.b.[1].c = \"3\""
            ]
        );
        assert_eq!(
            shown("a = [ { c = \"1\", d = \"2\" }, [ \"3\" ], \"4\" ]\nb = 1.5").unwrap(),
            [
                "a.[0].c = \"1\"",
                "a.[0].d = \"2\"",
                "a.[1].[0] = \"3\"",
                "a.[2] = \"4\"",
                "b = float"
            ]
        );
    }

    #[test]
    fn what_looks_like_a_header_in_a_string_is_none() {
        assert_eq!(
            shown("a = \"\"\"\n[b]\nc = 1\n\"\"\"\nd = [\n[\"e\"],\n]").unwrap(),
            ["a = \"[b]\\nc = 1\\n\"", "d.[0].[0] = \"e\""]
        );
    }

    #[test]
    fn what_is_no_toml_has_a_place() {
        for (text, error) in [
            ("a = \n", "x.toml:1:5: this is not TOML: "),
            ("a = 1\n[b\n", "x.toml:2:3: this is not TOML: "),
            ("a = 1\nb\n", "x.toml:2:2: this is not TOML: "),
            (
                "a = \"x\n",
                "x.toml:1:7: this is not TOML: invalid basic string, expected `\\\"`",
            ),
            ("a = 1.2.3\n", "x.toml:1:"),
            ("a = \"\\q\"\n", "x.toml:1:7: this is not TOML: "),
        ] {
            let found = shown(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
        let deep = format!("a = {}", "[".repeat(1 << 16));
        assert!(shown(&deep).is_err());
    }
}
