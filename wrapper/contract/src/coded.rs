//! Makes enums whose variants have a stable code, and one table of what people read of them.

/// What people read of a code; `{}` stands for the detail that came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The code, in logs and reports. It stays what it is while its meaning does.
    pub code: &'static str,
    /// What happened.
    pub sentence: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A text of the table with the detail in its place.
pub(crate) fn filled(text: &str, detail: Option<&str>) -> String {
    text.replace("{}", detail.unwrap_or_default())
}

/// Defines such an enum: `"code" Variant(detail): "sentence"; "remedy"`, where the detail is a text.
macro_rules! coded {
    (@text $detail:ident) => { String };
    (@new $variant:ident $given:ident) => {
        match $given {
            None => Some(Self::$variant),
            Some(_) => None,
        }
    };
    (@new $variant:ident $given:ident $detail:ident) => { $given.map(Self::$variant) };
    (@detail) => { None };
    (@detail $detail:ident) => { Some($detail) };
    (
        $(#[$of_all:meta])*
        pub enum $name:ident {
            $(
                $(#[$of_one:meta])*
                $code:literal $variant:ident $(($detail:ident))?: $sentence:literal; $remedy:literal
            )*
        }
    ) => {
        $(#[$of_all])*
        pub enum $name {
            $(
                $(#[$of_one])*
                #[cfg_attr(feature = "serde", serde(rename = $code))]
                $variant $((coded!(@text $detail)))?,
            )*
        }

        impl $name {
            /// All codes, with what people read of them.
            pub const TABLE: &'static [$crate::coded::Row] = &[
                $($crate::coded::Row { code: $code, sentence: $sentence, remedy: $remedy },)*
            ];

            /// The one of a code, with what came with it; nothing where there is none, or it has no such thing.
            pub(crate) fn of_code(code: &str, detail: Option<String>) -> Option<Self> {
                match code {
                    $($code => coded!(@new $variant detail $($detail)?),)*
                    _ => None,
                }
            }

            fn row(&self) -> $crate::coded::Row {
                match self {
                    $(Self::$variant { .. } => $crate::coded::Row {
                        code: $code,
                        sentence: $sentence,
                        remedy: $remedy,
                    },)*
                }
            }

            /// The stable code.
            #[must_use]
            pub fn code(&self) -> &'static str {
                self.row().code
            }

            /// What came with it: a name, or the words of whoever reported it.
            #[must_use]
            pub fn detail(&self) -> Option<&str> {
                match self {
                    $(Self::$variant $(($detail))? => coded!(@detail $($detail)?),)*
                }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(&self) -> String {
                let detail = self.detail().map($crate::text::shown);
                $crate::coded::filled(self.row().remedy, detail.as_deref())
            }
        }

        /// The code, or an object of the code with what came with it.
        impl $crate::json::Json for $name {
            fn write(&self, text: &mut String) {
                let code = self.code().to_owned();
                match self.detail() {
                    None => code.write(text),
                    Some(detail) => $crate::json::write_object(text, |text| {
                        $crate::json::put(&code, &detail.to_owned(), text);
                    }),
                }
            }

            fn read(value: &serde_json::Value) -> Option<Self> {
                if let Some(code) = value.as_str() {
                    return Self::of_code(code, None);
                }
                let (code, detail) = value.as_object()?.iter().next()?;
                Self::of_code(code, Some(detail.as_str()?.to_owned()))
            }
        }
    };
}
pub(crate) use coded;
