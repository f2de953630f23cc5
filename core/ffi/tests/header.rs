//! The header is what cbindgen makes of this crate: `UPDATE_HEADER=1 cargo test --test header`
//! writes it, without that the test fails when it is stale. Also holds it to its size.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

fn header_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include/liter_llm.h")
}

fn render() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    config.after_includes = Some(version_macros());
    let sources = ["src/types.rs", "src/lib.rs"];
    let builder = sources.iter().fold(
        cbindgen::Builder::new().with_config(config),
        |builder, file| builder.with_src(folder.join(file)),
    );
    let mut bytes = Vec::new();
    builder.generate().unwrap().write(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Cargo's version as macros, so that a program can ask for it when it is compiled.
fn version_macros() -> String {
    format!(
        r#"
/// Version of this header, which is that of the library it came with; see also llm_version.
#define LITER_LLM_VERSION "{version}"
/// First number of LITER_LLM_VERSION.
#define LITER_LLM_VERSION_MAJOR {major}
/// Second number of LITER_LLM_VERSION.
#define LITER_LLM_VERSION_MINOR {minor}
/// Third number of LITER_LLM_VERSION.
#define LITER_LLM_VERSION_PATCH {patch}
"#,
        version = env!("CARGO_PKG_VERSION"),
        major = env!("CARGO_PKG_VERSION_MAJOR"),
        minor = env!("CARGO_PKG_VERSION_MINOR"),
        patch = env!("CARGO_PKG_VERSION_PATCH"),
    )
}

#[test]
fn header_is_fresh() {
    let rendered = render();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(header_path(), &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(header_path()).unwrap();
    assert!(
        committed == rendered,
        "include/liter_llm.h is stale; run `make header`"
    );
}

#[test]
fn header_is_short() {
    let rendered = render();
    assert!(rendered.lines().count() <= 450);
    assert!(rendered.lines().all(|line| line.chars().count() <= 100));
    let functions = rendered.lines().filter(|line| {
        !line.starts_with([' ', '/', '#', '}']) && line.contains(" llm_") || line.contains("*llm_")
    });
    let functions = functions.filter(|line| line.contains('(') && !line.contains("typedef"));
    assert!(functions.count() <= 20);
}
