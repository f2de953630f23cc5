//! An address where nobody answers a SYN, without leaving loopback: a listener whose queue is full.
// Each test file uses a part of this one.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Answers again when dropped.
pub struct Dead {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl Dead {
    pub async fn new(address: &str, port: u16) -> Self {
        let address = SocketAddr::new(address.parse::<IpAddr>().unwrap(), port);
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let socket = socket.unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        for _ in 0..16 {
            let connects = TcpStream::connect(address);
            match tokio::time::timeout(Duration::from_millis(300), connects).await {
                Ok(connected) => queued.push(connected.unwrap()),
                Err(_) => {
                    return Self {
                        listener,
                        _queued: queued,
                    }
                }
            }
        }
        panic!("{address} answers for ever");
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }
}
