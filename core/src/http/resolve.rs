//! Names to addresses. A lookup blocks a thread in the system's resolver, so lookups of one name
//! are shared, kept for a minute, and never more than `LOOKUPS_MAX` run at once, however many
//! streams start. Owns the rule of which addresses may not be connected to.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use hyper_util::client::legacy::connect::dns::Name;
use reqwest::dns::Addrs;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::connect::BoxError;

/// Lookups at once; each holds a thread of the runtime's blocking pool.
const LOOKUPS_MAX: usize = 2;
/// How long an answer is used again; libcurl keeps its answers as long.
const KEPT: Duration = Duration::from_secs(60);
const NAMES_MAX: usize = 1024;

type Answer = Result<Arc<[IpAddr]>, Arc<dyn Error + Send + Sync>>;
type Lookup = Shared<BoxFuture<'static, Answer>>;

#[derive(Clone)]
struct Entry {
    lookup: Lookup,
    began: Instant,
}

#[derive(Clone)]
pub(super) struct Resolver {
    deny_private: bool,
    names: Arc<Mutex<HashMap<String, Entry>>>,
    places: Arc<Semaphore>,
}

/// An address that must not be connected to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Denied(IpAddr, &'static str);

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} is a {} address and is refused",
            self.0, self.1
        )
    }
}

impl Error for Denied {}

/// An error that several lookups share.
#[derive(Debug)]
struct SharedError(Arc<dyn Error + Send + Sync>);

impl fmt::Display for SharedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl Resolver {
    pub(super) fn new(deny_private: bool) -> Self {
        let places = Arc::new(Semaphore::new(LOOKUPS_MAX));
        Self {
            deny_private,
            names: Arc::default(),
            places,
        }
    }

    /// The lookup of a name that is under way or fresh, else a new one.
    fn lookup(&self, name: &str) -> Lookup {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = names.get(name) {
            let failed = entry.lookup.peek().is_some_and(Result::is_err);
            if !failed && entry.began.elapsed() < KEPT {
                return entry.lookup.clone();
            }
        }
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        let lookup = look_up(name.to_owned(), Arc::clone(&self.places))
            .boxed()
            .shared();
        let entry = Entry {
            lookup: lookup.clone(),
            began: Instant::now(),
        };
        names.insert(name.to_owned(), entry);
        lookup
    }
}

/// Asks the system. The place is held by the blocked thread, not by whoever waits for it.
async fn look_up(name: String, places: Arc<Semaphore>) -> Answer {
    let failed =
        |error: Box<dyn Error + Send + Sync>| -> Arc<dyn Error + Send + Sync> { error.into() };
    let place = places
        .acquire_owned()
        .await
        .map_err(|error| failed(error.into()))?;
    let blocking = tokio::task::spawn_blocking(move || {
        let addresses = (name.as_str(), 0)
            .to_socket_addrs()
            .map(|found| found.map(|address| address.ip()).collect::<Vec<_>>());
        drop(place);
        addresses
    });
    let addresses = blocking.await.map_err(|error| failed(error.into()))?;
    Ok(addresses.map_err(|error| failed(error.into()))?.into())
}

impl Resolver {
    /// The addresses that may be connected to; ports are the connector's affair.
    fn addresses(&self, name: &str) -> BoxFuture<'static, Result<Vec<SocketAddr>, BoxError>> {
        let lookup = self.lookup(name);
        let deny_private = self.deny_private;
        Box::pin(async move {
            let found = lookup.await.map_err(SharedError)?;
            let mut addresses = Vec::with_capacity(found.len());
            let mut denied = None;
            for address in found.iter() {
                match check(*address, deny_private) {
                    Ok(()) => addresses.push(SocketAddr::new(*address, 0)),
                    Err(reason) => denied = Some(reason),
                }
            }
            match denied {
                Some(reason) if addresses.is_empty() => Err(reason.into()),
                _ => Ok(addresses),
            }
        })
    }
}

/// For reqwest.
impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses = self.addresses(name.as_str());
        Box::pin(async move { Ok(Box::new(addresses.await?.into_iter()) as Addrs) })
    }
}

/// For the connector of `dial`.
impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.addresses(name.as_str());
        Box::pin(async move { Ok(addresses.await?.into_iter()) })
    }
}

/// Link-local addresses, where clouds serve machine credentials, are refused always; private ones
/// with `deny_private`.
pub(super) fn check(address: IpAddr, deny_private: bool) -> Result<(), Denied> {
    let address = address.to_canonical();
    let (link_local, private) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), is_private_v4(v4)),
        IpAddr::V6(v6) => (
            v6.is_unicast_link_local() || v6 == METADATA_V6,
            is_private_v6(v6),
        ),
    };
    if link_local {
        return Err(Denied(address, "link-local"));
    }
    if deny_private && private {
        return Err(Denied(address, "private"));
    }
    Ok(())
}

/// Amazon's instance metadata over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn is_private_v4(address: Ipv4Addr) -> bool {
    // 100.64.0.0/10 is shared address space (RFC 6598).
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    address.is_private()
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.is_unspecified() || address.is_unique_local()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_refused_always_and_private_on_request() {
        let allowed = |text: &str, deny| check(text.parse().unwrap(), deny).is_ok();
        for metadata in [
            "169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
        ] {
            assert!(!allowed(metadata, false), "{metadata}");
        }
        for private in [
            "10.1.2.3",
            "127.0.0.1",
            "::1",
            "fd12::1",
            "100.64.0.1",
            "0.0.0.0",
        ] {
            assert!(
                allowed(private, false) && !allowed(private, true),
                "{private}"
            );
        }
        assert!(allowed("8.8.8.8", true) && allowed("2606:4700::1111", true));
    }

    #[tokio::test]
    async fn lookups_of_one_name_are_shared() {
        let resolver = Resolver::new(false);
        let first = resolver.lookup("localhost");
        let second = resolver.lookup("localhost");
        assert!(first.ptr_eq(&second));
        assert!(first.await.unwrap().iter().all(IpAddr::is_loopback));
    }
}
