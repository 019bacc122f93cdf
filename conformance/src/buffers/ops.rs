//! One function for each kind of case.

use std::cmp::Ordering;

use serde_json::{Value, json};
use synodic_buffers::{
    Blob, Buffer, BufferMut, BytesExt, Encoding, Error, StringDecoder, transcode,
};

use super::case::{Case, Fault, Pattern, bytes, hex, malformed, text, text_value};
use super::{numbers, pool};

/// What the API makes of a case.
pub(super) fn execute(case: &Case) -> Result<Value, Fault> {
    match case.op.as_str() {
        "toString" => to_string(case),
        "from" => {
            let encoded = case.encoding()?.encode(case.text("str")?.as_text());
            Ok(json!({ "bytes": hex(&encoded) }))
        }
        "byteLength" => {
            let len = case.encoding()?.byte_len(case.text("str")?.as_text());
            Ok(json!({ "num": len }))
        }
        "encoding" => {
            let found: Result<Encoding, Error> = case.string("name")?.parse();
            Ok(json!({ "str": found.ok().map(Encoding::name) }))
        }
        "alloc" => alloc(case),
        "indexOf" => Ok(json!({ "num": index(search(case, true)?) })),
        "lastIndexOf" => Ok(json!({ "num": index(search(case, false)?) })),
        "includes" => Ok(json!({ "bool": search(case, true)?.is_some() })),
        "compare" => compare(case),
        "equals" => {
            let (left, right) = (Buffer::from(case.bytes("bytes")?), case.bytes("other")?);
            Ok(json!({ "bool": left == right }))
        }
        "fill" => fill(case),
        "concat" => concat(case),
        "subarray" => subarray(case),
        "read" => numbers::read(case),
        "write" => numbers::write(case),
        "swap" => swap(case),
        "transcode" => transcoded(case),
        "writeString" => write_string(case),
        "copy" => copy(case),
        "copyWithin" => copy_within(case),
        "isUtf8" => Ok(json!({ "bool": case.bytes("bytes")?.is_utf8() })),
        "isAscii" => Ok(json!({ "bool": case.bytes("bytes")?.is_ascii() })),
        "timingSafeEqual" => {
            let equal = case
                .bytes("bytes")?
                .timing_safe_equal(&case.bytes("other")?)?;
            Ok(json!({ "bool": equal }))
        }
        "decoder" => decoder(case),
        "pool" => pool::layout(case),
        "blob" => blob(case),
        op => Err(malformed(op)),
    }
}

fn to_string(case: &Case) -> Result<Value, Fault> {
    let (bytes, encoding) = (case.bytes("bytes")?, case.encoding()?);
    let end = case.clamped("end", bytes.len())?.min(bytes.len());
    let range = case.clamped("start", 0)?.min(end)..end;
    let units = match encoding {
        Encoding::Utf16Le => encoding.decode_utf16(&bytes[range]),
        _ => bytes.text(encoding, range).encode_utf16().collect(),
    };
    Ok(json!({ "str": text_value(&units) }))
}

fn alloc(case: &Case) -> Result<Value, Fault> {
    let mut bytes = BufferMut::zeroed(case.offset("size", 0)?);
    if case.get("fill").is_some() {
        let len = bytes.len();
        fill_with(&mut bytes, &case.pattern("fill")?, case.encoding()?, 0..len)?;
    }
    Ok(json!({ "bytes": hex(&bytes) }))
}

fn search(case: &Case, is_forward: bool) -> Result<Option<usize>, Fault> {
    let hay = case.bytes("bytes")?;
    let from = case.signed("offset", if is_forward { 0 } else { isize::MAX })?;
    let bytes = match case.pattern("value")? {
        Pattern::Text(text) => {
            let (text, encoding) = (text.as_text(), case.encoding()?);
            return Ok(if is_forward {
                hay.index_of_text(text, encoding, from)
            } else {
                hay.last_index_of_text(text, encoding, from)
            });
        }
        Pattern::Number(number) => vec![number as u8],
        Pattern::Bytes(bytes) => bytes,
    };
    Ok(if is_forward {
        hay.index_of(&bytes, from)
    } else {
        hay.last_index_of(&bytes, from)
    })
}

/// Node's number for a place.
fn index(place: Option<usize>) -> i64 {
    place.map_or(-1, |place| place as i64)
}

fn compare(case: &Case) -> Result<Value, Fault> {
    let (source, target) = (case.bytes("bytes")?, case.bytes("other")?);
    let theirs = case.offset("targetStart", 0)?..case.offset("targetEnd", target.len())?;
    let ours = case.offset("sourceStart", 0)?..case.offset("sourceEnd", source.len())?;
    Ok(match source.compare_range(ours, &target, theirs)? {
        Ordering::Less => json!({ "num": -1 }),
        Ordering::Equal => json!({ "num": 0 }),
        Ordering::Greater => json!({ "num": 1 }),
    })
}

fn fill(case: &Case) -> Result<Value, Fault> {
    let mut bytes = case.bytes("bytes")?;
    let range = case.offset("start", 0)?..case.offset("end", bytes.len())?;
    fill_with(&mut bytes, &case.pattern("value")?, case.encoding()?, range)?;
    Ok(json!({ "bytes": hex(&bytes) }))
}

fn fill_with(
    bytes: &mut [u8],
    pattern: &Pattern,
    encoding: Encoding,
    range: std::ops::Range<usize>,
) -> Result<(), Fault> {
    let pattern = match pattern {
        Pattern::Number(number) => vec![*number as u8],
        Pattern::Text(text) if text.as_text().is_empty() => vec![0],
        Pattern::Text(text) => encoding.encode(text.as_text()).to_vec(),
        Pattern::Bytes(bytes) => bytes.clone(),
    };
    Ok(bytes.fill_with_pattern(&pattern, range)?)
}

fn concat(case: &Case) -> Result<Value, Fault> {
    let list: Result<Vec<_>, _> = case.list("list")?.iter().map(bytes).collect();
    let list = list?;
    let all = match case.get("total") {
        // An empty list makes the total irrelevant, even one that is no length.
        Some(_) if !list.is_empty() => Buffer::concat_to(&list, case.offset("total", 0)?),
        _ => Buffer::concat(&list),
    };
    Ok(json!({ "bytes": hex(&all) }))
}

fn subarray(case: &Case) -> Result<Value, Fault> {
    let root = Buffer::from(case.bytes("bytes")?);
    let mut part = root.clone();
    for range in case.list("ranges")? {
        let offset = |at: usize, absent| range[at].as_i64().map_or(absent, |n| n as isize);
        part = part.subarray(offset(0, 0), offset(1, isize::MAX));
    }
    let offset = part.as_ptr().addr().wrapping_sub(root.as_ptr().addr());
    let shared = offset <= root.len();
    Ok(json!({ "bytes": hex(&part), "offset": offset, "shared": shared }))
}

fn swap(case: &Case) -> Result<Value, Fault> {
    let mut bytes = case.bytes("bytes")?;
    match case.number("width")? {
        Some(16) => bytes.swap16()?,
        Some(32) => bytes.swap32()?,
        Some(64) => bytes.swap64()?,
        width => return Err(malformed(&format!("{width:?}"))),
    }
    Ok(json!({ "bytes": hex(&bytes) }))
}

fn transcoded(case: &Case) -> Result<Value, Fault> {
    let bytes = case.bytes("bytes")?;
    if bytes.is_empty() {
        // Node does not look at the names then, which have to be parsed here.
        return Ok(json!({ "bytes": "" }));
    }
    let encoding = |key| {
        let name = case.string(key)?;
        name.parse()
            .map_err(|_: Error| Fault::Code("U_ILLEGAL_ARGUMENT_ERROR"))
    };
    let (from, to) = (encoding("from")?, encoding("to")?);
    let bytes = transcode(&bytes, from, to)?;
    Ok(json!({ "bytes": hex(&bytes) }))
}

fn write_string(case: &Case) -> Result<Value, Fault> {
    let mut bytes = vec![0x2e; case.offset("size", 0)?];
    let start = case.offset("offset", 0)?;
    let end = match case.get("length") {
        Some(_) => start.saturating_add(case.offset("length", 0)?),
        None => bytes.len().max(start),
    };
    let text = case.text("str")?;
    let written = bytes.write_text(text.as_text(), case.encoding()?, start..end)?;
    Ok(json!({ "num": written, "bytes": hex(&bytes) }))
}

fn copy(case: &Case) -> Result<Value, Fault> {
    let (source, mut target) = (case.bytes("bytes")?, case.bytes("target")?);
    let start = case.offset("targetStart", 0)?;
    let range = case.offset("sourceStart", 0)?..case.offset("sourceEnd", source.len())?;
    let copied = source.copy_to(range, &mut target, start)?;
    Ok(json!({ "num": copied, "bytes": hex(&target) }))
}

fn copy_within(case: &Case) -> Result<Value, Fault> {
    let mut bytes = case.bytes("bytes")?;
    let range = case.offset("sourceStart", 0)?..case.offset("sourceEnd", bytes.len())?;
    let copied = bytes.copy_inside(range, case.offset("targetStart", 0)?)?;
    Ok(json!({ "num": copied, "bytes": hex(&bytes) }))
}

fn decoder(case: &Case) -> Result<Value, Fault> {
    let mut decoder = StringDecoder::new(case.encoding()?);
    let mut writes = Vec::new();
    for chunk in case.list("chunks")? {
        writes.push(text_value(&decoder.write_utf16(&bytes(chunk)?)));
    }
    Ok(json!({ "writes": writes, "end": text_value(&decoder.end_utf16()) }))
}

fn blob(case: &Case) -> Result<Value, Fault> {
    let part = |part: &Value| match part.get("str") {
        Some(value) => text(value).map(|text| Encoding::Utf8.encode(text.as_text())),
        None => bytes(&part["bytes"]).map(Buffer::from),
    };
    let parts: Result<Vec<_>, _> = case.list("parts")?.iter().map(part).collect();
    let mut blob = Blob::new(parts?);
    for range in case.list("slices")? {
        let offset = |at: usize, absent| range[at].as_i64().map_or(absent, |n| n as isize);
        blob = blob.slice(offset(0, 0), offset(1, isize::MAX));
    }
    let (bytes, text) = (blob.to_buffer(), blob.text());
    Ok(json!({ "num": blob.len(), "bytes": hex(&bytes), "str": text }))
}
