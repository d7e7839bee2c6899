//! Reads a crate's modules, and resolves the names that each takes from the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, Meta, UseTree, Visibility};

/// The modules of one crate; the first is its root.
#[derive(Default)]
pub struct Modules {
    all: Vec<Module>,
}

#[derive(Default)]
struct Module {
    /// As in `crate::a::b`.
    path: String,
    file: PathBuf,
    parent: usize,
    children: BTreeMap<String, usize>,
    /// The items that it defines.
    items: BTreeSet<String>,
    /// The names that its `use` bring in, with the paths that they stand for.
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// The paths in it, with their lines.
    named: Vec<(Vec<String>, usize)>,
}

/// That one module names an item of another.
pub struct Use {
    pub from: usize,
    pub to: usize,
    /// The path as it is written.
    pub name: String,
    pub line: usize,
}

/// Re-exports that lead to re-exports, before it must be one that leads to itself.
const MAX_IMPORTS: usize = 32;

impl Modules {
    /// Those of the crate that begins with this file.
    pub fn read(root: &Path) -> Self {
        let mut modules = Self::default();
        let module = Module {
            path: "crate".to_owned(),
            file: root.to_owned(),
            ..Module::default()
        };
        modules.add(module, root.parent().unwrap(), parse(root).items);
        modules
    }

    /// The path of a module, and its file.
    pub fn show(&self, module: usize) -> (&str, &Path) {
        let module = &self.all[module];
        (&module.path, &module.file)
    }

    /// What names what: the module that a name is defined in, through any re-exports.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (from, module) in self.all.iter().enumerate() {
            for (path, line) in &module.named {
                let to = self.find(from, path, true, MAX_IMPORTS);
                if let Some(to) = to.filter(|to| *to != from) {
                    let name = path.join("::");
                    uses.push(Use {
                        from,
                        to,
                        name,
                        line: *line,
                    });
                }
            }
        }
        uses
    }

    /// Adds a module and those in it; `directory` has the files of its children.
    fn add(&mut self, module: Module, directory: &Path, items: Vec<Item>) -> usize {
        let this = self.all.len();
        self.all.push(module);
        for item in items {
            if is_test(attributes(&item)) {
                continue;
            }
            let Item::Mod(child) = item else {
                self.all[this].items.extend(defined(&item));
                self.all[this].visit_item(&item);
                continue;
            };
            let name = child.ident.to_string();
            let mut module = Module {
                path: format!("{}::{name}", self.all[this].path),
                file: self.all[this].file.clone(),
                parent: this,
                ..Module::default()
            };
            let mut below = directory.join(&name);
            let items = if let Some((_, items)) = child.content {
                items
            } else {
                module.file = file_of(&child, &module.file, directory);
                if module.file.ends_with("mod.rs") {
                    module.file.parent().unwrap().clone_into(&mut below);
                }
                parse(&module.file).items
            };
            let added = self.add(module, &below, items);
            self.all[this].children.insert(name, added);
        }
        this
    }

    /// The module that defines what a path names; none when that is another crate's, a local name, …
    fn find(
        &self,
        module: usize,
        path: &[String],
        is_start: bool,
        imports: usize,
    ) -> Option<usize> {
        let this = &self.all[module];
        let Some((head, rest)) = path.split_first() else {
            return Some(module);
        };
        match head.as_str() {
            "crate" => return self.find(0, rest, false, imports),
            "self" => return self.find(module, rest, false, imports),
            "super" => return self.find(this.parent, rest, false, imports),
            _ => {}
        }
        if let Some(child) = this.children.get(head) {
            return self.find(*child, rest, false, imports);
        }
        if this.items.contains(head) {
            return Some(module);
        }
        let imports = imports.checked_sub(1)?;
        if let Some(path) = this.imports.get(head) {
            let whole = [path, rest].concat();
            return self.find(module, &whole, true, imports);
        }
        for glob in &this.globs {
            let there = self
                .find(module, glob, true, imports)
                .filter(|there| *there != module);
            if let Some(there) = there.filter(|there| self.has(*there, head)) {
                return self.find(there, path, false, imports);
            }
        }
        // What a macro made.
        (!is_start).then_some(module)
    }

    fn has(&self, module: usize, name: &str) -> bool {
        let it = &self.all[module];
        it.items.contains(name) || it.children.contains_key(name) || it.imports.contains_key(name)
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(it) => self.import(&it.tree, &with(&it.ident)),
            UseTree::Group(it) => it.items.iter().for_each(|it| self.import(it, before)),
            UseTree::Glob(it) => {
                self.named.push((before.to_owned(), it.span().start().line));
                self.globs.push(before.to_owned());
            }
            UseTree::Name(it) if it.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.bring_in(name, before.to_owned(), it.span().start().line);
            }
            UseTree::Name(it) => {
                self.bring_in(
                    it.ident.to_string(),
                    with(&it.ident),
                    it.span().start().line,
                );
            }
            UseTree::Rename(it) => {
                let path = if it.ident == "self" {
                    before.to_owned()
                } else {
                    with(&it.ident)
                };
                self.bring_in(it.rename.to_string(), path, it.span().start().line);
            }
        }
    }

    fn bring_in(&mut self, name: String, path: Vec<String>, line: usize) {
        self.named.push((path.clone(), line));
        self.imports.insert(name, path);
    }

    /// The paths in what only a macro can parse, and in the texts of attributes as serde has them.
    fn scan(&mut self, tokens: TokenStream, with_texts: bool) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(it) if it.as_char() == ':' => colons += 1,
                TokenTree::Ident(it) if colons == 2 && !path.is_empty() => {
                    path.push(it.to_string());
                    colons = 0;
                }
                other => {
                    self.note(&mut path, line);
                    colons = 0;
                    line = other.span().start().line;
                    match other {
                        TokenTree::Ident(it) => path.push(it.to_string()),
                        TokenTree::Group(it) => self.scan(it.stream(), with_texts),
                        TokenTree::Literal(it) if with_texts => {
                            let text = syn::parse_str::<syn::LitStr>(&it.to_string());
                            if let Some(path) =
                                text.ok().and_then(|it| it.parse::<syn::Path>().ok())
                            {
                                self.visit_path(&path);
                            }
                        }
                        TokenTree::Literal(_) | TokenTree::Punct(_) => {}
                    }
                }
            }
        }
        self.note(&mut path, line);
    }

    /// A single name is a local one, or one that a `use` has brought in.
    fn note(&mut self, path: &mut Vec<String>, line: usize) {
        if path.len() > 1 {
            self.named.push((path.clone(), line));
        }
        path.clear();
    }
}

impl Visit<'_> for Module {
    fn visit_path(&mut self, path: &syn::Path) {
        if path.leading_colon.is_none() {
            let mut names = path
                .segments
                .iter()
                .map(|it| it.ident.to_string())
                .collect();
            self.note(&mut names, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, it: &ItemUse) {
        if !is_test(&it.attrs) && it.leading_colon.is_none() {
            self.import(&it.tree, &[]);
        }
    }

    fn visit_macro(&mut self, it: &Macro) {
        self.visit_path(&it.path);
        self.scan(it.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, it: &Attribute) {
        match &it.meta {
            Meta::List(list) => self.scan(list.tokens.clone(), true),
            Meta::Path(_) | Meta::NameValue(_) => {}
        }
    }

    /// Whom something is visible to is not a use.
    fn visit_visibility(&mut self, _: &Visibility) {}
}

fn parse(file: &Path) -> syn::File {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The file of a `mod name;`.
fn file_of(child: &ItemMod, parent: &Path, directory: &Path) -> PathBuf {
    for attribute in &child.attrs {
        if let Meta::NameValue(it) = &attribute.meta
            && it.path.is_ident("path")
            && let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(path),
                ..
            }) = &it.value
        {
            return parent.parent().unwrap().join(path.value());
        }
    }
    let file = directory.join(format!("{}.rs", child.ident));
    if file.exists() {
        return file;
    }
    directory.join(child.ident.to_string()).join("mod.rs")
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| {
        it.path().is_ident("cfg")
            && it
                .parse_args::<syn::Path>()
                .is_ok_and(|it| it.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// The name that an item defines in its module.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::TraitAlias(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        _ => return None,
    };
    Some(name.to_string())
}
