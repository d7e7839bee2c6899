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
                #[serde(rename = $code)]
                $variant $((coded!(@text $detail)))?,
            )*
        }

        impl $name {
            /// All codes, with what people read of them.
            pub const TABLE: &'static [$crate::coded::Row] = &[
                $($crate::coded::Row { code: $code, sentence: $sentence, remedy: $remedy },)*
            ];

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
    };
}
pub(crate) use coded;

#[cfg(test)]
mod tests {
    use crate::bypass::BypassReason;
    use crate::fault::{CacheError, Fault};

    #[test]
    fn codes_tell_rows_apart() {
        for table in [BypassReason::TABLE, CacheError::TABLE, Fault::TABLE] {
            let mut codes: Vec<_> = table.iter().map(|row| row.code).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), table.len());
            for row in table {
                let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
                assert!(row.code.chars().all(is_plain), "{}", row.code);
                assert!(
                    !row.sentence.is_empty() && !row.remedy.is_empty(),
                    "{}",
                    row.code
                );
            }
        }
    }

    #[test]
    fn a_detail_stands_in_its_place() {
        let reason = BypassReason::AssemblerReads(".incbin\u{1b}".into());
        assert_eq!(reason.code(), "assembler-reads");
        assert_eq!(reason.detail(), Some(".incbin\u{1b}"));
        assert_eq!(
            reason.remedy(),
            "what .incbin\\u{1b} names is in no key: put such data into a source of its own"
        );
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(json, r#"{"assembler-reads":".incbin\u001b"}"#);
        assert_eq!(serde_json::from_str::<BypassReason>(&json).unwrap(), reason);
        assert_eq!(CacheError::SessionMissing.detail(), None);
    }
}
