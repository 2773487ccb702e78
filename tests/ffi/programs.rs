//! Programs in C and C++ against the library: each is compiled by each compiler, strictly, and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The folder with `libcountersign.so` and `libcountersign.a`, which are built once.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = cargo()
        .args([
            "rustc",
            "--quiet",
            "--lib",
            "--features",
            "ffi,sqlite,qr,json,redis,postgres",
        ])
        .args(["--crate-type", "cdylib", "--crate-type", "staticlib"])
        .arg("--target-dir")
        .arg(target())
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "the library is not built");
    target().join("debug")
});

/// Cargo as a shell would start it. What it tells a test of its package would make build scripts run anew, here and next time.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            let _ = cargo.env_remove(&*name);
        }
    }
    cargo
}

/// The folder with the library.
pub(crate) fn library() -> &'static Path {
    LIBRARY.as_path()
}

/// What a static Rust library needs of the system.
const SYSTEM: [&str; 4] = ["-lpthread", "-ldl", "-lm", "-lgcc_s"];
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(named.unwrap_or_else(|| PathBuf::from("target")))
}

/// Compiles a program of tests/ffi against the shared library.
pub(crate) fn compile(compiler: &str, standard: &str, source: &str) -> PathBuf {
    compile_at(
        compiler,
        standard,
        &root().join("tests/ffi").join(source),
        &[],
    )
}

/// Compiles a file against the shared library, with options of its own.
pub(crate) fn compile_at(
    compiler: &str,
    standard: &str,
    source: &Path,
    options: &[&str],
) -> PathBuf {
    let folder = target().join("ffi/programs");
    std::fs::create_dir_all(&folder).unwrap();
    let file = source.file_name().unwrap().to_str().unwrap();
    let name = format!("{file}-{compiler}{}", options.concat());
    let name = name.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
    let library = LIBRARY.as_path();
    // Tests compile at the same time: none runs what another one writes.
    let written = tempfile::NamedTempFile::new_in(&folder).unwrap();
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .arg("-I")
        .arg(root().join("src/ffi"))
        .arg(source)
        .arg("-o")
        .arg(written.path())
        .args(options)
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .arg("-lcountersign")
        .args(SYSTEM)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{file} by {compiler}: {}",
        text(&output)
    );
    let program = folder.join(name);
    let _ = written.persist(&program).unwrap();
    program
}

pub(crate) fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

fn run(program: &Path) {
    run_with(program, &[]);
}

/// Runs a program with arguments.
pub(crate) fn run_with(program: &Path, arguments: &[&Path]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        program.display(),
        text(&output)
    );
}

#[test]
fn the_basics_in_c_by_each_compiler() {
    for compiler in ["gcc", "clang"] {
        run(&compile(compiler, "c11", "basics.c"));
    }
}

/// Programs of the blocks that work without a store.
fn block(source: &str) {
    for compiler in ["gcc", "clang"] {
        run(&compile(compiler, "c11", source));
    }
}

#[test]
fn apps_tokens_and_key_uris_in_c() {
    block("otp.c");
}

#[test]
fn challenge_and_response_in_c() {
    block("ocra.c");
}

#[test]
fn challenge_and_response_in_both_directions_in_c() {
    block("mutual.c");
}

#[test]
fn sent_and_printed_codes_in_c() {
    block("sent.c");
}

#[test]
fn passwords_pins_and_answers_in_c() {
    block("hashed.c");
}

#[test]
fn memorable_words_in_c() {
    block("word.c");
}

#[test]
fn values_of_json_in_c() {
    block("json.c");
}
