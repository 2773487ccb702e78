//! The programs in C and C++ again, under the checkers of memory, of undefined behaviour and of threads.
//!
//! The sanitizers see the program and every block of memory, also those of the library. Its own accesses are seen by valgrind.
//! Two programs compute so much Argon2id that valgrind takes 25 and 40 seconds for them: `verifier.c` and `hashed.c`. They are
//! left to the sanitizers here. Both are clean under it.

use std::path::Path;
use std::process::{Command, Output};

use crate::programs::{compile, compile_at, root, text};
use crate::support::programs::is_there;

/// The programs that begin with an empty folder, or with the path of a file in it, and those that begin with nothing.
const WITH_A_FOLDER: [&str; 2] = ["verifier.c", "threads.c"];
const WITH_A_FILE: [&str; 1] = ["handles.cpp"];
const ALONE: [&str; 8] = [
    "basics.c", "otp.c", "ocra.c", "mutual.c", "sent.c", "hashed.c", "word.c", "fields.c",
];

fn run(source: &str, command: &mut Command) -> Output {
    let folder = tempfile::tempdir().unwrap();
    if WITH_A_FOLDER.contains(&source) {
        let _ = command.arg(folder.path());
    }
    if WITH_A_FILE.contains(&source) {
        let _ = command.arg(folder.path().join("bank.db"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{source}: {}", text(&output));
    output
}

#[test]
fn nothing_under_the_sanitizers_of_memory_and_undefined_behaviour() {
    let checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    for source in WITH_A_FOLDER.iter().chain(&WITH_A_FILE).chain(&ALONE) {
        let (compiler, standard) = match *source {
            "handles.cpp" => ("g++", "c++17"),
            _ => ("gcc", "c11"),
        };
        let path = root().join("tests/ffi").join(source);
        let program = compile_at(compiler, standard, &path, &checks);
        let _ = run(source, &mut Command::new(program));
    }
}

#[test]
fn nothing_under_the_sanitizer_of_threads() {
    let path = root().join("tests/ffi/threads.c");
    let program = compile_at("gcc", "c11", &path, &["-fsanitize=thread"]);
    // It does not see the locks of a library that was built without it, and would find races that are none.
    let mut command = Command::new(program);
    let _ = command.env("TSAN_OPTIONS", "ignore_noninstrumented_modules=1");
    let _ = run("threads.c", &mut command);
}

#[test]
fn no_error_and_no_leak_under_valgrind() {
    let mut probe = Command::new("valgrind");
    if !is_there(probe.arg("--version"), "valgrind", "valgrind on C programs") {
        return;
    }
    let slow = ["hashed.c"];
    let sources = ALONE.iter().filter(|source| !slow.contains(source));
    for source in sources.chain(&["threads.c"]) {
        let program = compile("gcc", "c11", source);
        let mut command = Command::new("valgrind");
        let _ = command
            .args(["--leak-check=full", "--errors-for-leak-kinds=definite"])
            .args(["--error-exitcode=9"])
            .arg(program);
        let output = run(source, &mut command);
        assert!(
            text(&output).contains("ERROR SUMMARY: 0 errors"),
            "{source}"
        );
    }
}

/// Both sides under the sanitizer of threads: a nightly toolchain with its sources builds the library for it, which takes
/// minutes.
#[test]
#[ignore = "builds the standard library and this one anew"]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn both_sides_under_the_sanitizer_of_threads() {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let folder = crate::programs::target().join("ffi/thread_sanitizer");
    let mut cargo = Command::new("cargo");
    let built = cargo
        .args([
            "+nightly",
            "rustc",
            "--quiet",
            "-Zbuild-std",
            "--target",
            TARGET,
            "--lib",
        ])
        .args([
            "--features",
            "ffi,sqlite",
            "--crate-type",
            "cdylib",
            "--target-dir",
        ])
        .arg(&folder)
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        // SQLite is C, and is compiled for it, too.
        .envs([
            ("RUSTFLAGS", "-Zsanitizer=thread"),
            ("CFLAGS", "-fsanitize=thread"),
            ("CC", "clang"),
        ])
        .current_dir(root())
        .status()
        .unwrap();
    assert!(
        built.success(),
        "rustup component add rust-src --toolchain nightly"
    );
    let sysroot = Command::new("rustc")
        .args(["+nightly", "--print", "sysroot"])
        .env_remove("RUSTUP_TOOLCHAIN")
        .output()
        .unwrap();
    let sysroot = String::from_utf8(sysroot.stdout).unwrap();
    let runtime = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib");
    let library = folder.join(TARGET).join("debug");
    // The object alone has the sanitizer's calls. Its runtime is that of Rust, which is newer than a compiler's may be.
    let object = folder.join("threads.o");
    let compiled = Command::new("clang")
        .args(["-std=c11", "-g", "-fsanitize=thread", "-c", "-I"])
        .arg(root().join("src/ffi"))
        .arg(root().join("tests/ffi/threads.c"))
        .arg("-o")
        .arg(&object)
        .status()
        .unwrap();
    assert!(compiled.success());
    let program = folder.join("threads");
    let linked = Command::new("clang")
        .arg(&object)
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lcountersign", "-rdynamic", "-Wl,--whole-archive"])
        .arg(runtime.join("librustc-nightly_rt.tsan.a"))
        .args([
            "-Wl,--no-whole-archive",
            "-lpthread",
            "-ldl",
            "-lm",
            "-lrt",
            "-lresolv",
            "-o",
        ])
        .arg(&program)
        .status()
        .unwrap();
    assert!(linked.success());
    let _ = run("threads.c", &mut Command::new(program));
}
