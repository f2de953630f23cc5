//! The listeners: accepts, shakes hands where the port speaks TLS, and starts a task per socket.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::rustls::HandshakeKind;
use tokio_rustls::TlsAcceptor;

use crate::exchange::Origin;
use crate::http1;
use crate::mock::Mock;
use crate::tls;
use crate::transport::Transport;

/// 10,000 clients may connect in the same instant. The kernel lets each socket hold somaxconn of
/// them, 4,096 mostly, and drops what comes beyond: then a client sends its next SYN a second
/// later, and what a benchmark measures is that second.
const BACKLOG: u32 = 65_535;
const SOCKETS: usize = 4;
/// When the process has no descriptors left, others must close first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// One port, on which several sockets listen.
pub struct Listeners {
    all: Vec<TcpListener>,
    pub port: u16,
}

pub fn listen(port: u16) -> io::Result<Listeners> {
    // Refused where another mock has the port, which would share it.
    let port = bind(port, false)?.local_addr()?.port();
    let all: io::Result<_> = (0..SOCKETS).map(|_| bind(port, true)).collect();
    Ok(Listeners { all: all?, port })
}

fn bind(port: u16, is_shared: bool) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(is_shared)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

pub fn serve_plain(mock: &Rc<Mock>, listeners: Listeners) {
    let own = mock.clone();
    accept(listeners, mock, "http", move |stream| {
        let origin = Origin {
            place: "http",
            client_certificate: false,
            tls_resumed: false,
        };
        http1::serve(own.clone(), Transport::plain(stream), origin)
    });
}

pub fn serve_tls(mock: &Rc<Mock>, listeners: Listeners, name: &'static str, acceptor: TlsAcceptor) {
    let own = mock.clone();
    accept(listeners, mock, name, move |stream| {
        let (mock, acceptor) = (own.clone(), acceptor.clone());
        async move {
            // A refused certificate is the client's right, and what the test wants to see.
            if let Ok(stream) = acceptor.accept(stream).await {
                let session = stream.get_ref().1;
                let origin = Origin {
                    place: name,
                    client_certificate: session.peer_certificates().is_some(),
                    tls_resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
                };
                http1::serve(mock, Transport::tls(stream), origin).await;
            }
        }
    });
}

/// A server that knows nothing newer than TLS 1.1: answers any hello in that version.
pub fn serve_old_tls(mock: &Rc<Mock>, listeners: Listeners) {
    accept(listeners, mock, tls::OLD_NAME, |stream| async move {
        let transport = Transport::plain(stream);
        let mut input = BytesMut::new();
        let hello = tls::old_server_hello();
        if matches!(transport.read(&mut input).await, Ok(count) if count > 0)
            && transport.write_all(&hello, |_| ()).await.is_ok()
        {
            while matches!(transport.read(&mut input).await, Ok(count) if count > 0) {
                input.clear();
            }
        }
    });
}

/// Accepts for ever, at each socket.
fn accept<F: Future<Output = ()> + 'static>(
    listeners: Listeners,
    mock: &Rc<Mock>,
    name: &'static str,
    serve: impl Fn(TcpStream) -> F + 'static,
) {
    let serve = Rc::new(serve);
    for listener in listeners.all {
        let (mock, serve) = (mock.clone(), serve.clone());
        tokio::task::spawn_local(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        *mock.stats.accepted.borrow_mut().entry(name).or_default() += 1;
                        if stream.set_nodelay(true).is_ok() {
                            tokio::task::spawn_local(serve(stream));
                        }
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
        });
    }
}
