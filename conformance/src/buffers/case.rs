//! A recorded case, and the values in it.

use serde_json::{Map, Value, json};
use synodic_buffers::{Encoding, Error, Text};

/// One line of a file of vectors.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) op: String,
    pub(crate) tags: Vec<String>,
    pub(crate) expect: Value,
    fields: Map<String, Value>,
}

/// Why a case has no result.
#[derive(Debug)]
pub(crate) enum Fault {
    /// What Node reports as an error with this code.
    Code(&'static str),
    /// A typed argument rules the case out.
    NotExpressible,
    /// The case makes no sense.
    Malformed(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Code(error.code())
    }
}

/// Text as a case has it.
#[derive(Debug)]
pub(crate) enum OwnedText {
    Str(String),
    Utf16(Vec<u16>),
}

impl OwnedText {
    pub(crate) fn as_text(&self) -> Text<'_> {
        match self {
            Self::Str(text) => Text::Str(text),
            Self::Utf16(units) => Text::Utf16(units),
        }
    }
}

/// What is searched for, or filled with.
#[derive(Debug)]
pub(crate) enum Pattern {
    Number(i64),
    Text(OwnedText),
    Bytes(Vec<u8>),
}

impl Case {
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("a case is no object")?.clone();
        let text = |key: &str| {
            let value = fields.get(key).and_then(Value::as_str);
            value
                .map(str::to_owned)
                .ok_or(format!("no {key} in {value:?}"))
        };
        let tags = match fields.get("tags") {
            Some(tags) => {
                serde_json::from_value(tags.clone()).map_err(|error| error.to_string())?
            }
            None => Vec::new(),
        };
        Ok(Self {
            id: text("id")?,
            op: text("op")?,
            tags,
            expect: fields.get("expect").cloned().unwrap_or_default(),
            fields,
        })
    }

    /// The case without what is expected of it.
    pub(crate) fn program(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.remove("expect");
        fields.into()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    pub(crate) fn require(&self, key: &str) -> Result<&Value, Fault> {
        self.get(key).ok_or_else(|| malformed(key))
    }

    pub(crate) fn list(&self, key: &str) -> Result<&[Value], Fault> {
        let list = self.require(key)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| malformed(key))
    }

    pub(crate) fn string(&self, key: &str) -> Result<&str, Fault> {
        self.require(key)?.as_str().ok_or_else(|| malformed(key))
    }

    pub(crate) fn bytes(&self, key: &str) -> Result<Vec<u8>, Fault> {
        bytes(self.require(key)?)
    }

    pub(crate) fn text(&self, key: &str) -> Result<OwnedText, Fault> {
        text(self.require(key)?)
    }

    pub(crate) fn pattern(&self, key: &str) -> Result<Pattern, Fault> {
        let value = self.require(key)?;
        if let Some(number) = value.get("num").and_then(Value::as_i64) {
            Ok(Pattern::Number(number))
        } else if let Some(value) = value.get("str") {
            text(value).map(Pattern::Text)
        } else {
            bytes(&value["bytes"]).map(Pattern::Bytes)
        }
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<i64>, Fault> {
        let number = |value: &Value| value.as_i64().ok_or_else(|| malformed(key));
        self.get(key).map(number).transpose()
    }

    /// An offset of which a negative one counts from the end.
    pub(crate) fn signed(&self, key: &str, absent: isize) -> Result<isize, Fault> {
        Ok(self.number(key)?.map_or(absent, |number| number as isize))
    }

    /// An offset of which a negative one is an error.
    pub(crate) fn offset(&self, key: &str, absent: usize) -> Result<usize, Fault> {
        match self.number(key)? {
            None => Ok(absent),
            Some(number) => usize::try_from(number).map_err(|_| Fault::Code("ERR_OUT_OF_RANGE")),
        }
    }

    /// An offset of which a negative one is far too large.
    pub(crate) fn position(&self, key: &str) -> Result<usize, Fault> {
        let number = self.number(key)?.ok_or_else(|| malformed(key))?;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// An offset of which a negative one is the beginning.
    pub(crate) fn clamped(&self, key: &str, absent: usize) -> Result<usize, Fault> {
        Ok(match self.number(key)? {
            Some(number) => usize::try_from(number).unwrap_or(0),
            None => absent,
        })
    }

    /// The encoding, UTF-8 when there is none.
    pub(crate) fn encoding(&self) -> Result<Encoding, Fault> {
        match self.get("encoding") {
            Some(_) => Ok(self.string("encoding")?.parse()?),
            None => Ok(Encoding::Utf8),
        }
    }
}

pub(crate) fn malformed(what: &str) -> Fault {
    Fault::Malformed(what.to_owned())
}

/// Bytes from hexadecimal digits, by `std` alone: what is tested does not read its own tests.
pub(crate) fn bytes(value: &Value) -> Result<Vec<u8>, Fault> {
    let digits = value.as_str().ok_or_else(|| malformed("bytes"))?;
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| malformed(digits));
    (0..digits.len()).step_by(2).map(byte).collect()
}

pub(crate) fn text(value: &Value) -> Result<OwnedText, Fault> {
    if let Some(text) = value.as_str() {
        return Ok(OwnedText::Str(text.to_owned()));
    }
    let digits = value["u16"].as_str().ok_or_else(|| malformed("str"))?;
    let unit = |at| u16::from_str_radix(&digits[at..at + 4], 16).map_err(|_| malformed(digits));
    let units: Result<_, _> = (0..digits.len()).step_by(4).map(unit).collect();
    units.map(OwnedText::Utf16)
}

/// Hexadecimal digits, by `std` alone.
pub(crate) fn hex(bytes: &[u8]) -> Value {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat().into()
}

/// Text in the form of the vectors.
pub(crate) fn text_value(units: &[u16]) -> Value {
    match String::from_utf16(units) {
        Ok(text) => text.into(),
        Err(_) => {
            let digits: Vec<_> = units.iter().map(|unit| format!("{unit:04x}")).collect();
            json!({ "u16": digits.concat() })
        }
    }
}
