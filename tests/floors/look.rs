//! No circle among files, the two rules that keep it so, and one public path for each item.
//!
//! 1. A face (`x.rs` beside `x/`) defines nothing that a file in `x/` takes from it.
//! 2. An inherent `impl` stands in the file of its type.
//!
//! Text is read, not types: a name that a macro makes is not seen.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;
use syn::{Item, UseTree, Visibility};

/// The path of a module, without `crate`; empty for `lib.rs`.
type Module = Vec<String>;

/// What a file says, as far as the rules need it.
#[derive(Default)]
struct File {
    /// Names of items that it defines.
    defines: BTreeSet<String>,
    /// Names of items and modules that it declares `pub`.
    publishes: BTreeSet<String>,
    /// Names that it brings in.
    brings: BTreeMap<String, Brought>,
    /// Paths that its code names.
    names: Vec<Vec<String>>,
    /// Types that it has inherent `impl` blocks of.
    implements: Vec<Vec<String>>,
}

/// A name that a `use` brings in.
struct Brought {
    /// The path that it stands for.
    path: Vec<String>,
    /// It is handed on, to the crate at least.
    is_handed_on: bool,
    /// It is handed on to everybody.
    is_public: bool,
}

/// The faults of a house.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Files that name each other in a circle.
    pub(crate) circles: Vec<Vec<String>>,
    /// A face, and what a child takes from it.
    pub(crate) faces: BTreeSet<String>,
    /// An inherent `impl` away from its type.
    pub(crate) strays: BTreeSet<String>,
    /// Items with several public paths.
    pub(crate) twice: BTreeSet<String>,
}

/// Looks at a house: the text of each file by its path below `src`.
pub(crate) fn look(sources: &BTreeMap<String, String>) -> Wrong {
    let files = files(sources);
    let mut wrong = Wrong::default();
    let mut arrows: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (at, file) in &files {
        for path in named(file) {
            let Some((home, name)) = home(&files, at, &path) else {
                continue;
            };
            if home == at {
                continue;
            }
            // A child of a face, at any depth, takes what the face itself defines.
            if at.starts_with(home) && !home.is_empty() && !name.is_empty() {
                wrong.faces.insert(format!(
                    "{} takes {name} of {}",
                    at.join("::"),
                    home.join("::")
                ));
            }
            arrows.entry(at).or_default().insert(home);
        }
        for path in &file.implements {
            let found = home_of_name(&files, file, at, path);
            if let Some((home, name)) = found.filter(|(home, _)| *home != at) {
                wrong.strays.insert(format!(
                    "impl {name} of {} in {}",
                    home.join("::"),
                    at.join("::")
                ));
            }
        }
    }
    wrong.circles = circles(&arrows);
    let mut paths = BTreeMap::new();
    publish(&files, &Module::new(), &Module::new(), &mut paths);
    for ((home, name), paths) in paths.into_iter().filter(|(_, paths)| paths.len() > 1) {
        let paths = paths.into_iter().collect::<Vec<_>>().join(", ");
        wrong
            .twice
            .insert(format!("{name} of {}: {paths}", home.join("::")));
    }
    wrong
}

/// The public paths of all items.
pub(crate) fn public_paths(sources: &BTreeMap<String, String>) -> BTreeSet<String> {
    let files = files(sources);
    let mut paths = BTreeMap::new();
    publish(&files, &Module::new(), &Module::new(), &mut paths);
    paths.into_values().flatten().collect()
}

/// The public paths of each item: of those that a module shows to everybody under this name, and so on.
fn publish(
    files: &BTreeMap<Module, File>,
    at: &Module,
    known_as: &Module,
    paths: &mut BTreeMap<(Module, String), BTreeSet<String>>,
) {
    let Some(file) = files.get(at) else {
        return;
    };
    let below =
        |module: &Module, name: &String| [module.as_slice(), core::slice::from_ref(name)].concat();
    let mut add = |home: &Module, name: &str, path: Module| {
        let paths = paths.entry((home.clone(), name.to_owned())).or_default();
        paths.insert(path.join("::"))
    };
    let mut modules = Vec::new();
    for name in &file.publishes {
        if file.defines.contains(name) {
            add(at, name, below(known_as, name));
        } else {
            modules.push((below(at, name), below(known_as, name)));
        }
    }
    for (name, brought) in file.brings.iter().filter(|(_, brought)| brought.is_public) {
        match home(files, at, &brought.path) {
            Some((home, item)) if item.is_empty() => {
                modules.push((home.clone(), below(known_as, name)));
            }
            Some((home, item)) => {
                add(home, &item, below(known_as, name));
            }
            None => {}
        }
    }
    for (module, known_as) in modules {
        publish(files, &module, &known_as, paths);
    }
}

fn files(sources: &BTreeMap<String, String>) -> BTreeMap<Module, File> {
    sources
        .iter()
        .map(|(path, text)| (module(path), read(text, path)))
        .collect()
}

fn module(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    if path == "lib" {
        Vec::new()
    } else {
        path.split('/').map(str::to_owned).collect()
    }
}

fn read(text: &str, path: &str) -> File {
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut file = File::default();
    for item in &parsed.items {
        add(&mut file, item);
    }
    file
}

fn add(file: &mut File, item: &Item) {
    let mut define = |name: &syn::Ident, visibility: &Visibility| {
        file.defines.insert(name.to_string());
        if matches!(visibility, Visibility::Public(_)) {
            file.publishes.insert(name.to_string());
        }
    };
    let attributes = match item {
        Item::Const(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Enum(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Fn(item) => {
            define(&item.sig.ident, &item.vis);
            &item.attrs
        }
        Item::Static(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Struct(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Trait(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Type(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Union(item) => {
            define(&item.ident, &item.vis);
            &item.attrs
        }
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => return,
    };
    let is_test = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|what| what == "test")
    };
    if attributes.iter().any(is_test) {
        return;
    }
    match item {
        Item::Use(item) => {
            let mut names = Vec::new();
            bring(&mut names, &mut Vec::new(), &item.tree);
            file.brings.extend(names.into_iter().map(|(name, path)| {
                let is_handed_on = !matches!(item.vis, Visibility::Inherited);
                let is_public = matches!(item.vis, Visibility::Public(_));
                let brought = Brought {
                    path,
                    is_handed_on,
                    is_public,
                };
                (name, brought)
            }));
        }
        // An inline module is a part of its file.
        Item::Mod(item) => match &item.content {
            Some((_, items)) => items.iter().for_each(|item| add(file, item)),
            None if matches!(item.vis, Visibility::Public(_)) => {
                file.publishes.insert(item.ident.to_string());
            }
            None => {}
        },
        item => {
            if let Item::Impl(item) = item
                && item.trait_.is_none()
                && let syn::Type::Path(of) = &*item.self_ty
            {
                file.implements.push(words(&of.path));
            }
            Paths(&mut file.names).visit_item(item);
        }
    }
}

fn bring(names: &mut Vec<(String, Vec<String>)>, before: &mut Vec<String>, tree: &UseTree) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            bring(names, before, &path.tree);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            names.push((last, before.clone()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let path = [before.as_slice(), core::slice::from_ref(&name)].concat();
            names.push((name, path));
        }
        UseTree::Rename(name) => {
            let path = [before.as_slice(), &[name.ident.to_string()]].concat();
            let mut known_as = name.rename.to_string();
            if known_as == "_" {
                known_as = format!("_{}", name.ident);
            }
            names.push((known_as, path));
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                bring(names, before, tree);
            }
        }
        UseTree::Glob(_) => {}
    }
}

/// Collects the paths that code names.
struct Paths<'a>(&'a mut Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.push(words(path));
        syn::visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    // What a macro is given is read as far as it looks like expressions.
    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let list = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(list) = called.parse_body_with(list) {
            list.iter()
                .for_each(|expression| self.visit_expr(expression));
        }
        self.visit_path(&called.path);
    }
}

fn words(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

/// The paths that a file takes something by: what it brings in for itself, and what its code names.
fn named(file: &File) -> Vec<Vec<String>> {
    let brought = file.brings.values().filter(|brought| !brought.is_handed_on);
    let spelled = file.names.iter().filter_map(|path| {
        let (first, rest) = path.split_first()?;
        match file.brings.get(first) {
            Some(brought) => Some([brought.path.as_slice(), rest].concat()),
            None => Some(path.clone()),
        }
    });
    brought
        .map(|brought| brought.path.clone())
        .chain(spelled)
        .collect()
}

fn home_of_name<'a>(
    files: &'a BTreeMap<Module, File>,
    file: &'a File,
    at: &'a Module,
    path: &[String],
) -> Option<(&'a Module, String)> {
    let (first, rest) = path.split_first()?;
    if file.defines.contains(first) {
        return files.get_key_value(at).map(|(at, _)| (at, first.clone()));
    }
    let path = match file.brings.get(first) {
        Some(brought) => [brought.path.as_slice(), rest].concat(),
        None => path.to_vec(),
    };
    home(files, at, &path)
}

/// The file that defines what a path names, and the name; or the file of a module that is named itself.
fn home<'a>(
    files: &'a BTreeMap<Module, File>,
    at: &Module,
    path: &[String],
) -> Option<(&'a Module, String)> {
    let mut module = at.clone();
    let mut rest = path;
    let mut is_relative = false;
    while let Some((first, after)) = rest.split_first() {
        match first.as_str() {
            "crate" => module = Vec::new(),
            "self" => {}
            "super" => drop(module.pop()),
            _ => break,
        }
        is_relative = true;
        rest = after;
    }
    let first = rest.first()?;
    let child = [module.as_slice(), core::slice::from_ref(first)].concat();
    // A path that starts with neither is the file's own, or another crate's.
    if !is_relative && !files.contains_key(&child) {
        return None;
    }
    let mut below = module.clone();
    let mut names = rest;
    while let Some((first, after)) = names.split_first() {
        below.push(first.clone());
        if !files.contains_key(&below) {
            below.pop();
            break;
        }
        names = after;
    }
    let (at, file) = files.get_key_value(&below)?;
    let Some((name, after)) = names.split_first() else {
        return Some((at, String::new()));
    };
    if file.defines.contains(name) {
        return Some((at, name.clone()));
    }
    // Handed on from elsewhere.
    let brought = file.brings.get(name)?;
    let path = [brought.path.as_slice(), after].concat();
    home(files, &below, &path)
}

/// Groups of files that reach each other.
fn circles(arrows: &BTreeMap<&Module, BTreeSet<&Module>>) -> Vec<Vec<String>> {
    let reached = |from: &Module| {
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        let mut next: Vec<&Module> = arrows.get(from).into_iter().flatten().copied().collect();
        while let Some(file) = next.pop() {
            if seen.insert(file) {
                next.extend(arrows.get(file).into_iter().flatten().copied());
            }
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        arrows.keys().map(|from| (*from, reached(from))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, seen) in &reach {
        let mut circle: Vec<String> = seen
            .iter()
            .filter(|to| reach.get(**to).is_some_and(|back| back.contains(*from)))
            .map(|file| file.join("::"))
            .collect();
        circle.sort();
        if !circle.is_empty() {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}
