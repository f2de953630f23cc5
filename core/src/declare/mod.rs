//! One declaration for what every language has to know: the macros here make an enum or a struct,
//! its names, its documentation and its entries in `core/schema/schema.json` out of one list. Holds
//! no list itself; `schema` puts them together.

pub(crate) mod entry;
pub(crate) mod fields;
pub(crate) mod names;
pub(crate) mod options;

pub(crate) use fields::declare_fields;
pub(crate) use names::declare_names;
pub(crate) use options::{declare_limits, declare_options, Patch};

/// The text of the documentation comments among some attributes.
macro_rules! doc_text {
    () => { "" };
    ([doc = $line:literal] $($rest:tt)*) => {
        concat!($line, "\n", $crate::declare::doc_text!($($rest)*))
    };
    ([$($other:tt)*] $($rest:tt)*) => { $crate::declare::doc_text!($($rest)*) };
}

/// The entry of one field.
macro_rules! field_entry {
    ($field:ident $kind:ident $default:block [$($attributes:tt)*]) => {
        $crate::declare::entry::Field {
            name: stringify!($field),
            kind: $crate::declare::entry::Kind::$kind,
            default: $default,
            description: $crate::declare::entry::first_paragraph(
                $crate::declare::doc_text!($($attributes)*),
            ),
        }
    };
}

pub(crate) use {doc_text, field_entry};
