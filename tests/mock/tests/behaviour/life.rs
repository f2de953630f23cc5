//! The program: how it starts and the three ways in which it ends.

use std::fs;
use std::process::{Command, ExitStatus};

use crate::program::Mock;

fn ended(mock: &mut Mock) -> ExitStatus {
    mock.child.wait().unwrap()
}

#[test]
fn the_first_line_holds_the_address() {
    let mock = Mock::start(&[]);

    assert!(mock.places["http"]
        .as_str()
        .unwrap()
        .starts_with("http://127.0.0.1:"));
    assert_eq!(mock.places["pid"], mock.child.id());
    assert!(mock.places.get("https").is_none());
}

#[test]
fn it_ends_with_its_standard_input() {
    let mut mock = Mock::start(&[]);

    drop(mock.child.stdin.take());

    assert!(ended(&mut mock).success());
}

#[test]
fn it_ends_at_sigterm_and_leaves_no_folder() {
    let mut mock = Mock::start(&["--tls"]);
    let ca_file = mock.places["ca_file"].as_str().unwrap().to_owned();
    assert!(fs::read_to_string(&ca_file)
        .unwrap()
        .contains("BEGIN CERTIFICATE"));
    let pid = mock.child.id().to_string();

    assert!(Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .unwrap()
        .success());

    assert!(ended(&mut mock).success());
    assert!(!fs::exists(&ca_file).unwrap());
}

#[test]
fn it_ends_after_its_lifetime() {
    let mut mock = Mock::start(&["--lifetime-seconds", "0"]);

    assert!(ended(&mut mock).success());
}

#[test]
fn a_wrong_option_is_an_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_liter-llm-mock"))
        .arg("--porrt")
        .output()
        .unwrap();

    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr)
        .unwrap()
        .contains("--porrt"));
}

/// Its own sockets share the port, but no other mock's do.
#[test]
fn a_port_has_one_mock() {
    let mock = Mock::start(&[]);
    let http = mock.places["http"].as_str().unwrap();
    let (_, port) = http.rsplit_once(':').unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_liter-llm-mock"))
        .args(["--lifetime-seconds", "0", "--http-port", port])
        .output()
        .unwrap();

    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("127.0.0.1:{port}")), "{error}");
}
