//! Names to addresses. A lookup blocks a thread in the system's resolver and cannot be stopped, so
//! lookups of one name are shared, kept for a minute, and never more than `LOOKUPS_MAX` run at
//! once. A lookup goes on when no call waits for it any more; one that has not begun by then never
//! does. Owns the rule of which addresses may not be connected to.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType};
use tokio::sync::{Notify, Semaphore};

use super::authority::is_localhost;
use crate::mutex::lock;

/// Lookups at once, each of another name; each holds a thread until the system is done.
const LOOKUPS_MAX: usize = 4;
/// How long addresses are used again; libcurl keeps them as long.
const ADDRESSES_KEPT: Duration = Duration::from_secs(60);
/// Names whose addresses are kept.
const NAMES_MAX: usize = 1024;

type Addresses = Result<Arc<[IpAddr]>, LookupFailure>;

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupFailure {
    reason: String,
    /// There is no such name, or it has no address: not that no name server could be asked.
    pub(super) is_unknown: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Resolver {
    names: Arc<Mutex<HashMap<Arc<str>, Arc<Lookup>>>>,
    permits: Arc<Semaphore>,
}

/// The lookup of one name: under way, or finished.
#[derive(Debug)]
struct Lookup {
    began: Instant,
    addresses: OnceLock<Addresses>,
    finished: Notify,
    waiters: AtomicUsize,
}

/// A call waits for a lookup, until this is dropped.
struct Waiter(Arc<Lookup>);

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self {
            names: Arc::default(),
            permits: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }

    /// The addresses of a name, in the system's order.
    ///
    /// # Errors
    /// The system's error; also when no thread can be had for the lookup.
    pub(super) async fn addresses(&self, name: &str) -> Addresses {
        if is_localhost(name) {
            // RFC 6761, section 6.3: these names are this machine, whatever a resolver returns.
            let loopback = [IpAddr::V6(Ipv6Addr::LOCALHOST), Ipv4Addr::LOCALHOST.into()];
            return Ok(loopback.into());
        }
        let waiter = self.join(name);
        let lookup = &waiter.0;
        loop {
            let finished = lookup.finished.notified();
            if let Some(addresses) = lookup.addresses.get() {
                return addresses.clone();
            }
            finished.await;
        }
    }

    /// The lookup of a name that is under way or fresh, else a new one.
    fn join(&self, name: &str) -> Waiter {
        let mut names = lock(&self.names);
        if let Some(lookup) = names.get(name).filter(|lookup| lookup.is_usable()) {
            lookup.waiters.fetch_add(1, Ordering::AcqRel);
            return Waiter(Arc::clone(lookup));
        }
        if names.len() >= NAMES_MAX {
            names.retain(|_, lookup| lookup.is_usable());
        }
        let lookup = Arc::new(Lookup {
            began: Instant::now(),
            addresses: OnceLock::new(),
            finished: Notify::new(),
            waiters: AtomicUsize::new(1),
        });
        // Past the limit it is looked up all the same, and not shared.
        if names.len() < NAMES_MAX {
            names.insert(name.into(), Arc::clone(&lookup));
        }
        tokio::spawn(self.clone().run(name.into(), Arc::clone(&lookup)));
        Waiter(lookup)
    }

    /// Does the lookup once there is a permit; a task of its own, since the waiting calls may be
    /// cancelled.
    async fn run(self, name: Arc<str>, lookup: Arc<Lookup>) {
        let Ok(permit) = self.permits.acquire_owned().await else {
            return;
        };
        {
            let mut names = lock(&self.names);
            if lookup.waiters.load(Ordering::Acquire) == 0 {
                names.remove(&name);
                return;
            }
        }
        let running = Arc::clone(&lookup);
        // A thread of its own and not one of the runtime's: at the process's limit of threads the
        // runtime would panic, and its end would wait for a lookup that hangs.
        let thread = std::thread::Builder::new()
            .name("llm-lookup".to_owned())
            .spawn(move || {
                running.finish(system_lookup(&name));
                drop(permit);
            });
        if let Err(error) = thread {
            lookup.finish(Err(LookupFailure {
                reason: format!("no thread for the name lookup: {error}"),
                is_unknown: false,
            }));
        }
    }
}

impl Lookup {
    /// Under way, or successful and not long ago. A second lookup of a name that hangs would
    /// hang too.
    fn is_usable(&self) -> bool {
        match self.addresses.get() {
            None => true,
            Some(addresses) => addresses.is_ok() && self.began.elapsed() < ADDRESSES_KEPT,
        }
    }

    fn finish(&self, addresses: Addresses) {
        let _ = self.addresses.set(addresses);
        self.finished.notify_waiters();
    }
}

/// Asks the system; blocks.
fn system_lookup(name: &str) -> Addresses {
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = dns_lookup::getaddrinfo(Some(name), None, Some(hints))?;
    // Those of families that no socket here has are left out.
    Ok(found.flatten().map(|found| found.sockaddr.ip()).collect())
}

impl From<LookupError> for LookupFailure {
    fn from(error: LookupError) -> Self {
        use LookupErrorKind as Kind;
        Self {
            is_unknown: matches!(error.kind(), Kind::NoName | Kind::NoData),
            reason: std::io::Error::from(error).to_string(),
        }
    }
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
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
    use futures_util::FutureExt;

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
            "100.127.255.254",
            "0.0.0.0",
        ] {
            assert!(
                allowed(private, false) && !allowed(private, true),
                "{private}"
            );
        }
        for public in [
            "8.8.8.8",
            "8.64.0.1",
            "100.63.255.254",
            "100.128.0.1",
            "2606:4700::1111",
        ] {
            assert!(allowed(public, true), "{public}");
        }
    }

    #[tokio::test]
    async fn lookups_of_one_name_are_shared() {
        let resolver = Resolver::new();
        let (first, second) = (resolver.join("name.invalid"), resolver.join("name.invalid"));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_eq!(first.0.waiters.load(Ordering::Acquire), 2);
    }

    #[tokio::test]
    async fn a_lookup_without_a_waiting_call_releases_its_permit() {
        let resolver = Resolver::new();
        let busy = resolver
            .permits
            .clone()
            .acquire_many_owned(LOOKUPS_MAX as u32);
        let busy = busy.await.unwrap();
        assert!(resolver.addresses("a.invalid").now_or_never().is_none());
        assert_eq!(lock(&resolver.names).len(), 1);
        // It takes its turn behind those that have the permits, and before us.
        tokio::task::yield_now().await;
        drop(busy);
        let all = resolver.permits.acquire_many(LOOKUPS_MAX as u32);
        assert!(all.await.is_ok());
        assert!(lock(&resolver.names).is_empty(), "it never began");
    }

    #[tokio::test]
    async fn the_systems_addresses_are_kept() {
        let resolver = Resolver::new();
        // An address is a name that every system resolves without a query.
        let found = resolver.addresses("127.0.0.2").await.unwrap();
        assert_eq!(found.as_ref(), [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))]);
        assert!(resolver.join("127.0.0.2").0.addresses.get().is_some());
    }

    #[tokio::test]
    async fn only_so_many_names_are_kept() {
        let resolver = Resolver::new();
        let lookups = (0..=NAMES_MAX).map(|number| resolver.join(&format!("{number}.invalid")));
        let waiters: Vec<_> = lookups.collect();
        assert_eq!(lock(&resolver.names).len(), NAMES_MAX);
        let again = resolver.join(&format!("{NAMES_MAX}.invalid"));
        assert!(!Arc::ptr_eq(&waiters.last().unwrap().0, &again.0));
    }
}
