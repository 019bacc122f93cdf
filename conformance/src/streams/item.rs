//! What the streams of the programs carry.

use serde_json::{Value, json};
use synodic_buffers::{Buffer, Encoding, StringDecoder};
use synodic_streams::{Chunk, Options, node};

/// A chunk of bytes, a piece of decoded text, or an object.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Bytes(Buffer),
    Text(String),
    Object(Value),
}

impl Item {
    /// Reads an item as a program has it.
    pub(super) fn parse(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Bytes(Encoding::Hex.encode(text.as_str())),
            other => Self::Object(other.clone()),
        }
    }

    /// The form in which it stands in a log.
    pub(super) fn plain(&self) -> Value {
        match self {
            Self::Bytes(bytes) => Encoding::Hex.decode(bytes).into(),
            Self::Text(text) => json!({ "str": text }),
            Self::Object(value) => value.clone(),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Object(value) => value.as_i64(),
            _ => None,
        }
    }
}

impl From<Vec<u8>> for Item {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<i64> for Item {
    fn from(number: i64) -> Self {
        Self::Object(number.into())
    }
}

impl Chunk for Item {
    fn units(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            // As JavaScript counts.
            Self::Text(text) => text.encode_utf16().count(),
            Self::Object(_) => 1,
        }
    }

    fn take_front(&mut self, units: usize) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.split_to(units)),
            Self::Text(text) => {
                let mut left = units;
                let at = text.char_indices().find(|(_, letter)| {
                    let fits = letter.len_utf16() <= left;
                    left = left.saturating_sub(letter.len_utf16());
                    !fits
                });
                let at = at.map_or(text.len(), |(at, _)| at);
                let rest = text.split_off(at);
                Self::Text(std::mem::replace(text, rest))
            }
            Self::Object(value) => Self::Object(value.take()),
        }
    }

    fn join(items: Vec<Self>) -> Self {
        if items.iter().any(|item| matches!(item, Self::Text(_))) {
            let text = |item| match item {
                Self::Text(text) => text,
                _ => String::new(),
            };
            return Self::Text(items.into_iter().map(text).collect());
        }
        items
            .iter()
            .flat_map(|item| item.bytes().to_vec())
            .collect::<Vec<_>>()
            .into()
    }
}

/// Options of one side.
pub(super) fn options(high_water_mark: Option<usize>, is_object: bool) -> Options<Item> {
    // Those of the Node that the vectors were recorded on.
    const BYTES_DEFAULT: usize = 16 * 1024;
    const OBJECTS_DEFAULT: usize = 16;
    if is_object {
        Options::objects(high_water_mark.unwrap_or(OBJECTS_DEFAULT))
    } else {
        Options::bytes(high_water_mark.unwrap_or(BYTES_DEFAULT))
    }
}

/// Text of bytes.
pub(super) struct TextDecoder(StringDecoder);

impl TextDecoder {
    pub(super) fn new(encoding: &str) -> Result<Self, String> {
        let encoding: Encoding = encoding
            .parse()
            .map_err(|_| format!("encoding {encoding}"))?;
        Ok(Self(StringDecoder::new(encoding)))
    }
}

impl node::Decoder<Item> for TextDecoder {
    fn write(&mut self, item: Item) -> Item {
        match item {
            Item::Bytes(bytes) => Item::Text(self.0.write(&bytes)),
            other => other,
        }
    }

    fn end(&mut self) -> Option<Item> {
        Some(Item::Text(self.0.end()))
    }
}
