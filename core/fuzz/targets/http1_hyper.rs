//! HTTP/1.1 responses, read by us and by hyper's client connection: the same bytes in the same
//! pieces give the same status, headers and body, end alike (whole, cut, refused, more to come),
//! and leave the connection equally fit for another request.
//!
//! These differences are meant; each is a case of `Difference` and has a test. Ours never keeps a
//! connection that hyper does not keep.
//!
//! | Case | Ours | hyper | Why |
//! |---|---|---|---|
//! | `StatusOutsideHttp` | 600 to 999 refused | accepted | 1 |
//! | `SwitchingProtocols` | 101 refused | an upgrade, never kept | 2 |
//! | `InterimWithBody` | 1xx that says it has a body: refused | passed over | 3 |
//! | `InterimOnly` | unknown 1xx, then closed: refused | cut | 3 |
//! | `InterimLimit` | 128 heads of 1xx, 256 KiB | no limit | 4 |
//! | `LengthTooLarge` | content-length up to 2^63 - 1 | up to 2^64 - 3 | 5 |
//! | `CodingUnknown` | all but one `chunked` refused | what is last counts, the rest stays | 6 |
//! | `CodingEmptyElement` | `chunked,` is chunked | read until close | 7 |
//! | `ChunksInHttp10` | read, never kept | refused | 8 |
//! | `SizeDigits` | 16 digits of a chunk's size | any number of zeros | 4 |
//! | `TrailerLineFeed` | CR LF ends a trailer | LF may, in some places | 9 |
//! | `TrailerEarly` | refused at the wrong byte | refused behind the last trailer | 10 |
//! | `TrailerLimit` | counted with `OverheadLimit` | as many as a head's lines | 10 |
//! | `OverheadLimit` | extensions, blanks, trailers: 16 KiB | no limit for blanks | 4 |
//! | `HeadLimit` | 256 KiB | about 400 KiB | 4 |
//! | `KeptWithTwoLengths` | coding and length: not kept | kept | 11 |
//! | `KeptWithBodyOf204` | 204 that says it has a body: not kept | kept | 12 |
//! | `KeptWithCodingInHttp10` | 304 with a transfer coding: not kept | kept | 8 |
//! | `KeptThoughUnreadable` | `connection` not ASCII: not kept | passed over | 13 |
//!
//! 1. No status (RFC 9110, section 15).
//! 2. No request of ours asks for another protocol.
//! 3. The server takes it for the final response (RFC 9110, section 8.6).
//! 4. A server must not be able to feed a client for ever.
//! 5. Sums of lengths must not overflow.
//! 6. No other was offered (RFC 9112, section 6.1), and one that is passed over garbles the body.
//! 7. Empty elements of lists are ignored (RFC 9110, section 5.6.1).
//! 8. Processed, then closed (RFC 9112, section 6.1); small servers do answer like this.
//! 9. What comes behind it would be read otherwise by others.
//! 10. Trailers are not stored.
//! 11. A sign of smuggling (RFC 9112, section 6.3).
//! 12. A body that nobody expects may follow (RFC 9112, section 6.3).
//! 13. `close` may stand in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm_fuzz::http1_hyper(bytes));
