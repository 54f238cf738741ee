//! Just enough JSON to write one object: the library that is loaded into other people's processes carries no more.

use std::fmt::Write;

/// An object in the making.
pub struct Object(String);

impl Object {
    pub fn new() -> Object {
        Object(String::from("{"))
    }

    pub fn text(mut self, key: &str, value: &str) -> Object {
        self.key(key);
        self.quote(value);
        self
    }

    pub fn optional_text(self, key: &str, value: Option<&str>) -> Object {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub fn number(mut self, key: &str, value: impl Into<i128>) -> Object {
        self.key(key);
        let _ = write!(self.0, "{}", value.into());
        self
    }

    pub fn optional_number(self, key: &str, value: Option<impl Into<i128>>) -> Object {
        match value {
            Some(value) => self.number(key, value),
            None => self,
        }
    }

    /// Left out where it is false.
    pub fn truth(mut self, key: &str, value: bool) -> Object {
        if value {
            self.key(key);
            self.0.push_str("true");
        }
        self
    }

    pub fn texts(mut self, key: &str, values: &[String]) -> Object {
        self.key(key);
        self.0.push('[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.quote(value);
        }
        self.0.push(']');
        self
    }

    pub fn objects(mut self, key: &str, values: impl Iterator<Item = Object>) -> Object {
        self.key(key);
        self.0.push('[');
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.0.push_str(&value.end());
        }
        self.0.push(']');
        self
    }

    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.quote(key);
        self.0.push(':');
    }

    /// RFC 8259, section 7.
    fn quote(&mut self, text: &str) {
        self.0.push('"');
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                control if control < ' ' => {
                    let _ = write!(self.0, "\\u{:04x}", control as u32);
                }
                other => self.0.push(other),
            }
        }
        self.0.push('"');
    }
}
