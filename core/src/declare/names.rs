//! Declares an enum: its members, their names in every language, numbers and documentation.

/// An enum whose members have a name, and perhaps a number in the C header and a note:
/// `Member = 1 => "NAME" ("note"),`. Derive `Serialize`: a member is written as its name.
macro_rules! declare_names {
    (
        $(#[$($outer:tt)*])*
        $vis:vis enum $enum:ident {
            $(
                $(#[$($attribute:tt)*])*
                $member:ident $(= $number:literal)? => $name:literal $(($note:literal))?,
            )+
        }
    ) => {
        $(#[$($outer)*])*
        $vis enum $enum {
            $(
                $(#[$($attribute)*])*
                #[serde(rename = $name)]
                $member $(= $number)?,
            )+
        }

        impl $enum {
            /// Every name, in order.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name in every language.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$member => $name,)+
                }
            }

            /// Every member, in order.
            #[allow(dead_code)] // not every enum is listed in the schema
            pub(crate) fn declared() -> Vec<$crate::declare::entry::Name> {
                vec![$(
                    $crate::declare::entry::Name {
                        name: $name,
                        number: [$($number)?].first().copied(),
                        note: [$($note)?].first().copied(),
                        description: $crate::declare::entry::first_paragraph(
                            $crate::declare::doc_text!($([$($attribute)*])*),
                        ),
                    },
                )+]
            }
        }
    };
}

pub(crate) use declare_names;
