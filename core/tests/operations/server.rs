//! An HTTP/1.1 server of a test, whose responses depend on the request, and which can hold them
//! back until something else has happened.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::http_request;

/// What was asked.
pub struct Asked {
    pub path: String,
    pub body: Value,
}

/// Status and JSON.
pub type Reply = (u16, Value);

/// What has happened so far, in any order.
#[derive(Default)]
pub struct Events {
    seen: Mutex<Vec<String>>,
    changed: Condvar,
}

impl Events {
    pub fn add(&self, event: &str) {
        self.seen.lock().unwrap().push(event.to_owned());
        self.changed.notify_all();
    }

    /// Waits until all of these have happened.
    pub fn wait(&self, events: &[&str]) {
        let seen = self.seen.lock().unwrap();
        let missing = |seen: &mut Vec<String>| {
            let has = |event: &&str| seen.iter().any(|one| one == event);
            !events.iter().all(has)
        };
        let limit = Duration::from_secs(10);
        let (seen, waited) = self
            .changed
            .wait_timeout_while(seen, limit, missing)
            .unwrap();
        assert!(!waited.timed_out(), "{events:?} did not come: {seen:?}");
    }

    pub fn count(&self, event: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|one| *one == event).count()
    }
}

/// Starts a server that lives as long as the test; its base URL.
pub fn serve(
    events: &Arc<Events>,
    reply: impl Fn(&Asked, &Events) -> Reply + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (events, reply) = (Arc::clone(events), Arc::new(reply));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (events, reply) = (Arc::clone(&events), Arc::clone(&reply));
            std::thread::spawn(move || {
                let _ = connection.map(|connection| serve_one(connection, &events, &*reply));
                events.add("closed");
            });
        }
    });
    format!("http://{address}/v1")
}

fn serve_one(
    connection: TcpStream,
    events: &Events,
    reply: &dyn Fn(&Asked, &Events) -> Reply,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    while let Some(request) = http_request::read(&mut reader)? {
        let asked = Asked {
            path: request
                .target
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        };
        let (status, document) = reply(&asked, events);
        let document = document.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            document.len()
        );
        writer.write_all((head + &document).as_bytes())?;
    }
    Ok(())
}
