//! Declares a struct that leaves the library as JSON: its fields, what they hold and their
//! documentation.

/// A struct whose fields other languages see: `pub name: Type as Kind,`. A field without a kind
/// stays inside.
macro_rules! declare_fields {
    (
        $(#[$($outer:tt)*])*
        $vis:vis struct $struct:ident {
            $(
                $(#[$($attribute:tt)*])*
                $field_vis:vis $field:ident: $type:ty $(as $kind:ident)?,
            )+
        }
    ) => {
        $(#[$($outer)*])*
        $vis struct $struct {
            $(
                $(#[$($attribute)*])*
                $field_vis $field: $type,
            )+
        }

        impl $struct {
            /// Every field that other languages see, in order.
            pub(crate) fn declared() -> Vec<$crate::declare::entry::Field> {
                let mut fields = Vec::new();
                $(
                    $crate::declare::fields::add_field!(
                        fields $field ($($kind)?) [$([$($attribute)*])*]
                    );
                )+
                fields
            }
        }
    };
}

macro_rules! add_field {
    ($fields:ident $field:ident () [$($attributes:tt)*]) => {};
    ($fields:ident $field:ident ($kind:ident) [$($attributes:tt)*]) => {
        $fields.push($crate::declare::field_entry!(
            $field $kind { serde_json::Value::Null } [$($attributes)*]
        ));
    };
}

pub(crate) use {add_field, declare_fields};
