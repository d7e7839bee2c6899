//! Makes enums whose variants have names, in settings and in records.

/// Defines such an enum: `Variant = "name"`. What serde derives goes by the names, too.
macro_rules! named {
    (
        $(#[$of_all:meta])*
        pub enum $enum:ident {
            $( $(#[$of_one:meta])* $variant:ident = $name:literal, )*
        }
    ) => {
        $(#[$of_all])*
        pub enum $enum {
            $(
                $(#[$of_one])*
                #[cfg_attr(feature = "serde", serde(rename = $name))]
                $variant,
            )*
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name() == name)
            }
        }
    };
}
pub(crate) use named;
