//! Every wire has the same shape: what a file of it holds is known from its name.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A file of a wire, whether each has to have it, and what stands in it.
const FILES: &[(&str, bool, &[&str])] = &[
    ("mod.rs", true, &["//! "]),
    ("encode.rs", true, &["fn encode_request("]),
    ("messages.rs", true, &["fn encode_messages"]),
    ("tools.rs", false, &["fn encode_tools"]),
    ("decode.rs", true, &["impl WireDecoder for "]),
    ("wire.rs", true, &["object! {"]),
    (
        "usage.rs",
        false,
        &["fn parse_usage(", "fn parse_finish_reason("],
    ),
];

/// The folders of wires, or of the versions of one.
fn wires(folder: &Path) -> Vec<PathBuf> {
    let mut wires = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.join("decode.rs").exists() {
            wires.push(path);
        } else if path.is_dir() {
            wires.extend(self::wires(&path));
        }
    }
    wires
}

#[test]
fn every_wire_has_the_same_files_and_functions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let wires = wires(&folder);
    assert!(wires.len() >= 4, "{wires:?}");
    for wire in wires {
        for (name, is_needed, functions) in FILES {
            let file = wire.join(name);
            let text = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                !is_needed || !text.is_empty(),
                "{} is missing",
                file.display()
            );
            for function in *functions {
                let has = text.is_empty() || text.contains(function);
                assert!(has, "{} has no {function}", file.display());
            }
        }
    }
}
