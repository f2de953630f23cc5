//! Declares a struct that callers write as JSON: its fields, what they hold, their defaults, their
//! documentation and how they are taken out of an object.

use crate::error::LlmError;
use crate::parse::Fields;

/// What is declared with `declare_options` and can be changed by some fields of such an object.
pub(crate) trait Patch: Default {
    /// Takes those fields out of an object that it has, in place of its own; null is the default.
    /// The fields of a group are left where they are.
    fn patch(&mut self, fields: &mut Fields) -> Result<(), LlmError>;
}

/// A struct that is taken out of JSON: `pub name: Type as Kind = default,`. Without a default it is
/// the type's own, and null for other languages. The fields of `as Group` stand beside the others;
/// a field without a kind is not taken.
macro_rules! declare_options {
    (
        $(#[$($outer:tt)*])*
        $vis:vis struct $struct:ident {
            $(
                $(#[$($attribute:tt)*])*
                $field_vis:vis $field:ident: $type:ty $(as $kind:ident)? $(= $default:expr)?,
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

        impl Default for $struct {
            fn default() -> Self {
                Self { $($field: $crate::declare::options::default!($($default)?),)+ }
            }
        }

        // Not every struct is listed in the schema, or looked up by name.
        #[allow(dead_code)]
        impl $struct {
            /// Every field that is taken, in order.
            pub(crate) fn declared() -> Vec<$crate::declare::entry::Field> {
                let mut fields = Vec::new();
                $(
                    $crate::declare::options::add_option!(
                        fields $field ($type) ($($kind)?) ($($default)?) [$([$($attribute)*])*]
                    );
                )+
                fields
            }

            /// Whether there is a field of this name.
            pub(crate) fn has(name: &str) -> bool {
                false $(|| $crate::declare::options::has!(name $field ($type) ($($kind)?)))+
            }

            /// Takes the fields out of an object; a null is the same as none.
            pub(crate) fn take(
                fields: &mut $crate::parse::Fields,
            ) -> Result<Self, $crate::error::LlmError> {
                Ok(Self {
                    $($field: $crate::declare::options::take!(
                        fields $field ($type) ($($kind)?) ($($default)?)
                    ),)+
                })
            }
        }

        impl $crate::declare::options::Patch for $struct {
            fn patch(
                &mut self,
                fields: &mut $crate::parse::Fields,
            ) -> Result<(), $crate::error::LlmError> {
                // Some have groups only.
                let _ = &fields;
                $($crate::declare::options::patch!(
                    self fields $field ($type) ($($kind)?) ($($default)?)
                );)+
                Ok(())
            }
        }
    };
}

/// Options that a call may set, else the client: `pub name: Type as Kind = default,`. The fields
/// are `Option<Type>`, and `DEFAULTS` has their defaults.
macro_rules! declare_limits {
    (
        $(#[$($outer:tt)*])*
        $vis:vis struct $struct:ident {
            $(
                $(#[$($attribute:tt)*])*
                pub $field:ident: $type:ty as $kind:ident $(= $default:expr)?,
            )+
        }
    ) => {
        $(#[$($outer)*])*
        $vis struct $struct {
            $(
                $(#[$($attribute)*])*
                pub $field: Option<$type>,
            )+
        }

        impl $struct {
            /// The default, when neither the call nor the client sets it.
            pub(crate) const DEFAULTS: Self = Self {
                $($field: $crate::declare::options::some!($($default)?),)+
            };

            /// These, and for what they leave open the others.
            pub(crate) fn or(self, others: Self) -> Self {
                Self {
                    $($field: self.$field.or(others.$field),)+
                }
            }

            /// Every field, in order.
            pub(crate) fn declared() -> Vec<$crate::declare::entry::Field> {
                vec![$(
                    $crate::declare::field_entry!(
                        $field $kind
                        { $crate::declare::options::json!($($default)?) }
                        [$([$($attribute)*])*]
                    ),
                )+]
            }

            /// Whether there is a field of this name.
            pub(crate) fn has(name: &str) -> bool {
                false $(|| name == stringify!($field))+
            }

            /// Takes the fields out of an object; a null is the same as none.
            pub(crate) fn take(
                fields: &mut $crate::parse::Fields,
            ) -> Result<Self, $crate::error::LlmError> {
                Ok(Self {
                    $($field: $crate::declare::options::take!(
                        fields $field (Option<$type>) ($kind) ()
                    ),)+
                })
            }
        }
    };
}

macro_rules! some {
    () => {
        None
    };
    ($default:expr) => {
        Some($default)
    };
}

macro_rules! json {
    () => {
        serde_json::Value::Null
    };
    ($default:expr) => {
        $crate::declare::entry::default_value($default)
    };
}

macro_rules! default {
    () => {
        Default::default()
    };
    ($default:expr) => {
        $default
    };
}

macro_rules! add_option {
    ($fields:ident $field:ident ($type:ty) () () [$($attributes:tt)*]) => {};
    ($fields:ident $field:ident ($type:ty) (Group) () [$($attributes:tt)*]) => {
        $fields.extend(<$type>::declared());
    };
    ($fields:ident $field:ident ($type:ty) ($kind:ident) () [$($attributes:tt)*]) => {
        $fields.push($crate::declare::field_entry!(
            $field $kind { serde_json::Value::Null } [$($attributes)*]
        ));
    };
    ($fields:ident $field:ident ($type:ty) ($kind:ident) ($default:expr) [$($attributes:tt)*]) => {
        let default: $type = $default;
        $fields.push($crate::declare::field_entry!(
            $field $kind { $crate::declare::entry::default_value(default) } [$($attributes)*]
        ));
    };
}

macro_rules! has {
    ($name:ident $field:ident ($type:ty) ()) => {
        false
    };
    ($name:ident $field:ident ($type:ty) (Group)) => {
        <$type>::has($name)
    };
    ($name:ident $field:ident ($type:ty) ($kind:ident)) => {
        $name == stringify!($field)
    };
}

macro_rules! take {
    ($fields:ident $field:ident ($type:ty) () ()) => {
        Default::default()
    };
    ($fields:ident $field:ident ($type:ty) (Group) ()) => {
        <$type>::take($fields)?
    };
    ($fields:ident $field:ident ($type:ty) ($kind:ident) ($($default:expr)?)) => {{
        let kind = $crate::declare::entry::Kind::$kind;
        match $crate::parse::take::<$type>($fields, stringify!($field), kind)? {
            Some(value) => value,
            None => $crate::declare::options::default!($($default)?),
        }
    }};
}

macro_rules! patch {
    ($self:ident $fields:ident $field:ident ($type:ty) () ()) => {};
    ($self:ident $fields:ident $field:ident ($type:ty) (Group) ()) => {};
    ($self:ident $fields:ident $field:ident ($type:ty) ($kind:ident) ($($default:expr)?)) => {
        if $fields.contains_key(stringify!($field)) {
            $self.$field = $crate::declare::options::take!(
                $fields $field ($type) ($kind) ($($default)?)
            );
        }
    };
}

pub(crate) use {
    add_option, declare_limits, declare_options, default, has, json, patch, some, take,
};
