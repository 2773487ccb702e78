//! The library as packagers install it: by cargo-c, for programs that know pkg-config alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::abi::functions;
use super::programs::{cargo, root, target, text};

/// Installs the library, or returns none where cargo-c is missing.
fn installed() -> Option<PathBuf> {
    let found = cargo().args(["cinstall", "--version"]).output().unwrap();
    if !found.status.success() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "cargo-c must be installed where CI=true");
        let line = b"skipped: the installed library, because cargo-c is not installed\n";
        // Past the test harness, which would swallow what `eprintln!` writes.
        std::io::stderr().write_all(line).unwrap();
        return None;
    }
    let prefix = target().join("ffi/installed");
    let _ = std::fs::remove_dir_all(&prefix);
    let output = cargo()
        .args(["cinstall", "--debug", "--libdir", "lib", "--prefix"])
        .arg(&prefix)
        .arg("--target-dir")
        .arg(target().join("capi"))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    Some(prefix)
}

fn succeeds(command: &mut Command) -> String {
    let output: Output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let told = succeeds(command.args(arguments).arg("countersign"));
    told.split_whitespace().map(str::to_owned).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn an_installed_library_is_found_by_pkg_config_alone() {
    let Some(prefix) = installed() else { return };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(pkg_config(&prefix, &["--modversion"]), [version]);
    let named = |name: String| prefix.join("lib").join(name);
    let whole = named(format!("libcountersign.so.{version}"));
    assert_eq!(
        std::fs::canonicalize(named("libcountersign.so".to_owned())).unwrap(),
        std::fs::canonicalize(&whole).unwrap()
    );

    let source = root().join("tests/ffi/installed.c");
    let program = prefix.join("program");
    let mut compile = Command::new("cc");
    compile.arg(&source).arg("-o").arg(&program);
    succeeds(compile.args(pkg_config(&prefix, &["--cflags", "--libs"])));
    let mut run = Command::new(&program);
    let printed = succeeds(run.env("LD_LIBRARY_PATH", prefix.join("lib")));
    assert_eq!(printed.trim(), version);

    // Statically: the archive, and what the file says that it needs.
    let archive = named("libcountersign.a".to_owned());
    let mut compile = Command::new("cc");
    compile.arg(&source).arg("-o").arg(&program);
    for argument in pkg_config(&prefix, &["--static", "--cflags", "--libs"]) {
        if argument == "-lcountersign" {
            compile.arg(&archive);
        } else {
            compile.arg(argument);
        }
    }
    succeeds(&mut compile);
    assert_eq!(succeeds(&mut Command::new(&program)).trim(), version);

    exports_the_list_alone(&whole);
}

/// Each function of the list is exported in the version `COUNTERSIGN_0`, and nothing else is.
#[cfg(target_os = "linux")]
fn exports_the_list_alone(library: &Path) {
    let mut nm = Command::new("nm");
    let told = succeeds(
        nm.args(["-D", "--defined-only", "--with-symbol-versions"])
            .arg(library),
    );
    let symbols = told
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    let mut exported: Vec<String> = symbols
        // Some linkers list the version itself.
        .filter(|symbol| *symbol != "COUNTERSIGN_0")
        .map(str::to_owned)
        .collect();
    exported.sort_unstable();
    let mut listed: Vec<String> = functions();
    listed
        .iter_mut()
        .for_each(|name| name.push_str("@@COUNTERSIGN_0"));
    listed.sort_unstable();
    assert_eq!(exported, listed);
}
