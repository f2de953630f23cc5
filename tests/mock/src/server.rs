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

/// 10,000 clients may connect in the same instant; the kernel caps it at somaxconn.
const BACKLOG: u32 = 65_535;
/// When the process has no descriptors left, others must close first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

pub fn listen(port: u16) -> io::Result<(TcpListener, u16)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let listener = socket.listen(BACKLOG)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

pub async fn serve_plain(mock: Rc<Mock>, listener: TcpListener) {
    accept(listener, mock.clone(), "http", |stream| {
        let origin = Origin {
            place: "http",
            client_certificate: false,
            tls_resumed: false,
        };
        http1::serve(mock.clone(), Transport::plain(stream), origin)
    })
    .await;
}

pub async fn serve_tls(
    mock: Rc<Mock>,
    listener: TcpListener,
    name: &'static str,
    acceptor: TlsAcceptor,
) {
    accept(listener, mock.clone(), name, |stream| {
        let (mock, acceptor) = (mock.clone(), acceptor.clone());
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
    })
    .await;
}

/// A server that knows nothing newer than TLS 1.1: answers any hello in that version.
pub async fn serve_old_tls(mock: Rc<Mock>, listener: TcpListener) {
    accept(listener, mock, tls::OLD_NAME, |stream| async move {
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
    })
    .await;
}

/// Accepts for ever.
async fn accept<F: Future<Output = ()> + 'static>(
    listener: TcpListener,
    mock: Rc<Mock>,
    name: &'static str,
    serve: impl Fn(TcpStream) -> F,
) {
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
}
