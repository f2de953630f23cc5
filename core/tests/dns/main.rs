//! Name lookups and addresses: dead first addresses (F65), names that hang, are slow or fail (F57,
//! F71), names that lead where nobody may connect. Each test runs its inner one in a process of its
//! own, under a resolver that it plays itself (tests/network/resolver.c); nothing leaves loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/dead.rs"]
mod dead;
mod inner;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use liter_llm::{Client, LlmError, LlmRequest, Message};
use serde_json::{json, Value};
use support::Mock;

const FOLDER: &str = "LITER_LLM_NAMES_FOLDER";
/// An inner test that takes longer hangs.
const INNER: Duration = Duration::from_secs(60);

// ---- running an inner test under the resolver

/// Deleted with its content when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("liter-llm-names-{}-{name}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn build(folder: &Path) -> PathBuf {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/network/resolver.c");
    let built = folder.join("resolver.so");
    let status = Command::new("cc")
        .args(["-std=c11", "-O1", "-shared", "-fPIC", "-pthread", "-o"])
        .arg(&built)
        .arg(source)
        .arg("-ldl")
        .status()
        .expect("cc, a C compiler");
    assert!(status.success(), "cc: {status}");
    built
}

/// Runs the inner test of this name; its failure is this one's.
fn under_the_resolver(name: &str) {
    let folder = Folder::new(name);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg(format!("inner::{name}"))
        .env("LD_PRELOAD", build(&folder.0))
        .env(FOLDER, &folder.0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    let Ok(output) = end.recv_timeout(INNER) else {
        let _killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("{name} hangs; lookups: {}", log_of(&folder.0));
    };
    let output = output.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let passed = output.status.success() && stdout.contains("1 passed");
    assert!(
        passed,
        "{stdout}\n{complaint}\nlookups:\n{}",
        log_of(&folder.0)
    );
}

fn log_of(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

macro_rules! under_the_resolver {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            under_the_resolver(stringify!($name));
        })*
    };
}

under_the_resolver! {
    a_dead_first_address_costs_a_quarter_of_a_second
    all_addresses_dead_is_a_connect_timeout
    a_refused_address_costs_nothing
    a_hung_name_times_out_and_holds_few_threads
    a_runtime_ends_beside_a_hung_lookup
    hung_names_block_no_other
    abandoned_lookups_block_no_later_name
    lookups_of_one_name_are_one
    a_name_that_fails_is_tried_again
    an_unknown_name_is_tried_once_more_and_named
    a_name_server_that_fails_is_asked_as_often_as_any
    forbidden_addresses_of_names_are_never_connected_to
    an_allowed_address_beside_a_forbidden_one_is_used
    a_name_serves_each_of_its_ports
    cancelled_in_a_lookup_nothing_ran
}

// ---- what inner tests share

fn folder() -> PathBuf {
    let folder = std::env::var_os(FOLDER);
    PathBuf::from(folder.expect("run by the test of this name outside `inner`"))
}

/// Lines of the resolver's log that begin with this.
fn logged(start: &str) -> usize {
    let log = log_of(&folder());
    log.lines().filter(|line| line.starts_with(start)).count()
}

/// Most lookups that were under way at once.
fn lookups_at_once_max() -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for line in log_of(&folder()).lines() {
        match line.split_once(' ') {
            Some(("begin", _)) => now += 1,
            Some(("end", _)) => now -= 1,
            _ => {}
        }
        most = most.max(now);
    }
    most
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Lets a hung name answer.
fn release(label: &str) {
    fs::write(folder().join(label), "").unwrap();
}

fn client(mut options: Value) -> Client {
    options["allow_insecure_http"] = json!(true);
    options["proxy"] = json!(false);
    support::client(options)
}

fn request(base_url: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(base_url.to_owned());
    request.stream = Some(true);
    request
}

async fn ask(client: &Client, base_url: &str) -> Result<String, LlmError> {
    let call = client.complete(request(base_url));
    let call = tokio::time::timeout(Duration::from_secs(20), call);
    let response = call.await.expect("an end within 20 s");
    response.map(|response| response.text)
}

fn port(mock: &Mock, place: &str) -> u16 {
    let url = mock.ready[place].as_str().unwrap();
    url.rsplit(':').next().unwrap().parse().unwrap()
}

fn named(name: &str, port: u16, key: &str) -> String {
    format!("http://{name}.names.test:{port}/{key}/v1")
}

fn elapsed_ms(began: Instant) -> u128 {
    began.elapsed().as_millis()
}
