//! Writes and reads records as JSON, without a macro crate: what is derived elsewhere costs each derivation's
//! closure six crates.

use serde_json::{Map, Value};

/// What has a form in JSON.
pub trait Json: Sized {
    /// Adds it to a text, in one line.
    fn write(&self, text: &mut String);

    /// Reads it; nothing where a value is of another form.
    fn read(value: &Value) -> Option<Self>;

    /// Its text.
    fn to_json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Reads a text; nothing where that is no JSON, or of another form.
    #[must_use]
    fn from_json(text: &[u8]) -> Option<Self> {
        Self::read(&serde_json::from_slice(text).ok()?)
    }
}

/// What can be a member of an object, or several.
pub(crate) trait Member: Sized {
    /// Adds what there is of it behind the other members, each with a comma in front.
    fn put(&self, name: &str, text: &mut String);

    /// Reads it. What was left out is what it is without.
    fn get(name: &str, members: &Map<String, Value>) -> Option<Self>;
}

/// Adds a name and a value.
pub(crate) fn put(name: &str, value: &impl Json, text: &mut String) {
    text.push(',');
    name.to_owned().write(text);
    text.push(':');
    value.write(text);
}

/// Adds an object with the members that `put` adds.
pub(crate) fn write_object(text: &mut String, put: impl FnOnce(&mut String)) {
    let start = text.len();
    put(text);
    if text.len() == start {
        text.push('{');
    } else {
        // In the place of the first comma.
        text.replace_range(start..=start, "{");
    }
    text.push('}');
}

impl Json for String {
    fn write(&self, text: &mut String) {
        *text += &Value::from(self.as_str()).to_string();
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Json for u64 {
    fn write(&self, text: &mut String) {
        *text += &self.to_string();
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, text: &mut String) {
        text.push('[');
        for (number, item) in self.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            item.write(text);
        }
        text.push(']');
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::read).collect()
    }
}

/// Members that are always there.
macro_rules! members {
    ($($type:ty),*) => {
        $(impl $crate::json::Member for $type {
            fn put(&self, name: &str, text: &mut String) {
                $crate::json::put(name, self, text);
            }

            fn get(
                name: &str,
                members: &serde_json::Map<String, serde_json::Value>,
            ) -> Option<Self> {
                $crate::json::Json::read(members.get(name)?)
            }
        })*
    };
}
pub(crate) use members;

members!(u64, String, Vec<String>);

/// It is there where it is true.
impl Member for bool {
    fn put(&self, name: &str, text: &mut String) {
        if *self {
            text.push(',');
            name.to_owned().write(text);
            *text += ":true";
        }
    }

    fn get(name: &str, members: &Map<String, Value>) -> Option<Self> {
        members.get(name).map_or(Some(false), Value::as_bool)
    }
}

/// It is there where there is one.
impl Member for Option<String> {
    fn put(&self, name: &str, text: &mut String) {
        if let Some(value) = self {
            put(name, value, text);
        }
    }

    fn get(name: &str, members: &Map<String, Value>) -> Option<Self> {
        match members.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => Some(Some(String::read(value)?)),
        }
    }
}

/// Defines a struct that is an object in JSON, with a member for each field.
macro_rules! record {
    (
        $(#[$of_all:meta])*
        pub struct $name:ident {
            $( $(#[$of_one:meta])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$of_all])*
        pub struct $name {
            $( $(#[$of_one])* pub $field: $type, )*
        }

        impl $crate::json::Json for $name {
            fn write(&self, text: &mut String) {
                $crate::json::write_object(text, |text| {
                    $( $crate::json::Member::put(&self.$field, stringify!($field), text); )*
                });
            }

            fn read(value: &serde_json::Value) -> Option<Self> {
                let members = value.as_object()?;
                Some(Self {
                    $( $field: $crate::json::Member::get(stringify!($field), members)?, )*
                })
            }
        }
    };
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::*;

    record! {
        /// With one field of each kind.
        #[derive(Debug, Default, PartialEq)]
        pub struct Example {
            /// A number.
            pub number: u64,
            /// A text.
            pub text: String,
            /// A list.
            pub list: Vec<String>,
            /// A switch.
            pub switch: bool,
            /// What may be missing.
            pub missing: Option<String>,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let full = Example {
            number: u64::MAX,
            text: "a\"\n\u{1b}é".into(),
            list: vec!["b".into(), String::new()],
            switch: true,
            missing: Some("c".into()),
        };
        let text = r#"{"number":18446744073709551615,"text":"a\"\n\u001bé","list":["b",""],"switch":true,"missing":"c"}"#;
        assert_eq!(full.to_json(), text);
        let short = r#"{"number":0,"text":"","list":[]}"#;
        assert_eq!(Example::default().to_json(), short);
        for (example, text) in [(full, text), (Example::default(), short)] {
            assert_eq!(Example::from_json(text.as_bytes()), Some(example));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"number":-1,"text":"","list":[]}"#,
            r#"{"number":1,"text":"","list":[1]}"#,
            r#"{"number":1,"text":"","list":[],"switch":1}"#,
            r#"{"number":1,"text":"","list":[],"missing":{}}"#,
        ] {
            assert_eq!(Example::from_json(text.as_bytes()), None, "{text}");
        }
    }
}
