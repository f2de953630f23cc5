//! The calls under the played resolver. Run by the tests of the same names in `main.rs`.

use std::future::{poll_fn, Future};
use std::sync::mpsc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::ErrorKind;
use serde_json::json;

use crate::dead::Dead;
use crate::support::Mock;
use crate::{
    ask, client, elapsed_ms, folder, log_of, logged, lookups_at_once_max, named, port, release,
    request, until,
};

const HELLO: &str = "Hello world";
const DEAD: &str = "127.0.0.5";
/// The addresses of a name, in the order in which they are to be tried.
const DEAD_THEN_GOOD: &str = "a127-0-0-5.a127-0-0-1";
const DEAD_V6_THEN_GOOD: &str = "s00000000000000000000000000000001.a127-0-0-1";
const TWO_DEAD_THEN_GOOD: &str = "a127-0-0-5.a127-0-0-6.a127-0-0-1";

/// RFC 8305: the next address after 250 ms, same family or other, plain or TLS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_dead_first_address_costs_a_quarter_of_a_second() {
    let mock = Mock::start(&["--tls"]);
    let http = port(&mock, "http");
    let _dead = Dead::new(DEAD, http).await;
    let _second = Dead::new("127.0.0.6", http).await;
    let _dead_v6 = Dead::new("::1", http).await;
    let client = client(json!({"retries_max": 0, "ca_file": mock.ready["ca_file"]}));
    for (name, least_ms) in [
        (DEAD_THEN_GOOD, 200),
        (DEAD_V6_THEN_GOOD, 200),
        (TWO_DEAD_THEN_GOOD, 400),
    ] {
        let began = Instant::now();
        let response = ask(&client, &named(name, http, "dead")).await;
        assert_eq!(response.unwrap(), HELLO, "{name}");
        // Sooner would mean that the dead address was not tried, and the test proved nothing.
        let took_ms = elapsed_ms(began);
        assert!((least_ms..1_000).contains(&took_ms), "{name}: {took_ms} ms");
    }
    for place in ["https", "https_http1"] {
        let https = port(&mock, place);
        let _dead = Dead::new(DEAD, https).await;
        let base_url = format!("https://{DEAD_THEN_GOOD}.names.test:{https}/tls/v1");
        let began = Instant::now();
        let error = ask(&client, &base_url).await.unwrap_err();
        // The certificate names localhost only: what refuses it is behind the connection.
        assert_eq!(error.kind.name(), "TLS", "{place}: {error}");
        let took_ms = elapsed_ms(began);
        assert!((200..1_000).contains(&took_ms), "{place}: {took_ms} ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn all_addresses_dead_is_a_connect_timeout() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let _dead = Dead::new(DEAD, http).await;
    let _second = Dead::new("127.0.0.6", http).await;
    let client = client(json!({"retries_max": 0, "connect_timeout_ms": 700}));
    let began = Instant::now();
    let base_url = named("a127-0-0-5.a127-0-0-6", http, "dead");
    let error = ask(&client, &base_url).await.unwrap_err();
    assert_eq!(error.kind.name(), "TIMEOUT", "{error}");
    assert_eq!(error.timer.unwrap().name(), "connect", "{error}");
    assert!(!error.maybe_executed, "{error}");
    assert!((650..1_500).contains(&elapsed_ms(began)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_refused_address_costs_nothing() {
    let mock = Mock::start(&[]);
    let client = client(json!({"retries_max": 0}));
    let began = Instant::now();
    let base_url = named("a127-0-0-7.a127-0-0-1", port(&mock, "http"), "refused");
    assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO);
    assert!(elapsed_ms(began) < 200, "{} ms", elapsed_ms(began));
}

/// F57: the connect timer holds for lookups, and twenty hung names hold four threads at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_hung_name_times_out_and_holds_few_threads() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let client = client(json!({"retries_max": 0, "connect_timeout_ms": 400}));
    let began = Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let base_url = named(&format!("hung{number}.a127-0-0-1"), http, "hung");
            let client = client.clone();
            tokio::spawn(async move { ask(&client, &base_url).await.unwrap_err() })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap();
        assert_eq!(error.kind.name(), "TIMEOUT", "{error}");
        assert_eq!(error.timer.unwrap().name(), "connect", "{error}");
        assert!(!error.maybe_executed, "{error}");
    }
    assert!(elapsed_ms(began) < 2_000, "{} ms", elapsed_ms(began));
    assert!(logged("begin hung") >= 1, "the resolver was used");
    assert!(lookups_at_once_max() <= 4, "{}", log_of(&folder()));
    // Calls that need no lookup, or only the system's own names, are served.
    for host in ["127.0.0.1", "localhost"] {
        let base_url = format!("http://{host}:{http}/beside/v1");
        assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO, "{host}");
    }
    (0..20).for_each(|number| release(&format!("hung{number}")));
}

/// A program may end while a name server is silent.
#[test]
#[ignore = "run under the resolver by the test of the same name"]
fn a_runtime_ends_beside_a_hung_lookup() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = client(json!({"retries_max": 0, "connect_timeout_ms": 200}));
        let error = ask(&client, &named("hung.a127-0-0-1", http, "hung")).await;
        assert_eq!(error.unwrap_err().kind.name(), "TIMEOUT");
    });
    assert_eq!((logged("begin hung"), logged("end hung")), (1, 0));
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || {
        drop(runtime);
        ended.send(())
    });
    let ended = end.recv_timeout(Duration::from_secs(2));
    release("hung");
    assert!(ended.is_ok(), "the runtime waits for the lookup");
}

/// F71: two names that hang delay no other name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn hung_names_block_no_other() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let client = client(json!({"retries_max": 0, "connect_timeout_ms": 10_000}));
    let hung: Vec<_> = ["hung1", "hung2"]
        .iter()
        .flat_map(|label| (0..3).map(move |_| *label))
        .map(|label| {
            let base_url = named(&format!("{label}.a127-0-0-1"), http, "hung");
            let client = client.clone();
            tokio::spawn(async move { ask(&client, &base_url).await })
        })
        .collect();
    until("both names hang", || logged("begin hung") >= 2).await;
    let began = Instant::now();
    for host in ["other.a127-0-0-1.names.test", "127.0.0.1", "localhost"] {
        let base_url = format!("http://{host}:{http}/beside/v1");
        assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO, "{host}");
    }
    assert!(elapsed_ms(began) < 1_000, "{} ms", elapsed_ms(began));
    assert_eq!(logged("end hung"), 0, "they still hang");
    release("hung1");
    release("hung2");
    for call in hung {
        assert_eq!(call.await.unwrap().unwrap(), HELLO);
    }
}

/// Lookups whose callers have left free their places.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn abandoned_lookups_block_no_later_name() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let client = client(json!({"retries_max": 0, "connect_timeout_ms": 10_000}));
    let ask_for = |label: String| {
        let base_url = named(&format!("{label}.a127-0-0-1"), http, "slow");
        let client = client.clone();
        tokio::spawn(async move { ask(&client, &base_url).await })
    };
    for round in 0..3 {
        // As many as may run at once, or more.
        let (slow, began) = (4, Instant::now());
        let all_begun = slow * (round + 1);
        let slow: Vec<_> = (0..slow)
            .map(|number| ask_for(format!("slow400.x{round}-{number}")))
            .collect();
        until("they are slow", || {
            let begun = logged("begin slow400");
            begun == all_begun || (begun > all_begun - 3 && elapsed_ms(began) > 100)
        })
        .await;
        // Polled, so that they are queued, and dropped in the queue.
        for number in 0..4 {
            let base_url = named(&format!("left{round}-{number}.a127-0-0-1"), http, "left");
            let mut left = Box::pin(ask(&client, &base_url));
            for _ in 0..3 {
                let polled = poll_fn(|context| Poll::Ready(left.as_mut().poll(context))).await;
                if polled.is_ready() {
                    break;
                }
            }
        }
        let began = Instant::now();
        let later = ask_for(format!("later{round}"));
        assert_eq!(later.await.unwrap().unwrap(), HELLO);
        assert!(elapsed_ms(began) < 2_000, "{} ms", elapsed_ms(began));
        for call in slow {
            assert_eq!(call.await.unwrap().unwrap(), HELLO);
        }
    }
    assert!(lookups_at_once_max() <= 4, "{}", log_of(&folder()));
}

/// Fifty calls to one name cause one lookup, and a later call causes none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn lookups_of_one_name_are_one() {
    let mock = Mock::start(&[]);
    let base_url = named("slow200.a127-0-0-1", port(&mock, "http"), "one");
    let client = client(json!({"retries_max": 0}));
    let calls = (0..50).map(|_| ask(&client, &base_url));
    let responses = futures_util::future::join_all(calls).await;
    assert!(responses
        .iter()
        .all(|response| response.as_deref().ok() == Some(HELLO)));
    assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO);
    assert_eq!(logged("begin"), 1, "{}", log_of(&folder()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_name_that_fails_is_tried_again() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let client = client(json!({"retries_max": 1}));
    let response = ask(&client, &named("flaky.a127-0-0-1", http, "flaky")).await;
    assert_eq!(response.unwrap(), HELLO);
    assert_eq!(logged("begin flaky"), 2, "a failure is not kept");
    for label in ["fail", "again"] {
        let error = ask(&client, &named(label, http, "fail")).await.unwrap_err();
        assert_eq!(error.kind.name(), "NETWORK", "{label}: {error}");
        assert!(error.retryable && !error.maybe_executed, "{label}: {error}");
        assert_eq!(error.attempts, 2, "{label}: {error}");
    }
}

/// A misspelled base URL says so within a second, whatever `retries_max` is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn an_unknown_name_is_tried_once_more_and_named() {
    let client = client(json!({"retries_max": 5}));
    let began = Instant::now();
    let error = ask(&client, "https://fail.names.test/v1")
        .await
        .unwrap_err();
    assert!(elapsed_ms(began) < 1_000, "{} ms", elapsed_ms(began));
    assert_eq!(
        (error.kind.name(), error.attempts),
        ("NETWORK", 2),
        "{error}"
    );
    let start = "openai: cannot connect to fail.names.test:443: failed to lookup address";
    assert!(error.message.starts_with(start), "{error}");
    let advice = "; is base_url spelled right, and is there a network?";
    assert!(error.message.ends_with(advice), "{error}");
    assert_eq!(logged("begin fail"), 2);
}

/// No name server answered: that may be over soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_name_server_that_fails_is_asked_as_often_as_any() {
    let client = client(json!({"retries_max": 2}));
    let error = ask(&client, "https://again.names.test/v1")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind.name(), error.attempts),
        ("NETWORK", 3),
        "{error}"
    );
    let start = "openai: cannot connect to again.names.test:443: ";
    assert!(error.message.starts_with(start), "{error}");
    assert!(!error.message.contains("spelled"), "{error}");
    assert_eq!(logged("begin again"), 3);
}

/// The addresses of a name are checked once it was looked up: link-local ones are never allowed,
/// private ones as the option tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn forbidden_addresses_of_names_are_never_connected_to() {
    let mock = Mock::start(&[]);
    let http = port(&mock, "http");
    let accepted = mock.accepted("http");
    let link_local = [
        "a169-254-169-254",
        "sfe800000000000000000000000000001",
        "sfd000ec2000000000000000000000254",
        "s00000000000000000000ffffa9fea9fe",
    ];
    let private = [
        "a127-0-0-1",
        "a10-1-2-3",
        "a172-16-0-1",
        "a192-168-1-1",
        "a100-64-0-1",
        "a0-0-0-0",
        "sfd120000000000000000000000000001",
        "s00000000000000000000000000000001",
        "s00000000000000000000ffff7f000001",
        "a10-1-2-3.a127-0-0-1",
    ];
    let (open, closed) = (
        client(json!({"retries_max": 3})),
        client(json!({"retries_max": 3, "deny_private": true})),
    );
    let open_cases = link_local.iter().map(|name| (&open, *name));
    let closed_cases = link_local
        .iter()
        .chain(&private)
        .map(|name| (&closed, *name));
    for (client, name) in open_cases.chain(closed_cases) {
        let error = ask(client, &named(name, http, "denied")).await.unwrap_err();
        assert_eq!(error.kind.name(), "CONFIG", "{name}: {error}");
        assert_eq!(
            (error.attempts, error.maybe_executed),
            (1, false),
            "{name}: {error}"
        );
    }
    assert_eq!(logged("stray"), 0, "{}", log_of(&folder()));
    assert_eq!(mock.seen("denied")["connections_opened"], 0);
    assert_eq!(
        mock.accepted("http"),
        accepted + 2,
        "the two questions of this test"
    );
    // Unless they are denied, private addresses are tried: so the resolver really returns them.
    let error = ask(&open, &named("a10-1-2-3", http, "denied"))
        .await
        .unwrap_err();
    assert_eq!(error.kind.name(), "NETWORK", "{error}");
    assert!(logged("stray 10.1.2.3") >= 1, "{}", log_of(&folder()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn an_allowed_address_beside_a_forbidden_one_is_used() {
    let mock = Mock::start(&[]);
    let client = client(json!({"retries_max": 0}));
    let base_url = named("a169-254-169-254.a127-0-0-1", port(&mock, "http"), "mixed");
    assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO);
    assert_eq!(logged("stray"), 0, "{}", log_of(&folder()));
}

/// A name's addresses are shared, its connections are not: each port gets what is meant for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn a_name_serves_each_of_its_ports() {
    let mocks = [Mock::start(&[]), Mock::start(&[])];
    let client = client(json!({"retries_max": 0}));
    for round in 1..=3 {
        for mock in &mocks {
            let base_url = named("a127-0-0-1", port(mock, "http"), "ports");
            assert_eq!(ask(&client, &base_url).await.unwrap(), HELLO);
            assert_eq!(mock.seen("ports")["requests_count"], round);
        }
    }
    for mock in &mocks {
        assert_eq!(mock.seen("ports")["connections_opened"], 1);
    }
    assert_eq!(logged("begin"), 1, "{}", log_of(&folder()));
}

/// F75 in its first phase, however the caller polls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run under the resolver by the test of the same name"]
async fn cancelled_in_a_lookup_nothing_ran() {
    let mock = Mock::start(&[]);
    let base_url = named("hung.a127-0-0-1", port(&mock, "http"), "cancelled");
    let client = client(json!({"retries_max": 5}));
    for batches in [false, true] {
        let mut stream = client.stream(request(&base_url));
        while logged("begin hung") == 0 {
            let poll = Duration::from_millis(3);
            let ended = match batches {
                true => tokio::time::timeout(poll, stream.next_batch())
                    .await
                    .is_ok(),
                false => tokio::time::timeout(poll, stream.next()).await.is_ok(),
            };
            assert!(!ended, "no response can come");
        }
        let receipt = stream.abort(ErrorKind::Cancelled);
        let error = receipt.error.unwrap();
        assert_eq!(error.kind.name(), "CANCELLED", "{error}");
        assert!(!error.maybe_executed, "{error}");
    }
    release("hung");
    assert_eq!(mock.seen("cancelled")["requests_count"], 0);
}
