//! Reading and writing numbers by the names of Node's methods.

use serde_json::{Value, json};
use synodic_buffers::Numbers;

use super::case::{Case, Fault, hex, malformed};

/// Declares `read` and `write`, which choose a method by its name.
macro_rules! methods {
    (fixed { $($node:literal: $read:ident $write:ident $to:ident $from:ident;)* }
     variable { $($var_node:literal: $var_read:ident $var_write:ident;)* }) => {
        pub(super) fn read(case: &Case) -> Result<Value, Fault> {
            let bytes = case.bytes("bytes")?;
            let offset = case.position("offset")?;
            let method = case.string("method")?;
            let value = match method.strip_prefix("read") {
                $(Some($node) => $to(bytes.$read(offset)?),)*
                $(Some($var_node) => json!(bytes.$var_read(offset, case.position("byteLength")?)?),)*
                _ => return Err(malformed(method)),
            };
            Ok(json!({ "value": value }))
        }

        pub(super) fn write(case: &Case) -> Result<Value, Fault> {
            let mut bytes = case.bytes("bytes")?;
            let offset = case.position("offset")?;
            let method = case.string("method")?;
            let value = case.require("value")?;
            let end = match method.strip_prefix("write") {
                $(Some($node) => bytes.$write(offset, $from(value)?)?,)*
                $(Some($var_node) => {
                    let width = case.position("byteLength")?;
                    bytes.$var_write(offset, integer(value)?, width)?
                })*
                _ => return Err(malformed(method)),
            };
            Ok(json!({ "num": end, "bytes": hex(&bytes) }))
        }
    };
}

methods! {
    fixed {
        "UInt8": read_u8 write_u8 plain integer;
        "Int8": read_i8 write_i8 plain integer;
        "UInt16LE": read_u16_le write_u16_le plain integer;
        "UInt16BE": read_u16_be write_u16_be plain integer;
        "Int16LE": read_i16_le write_i16_le plain integer;
        "Int16BE": read_i16_be write_i16_be plain integer;
        "UInt32LE": read_u32_le write_u32_le plain integer;
        "UInt32BE": read_u32_be write_u32_be plain integer;
        "Int32LE": read_i32_le write_i32_le plain integer;
        "Int32BE": read_i32_be write_i32_be plain integer;
        "BigUInt64LE": read_u64_le write_u64_le unsigned integer;
        "BigUInt64BE": read_u64_be write_u64_be unsigned integer;
        "BigInt64LE": read_i64_le write_i64_le signed integer;
        "BigInt64BE": read_i64_be write_i64_be signed integer;
        "FloatLE": read_f32_le write_f32_le single to_single;
        "FloatBE": read_f32_be write_f32_be single to_single;
        "DoubleLE": read_f64_le write_f64_le double to_double;
        "DoubleBE": read_f64_be write_f64_be double to_double;
    }
    variable {
        "UIntLE": read_uint_le write_uint_le;
        "UIntBE": read_uint_be write_uint_be;
        "IntLE": read_int_le write_int_le;
        "IntBE": read_int_be write_int_be;
    }
}

fn plain(value: impl Into<Value>) -> Value {
    value.into()
}

fn unsigned(value: u64) -> Value {
    json!({ "u64": value.to_string() })
}

fn signed(value: i64) -> Value {
    json!({ "i64": value.to_string() })
}

fn single(value: f32) -> Value {
    if value.is_nan() {
        json!({ "f32": "nan" })
    } else {
        json!({ "f32": hex(&value.to_be_bytes()) })
    }
}

fn double(value: f64) -> Value {
    if value.is_nan() {
        json!({ "f64": "nan" })
    } else {
        json!({ "f64": hex(&value.to_be_bytes()) })
    }
}

/// An integer, when its type has it.
fn integer<T: TryFrom<i128>>(value: &Value) -> Result<T, Fault> {
    let text = ["i64", "u64"].iter().find_map(|key| value[*key].as_str());
    let number = match text {
        Some(text) => text.parse().map_err(|_| malformed(text))?,
        None => value
            .as_i64()
            .map(i128::from)
            .ok_or_else(|| malformed("value"))?,
    };
    T::try_from(number).map_err(|_| Fault::NotExpressible)
}

fn to_double(value: &Value) -> Result<f64, Fault> {
    match value["f64"].as_str() {
        Some("nan") => Ok(f64::NAN),
        Some(digits) => u64::from_str_radix(digits, 16)
            .map(f64::from_bits)
            .map_err(|_| malformed(digits)),
        None => value.as_f64().ok_or_else(|| malformed("value")),
    }
}

/// JavaScript has doubles only, which writing a float rounds.
fn to_single(value: &Value) -> Result<f32, Fault> {
    to_double(value).map(|value| value as f32)
}
