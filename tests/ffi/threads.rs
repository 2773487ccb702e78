//! What hosts in C and C++ do to a library: eight threads on one verifier, exceptions, unloading, a look into freed memory.

use std::path::Path;
use std::process::Command;

use crate::programs::{compile, compile_at, library, root, run_with};

#[test]
fn eight_threads_share_a_verifier() {
    let folder = tempfile::tempdir().unwrap();
    run_with(&compile("clang", "c11", "threads.c"), &[folder.path()]);
}

#[test]
fn an_exception_that_leaves_a_callback_ends_the_process() {
    for compiler in ["g++", "clang++"] {
        run_with(&compile(compiler, "c++17", "throws.cpp"), &[]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_is_unloaded_and_loaded_again() {
    // Linked by no program: `--as-needed` drops it.
    let source = root().join("tests/ffi/reload.c");
    let program = compile_at("gcc", "c11", &source, &["-Wl,--as-needed"]);
    let mut needed = Command::new("ldd");
    let needed = needed.arg(&program).output().unwrap();
    assert!(!String::from_utf8_lossy(&needed.stdout).contains("countersign"));
    let folder = tempfile::tempdir().unwrap();
    let shared = library().join("libcountersign.so");
    let arguments: [&Path; 2] = [&shared, folder.path()];
    run_with(&program, &arguments);
}

/// The allocator of GNU alone has the names by which the program frees.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn what_c_frees_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    run_with(&compile("gcc", "c11", "wiped.c"), &[folder.path()]);
}
