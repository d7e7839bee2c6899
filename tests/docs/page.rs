//! Reads a page: its links, the anchors of its headings, and its snippets of code.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

/// What a page has, with lines counted from one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Each link's line and destination.
    pub links: Vec<(usize, String)>,
    /// Of each heading, as mdBook and GitHub name it.
    pub anchors: Vec<String>,
    /// Each block of code: its line, its language and its text.
    pub snippets: Vec<(usize, String, String)>,
}

impl Page {
    /// Reads Markdown.
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let line_of = |offset: usize| text[..offset].matches('\n').count() + 1;
        // `[text][name]` without a `[name]: …` is no link to the parser, and is to be found here.
        let mut unknown = |link: pulldown_cmark::BrokenLink| {
            Some((CowStr::from(link.reference.to_string()), CowStr::from("")))
        };
        let parser =
            Parser::new_with_broken_link_callback(text, Options::ENABLE_TABLES, Some(&mut unknown));
        let mut heading: Option<String> = None;
        let mut code = None;
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links
                        .push((line_of(range.start), dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.add_anchor(&heading.take().unwrap_or_default());
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    code = Some((line_of(range.start), language.into_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.snippets.extend(code.take()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                    if let Some((_, _, code)) = &mut code {
                        code.push_str(&text);
                    }
                }
                _ => (),
            }
        }
        page
    }

    fn add_anchor(&mut self, heading: &str) {
        let name: String = heading
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            })
            .collect();
        let numbered = (1..).map(|number| format!("{name}-{number}"));
        let anchor = std::iter::once(name.clone())
            .chain(numbered)
            .find(|anchor| !self.anchors.contains(anchor));
        self.anchors.extend(anchor);
    }
}

#[test]
fn a_page_has_links_anchors_and_snippets() {
    let page = Page::read(
        "# A `b.C`, d\n\n[one](a.md#x) [two]\n\n## A bc d\n\n```nix\n{ a = 1; }\n```\n\n[two]: b.md\n\n[three][none]\n",
    );
    assert_eq!(
        page,
        Page {
            links: vec![
                (3, "a.md#x".to_owned()),
                (3, "b.md".to_owned()),
                (13, "none".to_owned())
            ],
            anchors: vec!["a-bc-d".to_owned(), "a-bc-d-1".to_owned()],
            snippets: vec![(7, "nix".to_owned(), "{ a = 1; }\n".to_owned())],
        }
    );
}
