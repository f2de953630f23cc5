//! The ids of one response's tool calls: the server's own where it has one for each, else one made
//! here. A result names its call by the id, in this response and in the whole conversation, so what
//! is made has to differ from response to response too.

/// The ids that were given so far.
#[derive(Debug)]
pub(crate) struct CallIdGenerator {
    given: Vec<String>,
    /// Random, one for each response.
    seed: u64,
}

/// Whether a server's id, or a name, is one. Some servers write the word for nothing.
pub(crate) fn is_usable(id: &str) -> bool {
    !matches!(id.trim(), "" | "null" | "None" | "undefined")
}

impl CallIdGenerator {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            given: Vec::new(),
            seed,
        }
    }

    /// The server's id of the next call, unless it is missing or another call's.
    pub(crate) fn give(&mut self, id: &str) -> String {
        let is_free = is_usable(id) && !self.given.iter().any(|given| given == id);
        let id = match is_free {
            true => id.to_owned(),
            false => self.made(),
        };
        self.given.push(id.clone());
        id
    }

    /// `call_` and 24 letters and digits, which every provider takes as an id.
    fn made(&mut self) -> String {
        const SIGNS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut id = "call_".to_owned();
        for _ in 0..2 {
            let mut bits = self.next();
            for _ in 0..12 {
                let sign = SIGNS.get((bits % 32) as usize).copied().unwrap_or(b'a');
                id.push(char::from(sign));
                bits /= 32;
            }
        }
        id
    }

    /// The next number of this seed (SplitMix64).
    fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.seed;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_servers_own_or_new() {
        let mut ids = CallIdGenerator::new(7);
        let given = ["a", "", "a", " \t", "b", "null", "None"].map(|id| ids.give(id));
        assert_eq!((given[0].as_str(), given[4].as_str()), ("a", "b"));
        for (position, id) in given.iter().enumerate() {
            assert!(!given[..position].contains(id), "{given:?}");
        }
        let made = &given[1];
        let letters = made.strip_prefix("call_").unwrap_or_default();
        assert_eq!(letters.len(), 24);
        assert!(letters.bytes().all(|sign| sign.is_ascii_alphanumeric()));
        assert_ne!(
            *made,
            CallIdGenerator::new(8).give(""),
            "other responses make other ids"
        );
    }
}
