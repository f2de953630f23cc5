//! A codec for each row of all tables. Owns their order.

use super::super::OpenAi;
use super::{clouds, gateways, local, makers, Vendor, VENDORS};

/// All tables; the order is that of error messages.
const TABLES: [&[Vendor]; 5] = [
    VENDORS,
    makers::VENDORS,
    clouds::VENDORS,
    gateways::VENDORS,
    local::VENDORS,
];

/// How many rows there are.
const COUNT: usize = VENDORS.len()
    + makers::VENDORS.len()
    + clouds::VENDORS.len()
    + gateways::VENDORS.len()
    + local::VENDORS.len();

/// One codec for each row.
pub(crate) static CODECS: [OpenAi; COUNT] = codecs();

#[allow(
    clippy::indexing_slicing,
    reason = "runs in the compiler, which reports an index out of bounds"
)]
const fn codecs() -> [OpenAi; COUNT] {
    let mut codecs = [OpenAi {
        vendor: &VENDORS[0],
    }; COUNT];
    let (mut table, mut row, mut index) = (0, 0, 0);
    while table < TABLES.len() {
        while row < TABLES[table].len() {
            codecs[index].vendor = &TABLES[table][row];
            row += 1;
            index += 1;
        }
        (table, row) = (table + 1, 0);
    }
    codecs
}
