//! Counts of the house and of its text.
//!
//! This file is a module of the tests, and a program by itself: `scripts/counts` compiles it. So it needs nothing but `std`.

use std::collections::BTreeMap;
use std::path::Path;

/// Docs that begin with one of these say less than a verb would.
const OPENINGS: [&str; 4] = ["The same", "What", "Who", "Whoever"];
/// Words in a sentence.
pub(crate) const LONGEST_SENTENCE: usize = 25;
/// Lines of code in a file.
pub(crate) const LONGEST_FILE: usize = 500;

/// Texts of files by their paths, with `/` between the parts.
pub(crate) type Files = BTreeMap<String, String>;

/// Reads the files below a folder whose names end so. Paths start at the folder's parent.
pub(crate) fn read(folder: &Path, ending: &str) -> Files {
    fn walk(folder: &Path, name: &str, ending: &str, files: &mut Files) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let part = path.file_name().unwrap().to_str().unwrap();
            let name = format!("{name}/{part}");
            if path.is_dir() && part != "target" && part != "node_modules" {
                walk(&path, &name, ending, files);
            } else if part.ends_with(ending) {
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    let name = folder.file_name().unwrap().to_str().unwrap();
    walk(folder, name, ending, &mut files);
    files
}

/// The pages beside the code, and the comments of the examples.
pub(crate) fn pages(root: &Path) -> Files {
    let mut pages = read(&root.join("examples"), ".rs");
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "src/manual.md",
        "src/manual/capacity.md",
        "src/manual/import.md",
        "src/manual/operating.md",
        "src/manual/policies.md",
        "src/manual/tour.md",
        "benches/peers/README.md",
        "examples/web_bank/README.md",
    ] {
        if let Ok(text) = std::fs::read_to_string(root.join(page)) {
            pages.insert(page.to_owned(), text);
        }
    }
    pages
}

/// A file's text before its tests.
pub(crate) fn without_tests(text: &str) -> &str {
    let mut from = 0;
    while let Some(at) = text[from..].find("\n#[cfg(test)]\nmod ") {
        let rest = &text[from + at + 1..];
        if rest.lines().nth(1).unwrap().ends_with('{') {
            return &text[..from + at];
        }
        from += at + 1;
    }
    text
}

/// The files that are compiled for tests only: a `mod` with `#[cfg(test)]` names each, or the folder that it is in.
pub(crate) fn test_files(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let declared = line
                .strip_suffix(';')
                .and_then(|line| line.rsplit_once("mod ").map(|(_, name)| name));
            if let Some(name) = declared.filter(|_| is_test) {
                let folder = path.trim_end_matches(".rs").trim_end_matches("/lib");
                found.push(format!("{folder}/{name}"));
            }
            is_test = line == "#[cfg(test)]";
        }
    }
    let is_in = |path: &str| {
        let path = path.trim_end_matches(".rs");
        found
            .iter()
            .any(|test| path == test || path.starts_with(&format!("{test}/")))
    };
    files.keys().filter(|path| is_in(path)).cloned().collect()
}

/// Lines of code by file, without docs, comments, blank lines and tests.
pub(crate) fn code_lines(files: &Files) -> BTreeMap<String, usize> {
    let tests = test_files(files);
    let count = |text: &str| {
        without_tests(text)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count()
    };
    files
        .iter()
        .filter(|(path, _)| !tests.contains(path))
        .map(|(path, text)| (path.clone(), count(text)))
        .collect()
}

/// Types that are declared `pub` in the first column. Those of C have no Rust path.
pub(crate) fn public_types(files: &Files) -> Vec<String> {
    let declared = |line: &str| {
        let mut words = line.strip_prefix("pub ")?.split(' ');
        let kind = words.next()?;
        let name = words.next()?;
        ["struct", "enum", "trait", "union", "type"]
            .contains(&kind)
            .then(|| {
                name.split(|c: char| !c.is_alphanumeric())
                    .next()
                    .unwrap()
                    .to_owned()
            })
    };
    files
        .iter()
        .filter(|(path, _)| !path.contains("/ffi/"))
        .flat_map(|(_, text)| without_tests(text).lines().filter_map(declared))
        .collect()
}

/// The names that `lib.rs` publishes itself.
pub(crate) fn names_at_the_root(files: &Files) -> Vec<String> {
    let Some(text) = files.get("src/lib.rs") else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for tree in text.split("\npub use ").skip(1) {
        let tree = tree.split(';').next().unwrap();
        let inside = tree.split_once('{').map_or_else(
            || tree.rsplit("::").next().unwrap(),
            |(_, inside)| inside.trim_end_matches('}'),
        );
        names.extend(inside.split(',').map(|name| name.trim().to_owned()));
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The docs of a file: the number of the first line of each, and its lines. Code in it is left blank.
fn docs(path: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let is_page = path.ends_with(".md");
    // Of an example, every comment is read.
    let marks: &[&str] = match path.starts_with("examples/") {
        true => &["/// ", "//! ", "// "],
        false => &["/// ", "//! "],
    };
    let mut found = Vec::new();
    let (mut start, mut lines, mut is_code) = (0, Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        let content = if is_page {
            Some(line)
        } else {
            let line = line.trim_start();
            let is_empty = marks.iter().any(|mark| mark.trim_end() == line);
            marks
                .iter()
                .find_map(|mark| line.strip_prefix(mark))
                .or(is_empty.then_some(""))
        };
        let Some(content) = content else {
            if !lines.is_empty() {
                found.push((start, core::mem::take(&mut lines)));
            }
            is_code = false;
            continue;
        };
        if lines.is_empty() {
            start = number + 1;
        }
        let is_fence = content.trim_start().starts_with("```");
        is_code ^= is_fence;
        let keep = !is_code && !is_fence;
        lines.push(if keep { content } else { "" }.to_owned());
    }
    if !lines.is_empty() {
        found.push((start, lines));
    }
    found
}

/// Each doc that starts with less than a verb, as `path:line: text`.
pub(crate) fn openings(files: &Files) -> Vec<String> {
    let is_opening = |line: &str| {
        OPENINGS.iter().any(|opening| {
            line.strip_prefix(opening)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let mut found = Vec::new();
    for (path, text) in files {
        for (start, lines) in docs(path, text) {
            if !path.ends_with(".md") && is_opening(&lines[0]) {
                found.push(format!("{path}:{start}: {}", lines[0]));
            }
        }
    }
    found
}

/// The paragraphs, items of lists and cells of tables of a doc, each with its first line.
fn passages(start: usize, lines: &[String]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in lines.iter().enumerate() {
        let text = line.trim().replace("**", "");
        let text = text.as_str();
        if text.is_empty() || text.starts_with('#') {
            is_open = false;
        } else if text.starts_with('|') {
            let cells = text.trim_matches('|').split('|');
            found.extend(cells.map(|cell| (start + number, cell.trim().to_owned())));
            is_open = false;
        } else if let Some(item) = text.strip_prefix("- ") {
            found.push((start + number, item.to_owned()));
            is_open = true;
        } else if let Some((_, passage)) = found.last_mut().filter(|_| is_open) {
            passage.push(' ');
            passage.push_str(text);
        } else {
            found.push((start + number, text.to_owned()));
            is_open = true;
        }
    }
    found
}

fn sentences(passage: &str) -> Vec<&str> {
    let (mut found, mut from) = (Vec::new(), 0);
    let mut before = ' ';
    for (at, sign) in passage.char_indices() {
        if sign.is_whitespace() && matches!(before, '.' | ':' | ';' | '?' | '!') {
            found.push(passage[from..at].trim());
            from = at;
        }
        before = sign;
    }
    found.push(passage[from..].trim());
    found
}

fn words(sentence: &str) -> usize {
    sentence
        .split(|c: char| !c.is_alphanumeric() && !"_'’`/.[]()-".contains(c))
        .filter(|word| word.contains(char::is_alphanumeric))
        .count()
}

/// Each sentence with too many words, as `path:line: count words: text`.
pub(crate) fn long_sentences(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (start, lines) in docs(path, text) {
            for (line, passage) in passages(start, &lines) {
                for sentence in sentences(&passage) {
                    let count = words(sentence);
                    if count > LONGEST_SENTENCE {
                        found.push(format!("{path}:{line}: {count} words: {sentence}"));
                    }
                }
            }
        }
    }
    found
}

/// What `scripts/counts` prints.
#[cfg(not(test))]
fn report(root: &Path, wanted: &str) -> Vec<String> {
    let (files, pages) = (read(&root.join("src"), ".rs"), pages(root));
    let lines = code_lines(&files);
    match wanted {
        "--text" => [&files, &pages]
            .into_iter()
            .flat_map(|files| [openings(files), long_sentences(files)].concat())
            .collect(),
        "--lines" => {
            let line = |(path, count): (&String, &usize)| format!("{count}\t{path}");
            lines.iter().map(line).collect()
        }
        "--types" => public_types(&files),
        _ => {
            let longest = lines.iter().max_by_key(|(_, count)| **count).unwrap();
            let openings = openings(&files).len() + openings(&pages).len();
            let long = [&files, &pages].map(|files| long_sentences(files).len());
            vec![
                format!("files\t{}", files.len()),
                format!(
                    "lines of code without docs and tests\t{}",
                    lines.values().sum::<usize>()
                ),
                format!(
                    "longest file, of at most {LONGEST_FILE}\t{}\t{}",
                    longest.1, longest.0
                ),
                format!("public types\t{}", public_types(&files).len()),
                format!("names at the root\t{}", names_at_the_root(&files).len()),
                format!("docs that start with The same, What, Who\t{openings}"),
                format!(
                    "sentences of more than {LONGEST_SENTENCE} words in src\t{}",
                    long[0]
                ),
                format!(
                    "sentences of more than {LONGEST_SENTENCE} words in pages and examples\t{}",
                    long[1]
                ),
            ]
        }
    }
}

#[cfg(not(test))]
fn main() -> std::io::Result<()> {
    use std::io::Write;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.iter().find(|text| !text.starts_with("--"));
    let wanted = arguments.iter().find(|text| text.starts_with("--"));
    let root = Path::new(folder.map_or(".", String::as_str));
    let mut report = report(root, wanted.map_or("", String::as_str)).join("\n");
    report.push('\n');
    match std::io::stdout().write_all(report.as_bytes()) {
        // A reader that has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
