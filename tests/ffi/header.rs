//! The committed header is the one that the sources give. `C_HEADER=write cargo test --test ffi header` writes it.

use std::path::{Path, PathBuf};

use cbindgen::{Builder, Config};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The header, as the sources say it.
fn header() -> String {
    let ffi = root().join("src/ffi");
    let mut config = Config::from_file(ffi.join("cbindgen.toml")).unwrap();
    let contract = std::fs::read_to_string(ffi.join("contract.md")).unwrap();
    let contract = contract.replace("**", "");
    let comment = contract.trim_end().lines().map(|line| {
        format!("// {}", line.trim_start_matches("# "))
            .trim_end()
            .to_owned()
    });
    config.header = Some(comment.collect::<Vec<_>>().join("\n"));
    config.after_includes = Some(version());
    let mut written = Vec::new();
    let sources = sources(&ffi);
    let builder = Builder::new().with_config(config);
    sources
        .iter()
        .fold(builder, Builder::with_src)
        .generate()
        .unwrap()
        .write(&mut written);
    String::from_utf8(written).unwrap()
}

/// The rooms of the interface: first what every call needs, then each object.
fn sources(ffi: &Path) -> Vec<PathBuf> {
    const FIRST: [&str; 4] = ["result.rs", "version.rs", "error.rs", "state.rs"];
    let files = std::fs::read_dir(ffi).unwrap().map(|file| file.unwrap());
    let mut names: Vec<String> = files
        .map(|file| file.file_name().into_string().unwrap())
        // The face of the JSON forms exports nothing, and names rooms of its own as these are named.
        .filter(|name| name.ends_with(".rs") && name != "json.rs")
        .collect();
    names.sort_by_key(|name| (!FIRST.contains(&name.as_str()), name.clone()));
    assert!(names.len() > 8, "the sources are not where they were");
    names.iter().map(|name| ffi.join(name)).collect()
}

/// The version of Cargo.toml, as the preprocessor reads it.
fn version() -> String {
    let part = |name: &str, value: &str| format!("#define COUNTERSIGN_VERSION{name} {value}");
    [
        String::new(),
        part("", concat!("\"", env!("CARGO_PKG_VERSION"), "\"")),
        part("_MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
        part("_MINOR", env!("CARGO_PKG_VERSION_MINOR")),
        part("_PATCH", env!("CARGO_PKG_VERSION_PATCH")),
    ]
    .join("\n")
}

fn assert_committed(path: &Path, now: &str) {
    if std::env::var("C_HEADER").is_ok_and(|how| how == "write") {
        std::fs::write(path, now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let first = committed.lines().zip(now.lines()).position(|(a, b)| a != b);
    assert!(
        committed == now,
        "{} is old, from line {:?} on: C_HEADER=write cargo test --test ffi header",
        path.display(),
        first.map(|line| line + 1)
    );
}

#[test]
fn the_committed_header_is_what_the_sources_say() {
    assert_committed(&root().join("src/ffi/countersign.h"), &header());
}
