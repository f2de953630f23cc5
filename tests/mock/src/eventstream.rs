//! Frames of `application/vnd.amazon.eventstream`, with both checksums, and broken ones for faults.
//! Pure; the form is that of the AWS SDKs (smithy-rs, aws-smithy-eventstream, frame.rs).

use flate2::Crc;

const PRELUDE_BYTES: usize = 12;
const CRC_BYTES: usize = 4;
/// The type of a header that is text.
const TEXT: u8 = 7;

/// An event as Bedrock sends it.
pub fn event(name: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    message(&headers, payload)
}

/// A message with these headers, all of them text.
pub fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        block.extend_from_slice(name.as_bytes());
        block.push(TEXT);
        block.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        block.extend_from_slice(value.as_bytes());
    }
    let total = PRELUDE_BYTES + block.len() + payload.len() + CRC_BYTES;
    let mut message = Vec::with_capacity(total);
    message.extend_from_slice(&length(total));
    message.extend_from_slice(&length(block.len()));
    message.extend_from_slice(&checksum(&message));
    message.extend_from_slice(&block);
    message.extend_from_slice(payload);
    message.extend_from_slice(&checksum(&message));
    message
}

/// Makes the beginning of a message say another length, and the first checksum fit it.
pub fn say_length(message: &mut [u8], length: u32) {
    if let Some(place) = message.get_mut(..4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    let fits = checksum(message.get(..8).unwrap_or_default());
    if let Some(place) = message.get_mut(8..PRELUDE_BYTES) {
        place.copy_from_slice(&fits);
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

fn checksum(bytes: &[u8]) -> [u8; CRC_BYTES] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths and checksums written down, so that both directions cannot be wrong alike.
    #[test]
    fn a_frame_has_its_lengths_and_checksums() {
        let frame = event("messageStart", b"{}");

        assert_eq!(frame.get(..4), Some(&[0, 0, 0, frame.len() as u8][..]));
        assert_eq!(frame.get(4..8), Some(&[0, 0, 0, 0x52][..]));
        assert_eq!(frame.get(12..24), Some(&b"\x0b:event-type"[..]));
        assert_eq!(frame.get(94..96), Some(&b"{}"[..]));
        // "123456789" is the check value of CRC-32 (IEEE 802.3).
        assert_eq!(checksum(b"123456789"), [0xCB, 0xF4, 0x39, 0x26]);
        let (body, crc) = frame.split_at(frame.len() - CRC_BYTES);
        assert_eq!(crc, checksum(body));
        assert_eq!(frame.get(8..12), Some(&checksum(&frame[..8])[..]));
    }
}
