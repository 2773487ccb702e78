//! Makes the table of the C functions from their header, and a dictionary from the JSON forms of its documentation.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let ffi = Path::new("../src/ffi");
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["countersign.h", "forms.md"] {
        println!("cargo::rerun-if-changed=../src/ffi/{name}");
    }
    let header = fs::read_to_string(ffi.join("countersign.h")).expect("the header");
    let forms = fs::read_to_string(ffi.join("forms.md")).expect("the forms");
    let folder = env::var_os("OUT_DIR").expect("a folder");
    fs::write(Path::new(&folder).join("c_functions.rs"), table(&header, &forms)).expect("written");
}

fn table(header: &str, forms: &str) -> String {
    let code: Vec<&str> = header.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let opaque: Vec<&str> = code
        .lines()
        .filter_map(|line| line.strip_prefix("typedef struct countersign_"))
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let (mut declared, mut rows) = (String::new(), String::new());
    let start = code.find("extern \"C\" {").expect("functions");
    let functions = code[start..].split(';').filter(|part| part.contains('('));
    for function in functions {
        let (head, parameters) = function.split_once('(').expect("parameters");
        let name = head.split_whitespace().last().expect("a name").trim_start_matches('*');
        if !name.starts_with("countersign_") {
            continue;
        }
        let parameters: Vec<String> = parameters
            .trim_end()
            .trim_end_matches(')')
            .split(',')
            .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|one| one != "void")
            .collect();
        writeln!(declared, "    fn {name}();").expect("written");
        let kinds: Vec<String> = (0..parameters.len()).map(|at| kind(&parameters, at, &opaque)).collect();
        writeln!(rows, "    (\"{name}\", {name}, &[{}]),", kinds.join(", ")).expect("written");
    }
    let numbers: String = code
        .lines()
        .filter_map(|line| line.strip_prefix("#define COUNTERSIGN_")?.trim().split_once(' '))
        .filter(|(_, number)| number.parse::<i32>().is_ok())
        .fold(String::new(), |all, (name, number)| format!("{all}#[allow(dead_code)]\npub const {name}: i32 = {number};\n"));
    // The members of the functions of a host, after `size` and `user`.
    let (members, _) = code.split_once("} countersign_callbacks;").expect("the functions of a host");
    let (_, members) = members.rsplit_once('{').expect("its members");
    let members: Vec<&str> = members
        .split(';')
        .skip(2)
        .filter_map(|member| member.split_whitespace().last())
        .collect();
    let blocks = forms.split("```json").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once('\n')?.1.split_once("```"));
    let forms: String = blocks.map(|(form, _)| format!("    {:?},\n", form.trim())).collect();
    format!(
        "unsafe extern \"C\" {{\n{declared}}}\n\
         static FUNCTIONS: &[(&str, unsafe extern \"C\" fn(), &[Parameter])] = &[\n{rows}];\n\
         static FORMS: &[&str] = &[\n{forms}];\n\
         static OBJECTS: &[&str] = &{opaque:?};\n\
         static CALLBACKS: &[&str] = &{members:?};\n\
         /// The numbers of the header.\n\
         mod c {{\n{numbers}}}\n"
    )
}

/// What a parameter is. A pointer whose length follows is a list, and its length is `Length`.
fn kind(parameters: &[String], at: usize, opaque: &[&str]) -> String {
    let parameter = parameters[at].as_str();
    let (declared, name) = parameter.rsplit_once(|sign: char| !sign.is_alphanumeric() && sign != '_').expect("a type");
    let stars = parameter.matches('*').count();
    let declared = declared.replace('*', "");
    let plain = declared.trim().trim_start_matches("const ").trim();
    let is_input = parameter.starts_with("const ");
    let object = plain.strip_prefix("countersign_").and_then(|name| opaque.iter().position(|known| *known == name));
    let counted = |place: usize| parameters.get(place).is_some_and(|next| next.starts_with("size_t"));
    let is_list = |place: usize| {
        let listed = parameters[place].as_str();
        let whole = ["char", "uint8_t", "uint16_t", "countersign_bytes", "countersign_field"];
        let element = listed.trim_start_matches("const ").split_whitespace().next();
        listed.matches('*').count() == 1 && element.is_some_and(|one| whole.contains(&one)) && counted(place + 1)
    };
    if plain == "size_t" && at > 0 && is_list(at - 1) {
        return "Parameter::Length".to_owned();
    }
    match (plain, stars, object) {
        (_, 1, Some(object)) => format!("Parameter::Handle({object})"),
        (_, 2, Some(object)) => format!("Parameter::To({object})"),
        ("void", ..) if name == "user" => "Parameter::User".to_owned(),
        ("void", ..) => "Parameter::AnyHandle".to_owned(),
        ("countersign_save", ..) => "Parameter::Save".to_owned(),
        ("countersign_is_listed", ..) => "Parameter::IsListed".to_owned(),
        ("countersign_callbacks", ..) => "Parameter::Callbacks".to_owned(),
        ("countersign_bytes", ..) => "Parameter::Parts(1)".to_owned(),
        ("countersign_field", ..) => "Parameter::Parts(2)".to_owned(),
        (element, 1, _) if is_list(at) => {
            let size = if element == "uint16_t" { 2 } else { 1 };
            if is_input { format!("Parameter::Input({size})") } else { format!("Parameter::Buffer({size})") }
        }
        (_, 0, _) => "Parameter::Number".to_owned(),
        (element, stars, _) => {
            let size = match element {
                _ if stars == 2 => 8,
                "uint16_t" => 2,
                "int32_t" | "uint32_t" => 4,
                "int64_t" | "uint64_t" | "size_t" => 8,
                other => panic!("what is {other} in {parameter}?"),
            };
            format!("Parameter::Place({size})")
        }
    }
}
