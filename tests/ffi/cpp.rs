//! The C++ header, by each compiler.

use crate::programs::{compile, run_with};

#[test]
fn handles_free_themselves_in_cpp() {
    for compiler in ["g++", "clang++"] {
        let folder = tempfile::tempdir().unwrap();
        let program = compile(compiler, "c++17", "handles.cpp");
        run_with(&program, &[&folder.path().join("bank.db")]);
    }
}
