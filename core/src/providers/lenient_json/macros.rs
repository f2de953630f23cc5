//! What is the same in every object and in every visitor: the fields of an object, and what counts
//! as absent.

/// Declares objects of a wire: every field has a type that takes whatever comes, and a default.
macro_rules! object {
    ($($(#[$about:meta])* $visible:vis struct $name:ident<$life:lifetime> {
        $($(#[$note:meta])* $field:ident: $kind:ty $(= $key:literal)?,)*
    })+) => {$(
        $(#[$about])*
        #[derive(Debug, Default)]
        $visible struct $name<$life> {
            $($(#[$note])* $visible $field: $kind,)*
        }

        const _: () = {
            #[allow(non_camel_case_types, reason = "fields by their own names")]
            pub enum Name {
                $($field,)*
                Unknown,
            }

            impl<$life> $crate::providers::lenient_json::Object<$life> for $name<$life> {
                type Name = Name;

                #[inline]
                fn name(name: &str) -> Name {
                    match name {
                        $($crate::providers::lenient_json::object!(@key $field $($key)?) => {
                            Name::$field
                        })*
                        _ => Name::Unknown,
                    }
                }

                #[inline]
                fn field<A: serde::de::MapAccess<$life>>(
                    &mut self,
                    which: Name,
                    fields: &mut A,
                    mode: $crate::providers::lenient_json::Mode,
                ) -> Result<(), A::Error> {
                    use $crate::providers::lenient_json::Lenient as _;
                    match which {
                        $(Name::$field => fields.next_value_seed(self.$field.place(mode)),)*
                        Name::Unknown => fields.next_value::<serde::de::IgnoredAny>().map(drop),
                    }
                }
            }
        };
    )+};
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
}
pub(crate) use object;

/// What of a visitor counts as absent.
macro_rules! absent {
    ($($visit:ident)*) => {$(absent!(@ $visit);)*};
    (@ unit) => { absent!(@ visit_unit(self)); };
    (@ bool) => { absent!(@ visit_bool(self, _: bool)); };
    (@ str) => { absent!(@ visit_str(self, _: &str)); };
    (@ numbers) => {
        absent!(@ visit_u64(self, _: u64));
        absent!(@ visit_i64(self, _: i64));
        absent!(@ visit_f64(self, _: f64));
    };
    (@ seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ $name:ident($this:ident $(, $value:tt: $kind:ty)?)) => {
        fn $name<E>($this $(, $value: $kind)?) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}
pub(crate) use absent;
