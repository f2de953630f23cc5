//! The parts of which responses are made; lists of odd ones hold what servers get wrong.

#![cfg_attr(rustfmt, rustfmt_skip)]

pub(crate) const INTERIM: [&str; 10] = [
    "100 Continue", "103 Early Hints", "102 Processing", "100", "100 x", "103", "104 y", "150",
    "199 x", "101 Switching",
];
pub(crate) const STATUSES: [&str; 16] = [
    "200 OK", "200 OK", "200 OK", "200 OK", "200 OK", "200", "200 ", "429 Too Many", "500 x",
    "206 Part", "204 No Content", "304 Not Modified", "205 Reset", "599 x",
    "400 Bad\tone", "503 \u{e9}",
];
pub(crate) const ODD_STATUSES: [&str; 10] = [
    "600 x", "999 x", "099 x", "000", "150 x", "101 x", "20 x", "2000 x", "200 O\rK", "+20",
];
pub(crate) const LINES: [&str; 12] = [
    "content-type: text/event-stream", "Date: x", "connection: keep-alive", "connection: close",
    "x:", "Connection: Keep-Alive, x", "connection: x , CLOSE", "connection:", "x: \t y \t",
    "x: \u{e9}", "trailer: A", "content-encoding: gzip",
];
pub(crate) const ODD_LINES: [&str; 24] = [
    "connection: \u{e9}", "connection: close, \u{e9}", "connection: keep-alive, \u{e9}", "x : y",
    "connection: close\u{e9}", "transfer-encoding: identity", "transfer-encoding: gzip, chunked",
    "transfer-encoding: chunked, chunked", "transfer-encoding: chunked,",
    "transfer-encoding: , chunked", "transfer-encoding: chunked;q=1",
    "transfer-encoding: \u{e9}, chunked", "transfer-encoding:",
    "transfer-encoding: gzip", "content-length: 5, 5", "content-length: 5, 6", "content-length: +5",
    "content-length: 18446744073709551615", "content-length: 9223372036854775808",
    "content-length: 0", " folded", "no colon", "x: a\0b", "\u{e9}: x",
];
pub(crate) const VERSIONS: [&str; 8] = [
    "\r\nHTTP/1.1 ", "\nHTTP/1.1 ", "\r\n\n\r\nHTTP/1.0 ", "\rHTTP/1.1 ", " HTTP/1.1 ",
    "HTTP/1.1  ", "HTTP/2.0 ", "http/1.1 ",
];
/// In a head a line feed alone ends a line too.
pub(crate) const ODD_LINE_ENDS: [&str; 8] = ["\n", "\n", "\n", "\n", "\n", "\r", "\r\r\n", "\r\n "];
pub(crate) const ODD_SIZES: [&str; 8] = [
    "", "", "", "0", "00000000000000", "000000000000000", "0000000000000000000", "x",
];
pub(crate) const AFTER_SIZES: [&str; 16] = [
    "", "", ";", ";", ";a=b", ";a=b", " ; a=\"b\"", " ; a=\"b\"", " ", " ", "\t ", ";\u{e9}", " 0",
    ";a\rb", ";a\nb", "\0",
];
pub(crate) const TRAILERS: [&str; 4] = ["A: b", "a:", "x: \u{e9}\t", "Content-Length: 5"];
pub(crate) const ODD_TRAILERS: [&str; 11] = [
    "A : b", " A: b", ": b", "A", "A: b\nC: d", "\nA: b", "A: b\n\nC: d", "A: \0", "A: b\rc",
    "\u{e9}: b", "A: \u{7f}",
];
pub(crate) const ODD_CHUNK_ENDS: [&str; 5] = ["\n", "\r", "", "\r\r\n", "\n\r\n"];
pub(crate) const AFTER: [&str; 8] = [
    "x", "\r\n", "\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "0\r\n\r\n", "\0",
    "HTTP", " ",
];
pub(crate) const DATA: &[u8] = b"data: {\"a\":1}\r\n\r\nevent: 5\n0\r\n\r\nthe rest of some text";
