//! What programs were compiled against stays as it is: functions, numbers and struct layouts. `abi.txt` is the list.
//!
//! An intended change: `C_ABI=write cargo test --test ffi abi` writes the list. From version 1 on, lines are added, and none is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The header without comments, in one line for each statement or definition of the preprocessor.
fn statements(header: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut open = String::new();
    for line in header.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if line.starts_with('#') {
            statements.push(line.to_owned());
            continue;
        }
        open.push_str(line);
        open.push(' ');
        let level = |what: char| open.matches(what).count();
        if line.ends_with(';') && level('{') == level('}') {
            let words: Vec<&str> = open.split_whitespace().collect();
            statements.push(words.join(" ").replace("( ", "(").replace(" )", ")"));
            open.clear();
        }
        if line.starts_with("extern \"C\"") || line.starts_with('}') {
            open.clear();
        }
    }
    statements
}

/// Constants, without those of the version: they change with it.
fn constants(statements: &[String]) -> Vec<&str> {
    let defined = statements
        .iter()
        .filter_map(|line| line.strip_prefix("#define "));
    let names = defined.filter_map(|rest| rest.split_once(' ').map(|(name, _)| name));
    names
        .filter(|name| name.starts_with("COUNTERSIGN_") && !name.contains("_VERSION"))
        .collect()
}

/// Structs that programs see into, with their fields.
fn structs(statements: &[String]) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    for line in statements
        .iter()
        .filter(|line| line.starts_with("typedef struct {"))
    {
        let (fields, name) = line.split_once('{').unwrap().1.rsplit_once('}').unwrap();
        let fields = fields
            .split(';')
            .map(str::trim)
            .filter(|field| !field.is_empty());
        let names = fields.map(|field| field.rsplit([' ', '*']).next().unwrap());
        found.push((name.trim_matches([' ', ';']), names.collect()));
    }
    found
}

/// Lines of C that print numbers and layouts.
fn measured(statements: &[String], folder: &Path) -> String {
    let mut program =
        "#include \"countersign.h\"\n#include <stdio.h>\nint main(void) {\n".to_owned();
    for name in constants(statements) {
        program.push_str(&format!(
            "printf(\"{name} = %lld\\n\", (long long)({name}));\n"
        ));
    }
    for (name, fields) in structs(statements) {
        program.push_str(&format!(
            "printf(\"{name}: %zu bytes, aligned to %zu\\n\", sizeof({name}), _Alignof({name}));\n"
        ));
        for field in fields {
            program.push_str(&format!(
                "printf(\"{name}.{field}: at %zu, %zu bytes\\n\", offsetof({name}, {field}), \
                 sizeof((({name} *)0)->{field}));\n"
            ));
        }
    }
    program.push_str("return 0;\n}\n");
    std::fs::create_dir_all(folder).unwrap();
    let (source, binary) = (folder.join("abi.c"), folder.join("abi"));
    std::fs::write(&source, program).unwrap();
    let compiled = Command::new("cc")
        .arg("-I")
        .arg(root().join("src/ffi"))
        .arg(&source)
        .arg("-o")
        .arg(&binary)
        .status()
        .unwrap();
    assert!(compiled.success());
    String::from_utf8(Command::new(binary).output().unwrap().stdout).unwrap()
}

/// The list, as the committed header gives it.
fn list() -> String {
    let header = std::fs::read_to_string(root().join("src/ffi/countersign.h")).unwrap();
    let statements = statements(&header);
    let folder = std::env::temp_dir().join(format!("countersign-abi-{}", std::process::id()));
    let numbers = measured(&statements, &folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let mut declared: Vec<&str> = statements
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with('#'))
        .collect();
    declared.sort_unstable();
    let twice = declared.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "the header says something twice");
    let mut numbers: Vec<&str> = numbers.lines().collect();
    numbers.sort_unstable();
    assert!(
        declared.len() > 100 && numbers.len() > 50,
        "the header is not read"
    );
    format!("{}\n\n{}\n", declared.join("\n"), numbers.join("\n"))
}

/// The functions of the list, in order.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "the installed library is compared on some systems alone"
)]
pub(crate) fn functions() -> Vec<String> {
    let list = std::fs::read_to_string(root().join("tests/ffi/abi.txt")).unwrap();
    let declared = list.lines().filter(|line| !line.starts_with("typedef "));
    let heads = declared.filter_map(|line| line.split_once('(').map(|(head, _)| head));
    let mut names: Vec<String> = heads
        .map(|head| head.rsplit([' ', '*']).next().unwrap().to_owned())
        .filter(|name| name.starts_with("countersign_"))
        .collect();
    names.sort_unstable();
    names
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn the_abi_is_what_the_list_says() {
    let (path, now) = (root().join("tests/ffi/abi.txt"), list());
    if std::env::var("C_ABI").is_ok_and(|how| how == "write") {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let only = |one: &str, other: &str| {
        let lines = one
            .lines()
            .filter(|line| !other.lines().any(|known| known == *line));
        lines
            .map(|line| format!("\n    {line}"))
            .collect::<String>()
    };
    assert!(
        committed == now,
        "the ABI has changed.\n  gone:{}\n  new:{}\nIf that is intended: C_ABI=write cargo test --test ffi abi",
        only(&committed, &now),
        only(&now, &committed)
    );
}
