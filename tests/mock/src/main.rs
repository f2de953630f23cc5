//! A scripted LLM provider on loopback, for the tests of every language and for the benchmark.
//! Starts the listeners, prints where they are, and ends in time; see README.md.

#![forbid(unsafe_code)]

mod action;
mod bulk;
mod connection;
mod control;
mod cuts;
mod eventstream;
mod exchange;
mod executor;
mod faults;
mod fill;
mod handler;
mod head;
mod http1;
mod http2;
mod key_state;
mod keys;
mod mock;
mod operations;
mod options;
mod output;
mod pacer;
mod plan;
mod replies;
mod request;
mod script;
mod server;
mod template;
mod tls;
mod transport;
mod wire;

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::mock::Mock;
use crate::options::Options;
use crate::tls::{Certificates, Folder};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // If standard error is closed, nobody would read the message anyway.
            let _closed = writeln!(io::stderr(), "liter-llm-mock: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let options = Options::parse(std::env::args().skip(1))?;
    // 10,000 streams need 10,000 descriptors. A lower hard limit is accepted.
    let _limit = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("runtime: {error}"))?;
    LocalSet::new().block_on(&runtime, serve(options))
}

async fn serve(options: Options) -> Result<(), String> {
    let mock = Rc::new(Mock::new(&options)?);
    let listeners = server::listen(options.http_port)
        .map_err(|error| format!("127.0.0.1:{}: {error}", options.http_port))?;
    let port = listeners.port;
    mock.http_port.set(port);
    server::serve_plain(&mock, listeners);
    let pacer = mock.pacer.clone();
    tokio::task::spawn_local(async move { pacer.run().await });
    let mut places = Map::new();
    places.insert("http".into(), format!("http://127.0.0.1:{port}").into());
    let _folder = match options.tls {
        true => Some(serve_tls(&mock, &mut places)?),
        false => None,
    };
    places.insert("pid".into(), std::process::id().into());
    // Before any other process knows our pid.
    let terminate = signal(SignalKind::terminate()).map_err(|error| format!("SIGTERM: {error}"))?;
    announce(&places.into()).map_err(|error| format!("standard output: {error}"))?;
    until_told(terminate, options.lifetime).await;
    Ok(())
}

/// Opens a port per certificate. The folder with the CA lives as long as what is returned.
fn serve_tls(mock: &Rc<Mock>, places: &mut Map<String, Value>) -> Result<Folder, String> {
    let listen = || server::listen(0).map_err(|error| format!("127.0.0.1: {error}"));
    let certificates = Certificates::make()?;
    let folder = certificates.write_ca()?;
    for name in tls::NAMES {
        let listeners = listen()?;
        let place = format!("https://localhost:{}", listeners.port);
        places.insert(name.into(), place.into());
        let acceptor = certificates.acceptor(name)?;
        server::serve_tls(mock, listeners, name, acceptor);
    }
    let listeners = listen()?;
    places.insert(
        tls::OLD_NAME.into(),
        format!("https://localhost:{}", listeners.port).into(),
    );
    server::serve_old_tls(mock, listeners);
    for (name, file) in [
        ("ca_file", folder.ca_file()),
        ("client_certificate_file", folder.client_certificate_file()),
        ("client_key_file", folder.client_key_file()),
    ] {
        places.insert(name.into(), file.to_string_lossy().into());
    }
    Ok(folder)
}

fn announce(places: &Value) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{places}")?;
    output.flush()
}

/// Returns at SIGTERM, at the end of standard input, or after the lifetime.
async fn until_told(mut terminate: Signal, lifetime: Duration) {
    let (ended, input_ended) = oneshot::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 1024];
        while matches!(io::stdin().read(&mut bytes), Ok(count) if count > 0) {}
        // Main may be over already.
        let _over = ended.send(());
    });
    tokio::select! {
        _ = terminate.recv() => {}
        _ = input_ended => {}
        () = tokio::time::sleep(lifetime) => {}
    }
}
