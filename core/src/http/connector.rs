//! Opens connections: names, addresses, TCP, a proxy's tunnel, TLS. Owns the order in which
//! addresses are tried; the timer of all this is the caller's.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::StreamExt;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::authority::{Authority, Peer};
use super::classify;
use super::options::HttpOptions;
use super::proxy::{Proxies, Proxy, ProxyHost};
use super::resolver::{self, Resolver};
use super::socket::Socket;
use super::tls::Tls;
use crate::error::config;
use crate::error::LlmError;
use crate::platform;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305, section
/// 5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Connector {
    resolver: Resolver,
    proxies: Proxies,
    tls: Tls,
    deny_private: bool,
}

/// A new connection.
pub(super) struct Connected {
    pub(super) socket: Socket,
    pub(super) is_http2: bool,
}

impl Connector {
    pub(super) fn new(options: &HttpOptions) -> Result<Self, LlmError> {
        Ok(Self {
            resolver: Resolver::new(),
            proxies: Proxies::new(options.proxy)?,
            tls: Tls::new(options)?,
            deny_private: options.deny_private,
        })
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The proxy on the way to a URL.
    pub(super) fn proxy(&self, url: &Url) -> Option<Proxy> {
        self.proxies.of(url)
    }

    /// An address that is written in a URL needs no lookup, and may be refused at once.
    pub(super) fn check_address(&self, url: &Url) -> Result<(), LlmError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        resolver::check(address, self.deny_private).map_err(classify::denied)
    }

    /// Connects to the host of a URL. Dropping the future closes what was opened. In boxes is what
    /// plain connections to the host itself do not need: thousands may be on their way at once.
    pub(super) async fn connect(&self, url: &Url) -> Result<Connected, LlmError> {
        let at = Authority::of(url).ok_or_else(|| config("base_url has no host"))?;
        let is_tls = url.scheme() == "https";
        if is_tls {
            self.tls.check()?;
        }
        let mut socket = match self.proxy(url) {
            None => self.tcp(&at, Peer::Host).await?,
            Some(proxy) => {
                let mut socket = Box::pin(self.to_proxy(&proxy)).await?;
                if is_tls {
                    proxy.tunnel(&mut socket, &at).await?;
                }
                socket
            }
        };
        let mut is_http2 = false;
        if is_tls {
            (socket, is_http2) = Box::pin(self.tls.connect(socket, &at, Peer::Host)).await?;
        }
        Ok(Connected { socket, is_http2 })
    }

    async fn to_proxy(&self, proxy: &Proxy) -> Result<Socket, LlmError> {
        let ProxyHost { at, is_tls } = proxy.host();
        let socket = self.tcp(at, Peer::Proxy).await;
        let socket = socket.map_err(|error| classify::at_proxy(proxy, error))?;
        if !is_tls {
            return Ok(socket);
        }
        let connected = self.tls.connect(socket, at, Peer::Proxy).await;
        connected
            .map(|(socket, _)| socket)
            .map_err(|error| classify::at_proxy(proxy, error))
    }

    async fn tcp(&self, at: &Authority, peer: Peer) -> Result<Socket, LlmError> {
        // Proxies are in private networks as a rule.
        let deny_private = self.deny_private && peer == Peer::Host;
        let addresses = match &at.host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                let found = self.resolver.addresses(name).await;
                let found = found.map_err(|failure| classify::lookup_failed(at, peer, &failure))?;
                in_turns(&found)
            }
        };
        let mut allowed = Vec::with_capacity(addresses.len());
        let mut denied = None;
        for address in addresses {
            match resolver::check(address, deny_private) {
                Ok(()) => allowed.push(SocketAddr::new(address, at.port)),
                Err(reason) => denied = Some(reason),
            }
        }
        if let (true, Some(reason)) = (allowed.is_empty(), denied) {
            return Err(classify::denied(reason));
        }
        let stream = connect_first(&allowed).await;
        let failed = |error: io::Error| classify::connect_failed(at, peer, &allowed, &error);
        let stream = stream.map_err(failed)?;
        tune(&stream).map_err(|error| classify::cannot_connect(at, &error))?;
        Ok(Socket::Tcp(stream))
    }
}

/// One family after the other, beginning with the first address's (RFC 8305, section 4).
fn in_turns(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let of = |v6: bool| {
        addresses
            .iter()
            .filter(move |address| address.is_ipv6() == v6)
    };
    let (mut first, mut second) = (of(first_is_v6), of(!first_is_v6));
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < ADDRESSES_MAX {
        let before = all.len();
        all.extend(first.next());
        all.extend(second.next());
        if all.len() == before {
            break;
        }
    }
    all
}

/// Tries addresses in order, the next one as soon as those before have failed or stayed silent for
/// a while; the others are dropped once one is connected. The last failure is reported.
async fn connect_first(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut rest = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        let next = rest.next();
        attempts.extend(next.map(|address| TcpStream::connect(*address)));
        if attempts.is_empty() {
            return Err(failure);
        }
        let attempt = match rest.len() {
            0 => attempts.next().await,
            // An attempt without a result goes on beside the next one.
            _ => timeout(NEXT_ADDRESS_AFTER, attempts.next())
                .await
                .unwrap_or_default(),
        };
        match attempt {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_keepalive(&platform::keep_alive())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| -> Vec<IpAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let found = parse(&["::1", "::2", "::3", "1.1.1.1"]);
        assert_eq!(in_turns(&found), parse(&["::1", "1.1.1.1", "::2", "::3"]));
        assert!(in_turns(&[]).is_empty());
        let many = vec![found[0]; 40];
        assert_eq!(in_turns(&many).len(), ADDRESSES_MAX);
    }
}
