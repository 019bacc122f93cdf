//! The encodings, both ways: against definitions of their own, and however the input is split.
#![cfg(not(synodic_loom))]

use proptest::prelude::*;
use synodic_buffers::{Encoding, Error, StringDecoder, Text, transcode};

fn encodings() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(&Encoding::ALL[..])
}

#[test]
fn names_are_nodes_in_any_case() {
    for encoding in Encoding::ALL {
        assert_eq!(encoding.name().to_uppercase().parse(), Ok(encoding));
        assert_eq!(encoding.to_string(), encoding.name());
    }
    assert_eq!("binary".parse(), Ok(Encoding::Latin1));
    let error = "utf16be".parse::<Encoding>().unwrap_err();
    assert_eq!(error.code(), "ERR_UNKNOWN_ENCODING");
}

#[test]
fn base64_is_that_of_rfc_4648() {
    let pairs = [
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ];
    for (bytes, text) in pairs {
        assert_eq!(Encoding::Base64.decode(bytes.as_bytes()), text);
        assert_eq!(Encoding::Base64.encode_strict(text).unwrap(), bytes);
        let bare = text.trim_end_matches('=');
        assert_eq!(Encoding::Base64Url.decode(bytes.as_bytes()), bare);
        assert_eq!(Encoding::Base64.encode(bare), bytes);
    }
}

#[test]
fn strict_base64_has_one_form_only() {
    for text in [
        "Zg", "Zg=", "Zh==", "Zm9v\n", "Zm9v=", "Z", "-_8=", "Zg==Zg==",
    ] {
        assert!(Encoding::Base64.encode_strict(text).is_err(), "{text}");
    }
    let error = Encoding::Base64.encode_strict("Zm9v Zg==").unwrap_err();
    let (encoding, offset) = ("base64", 4);
    assert_eq!(error, Error::Malformed { encoding, offset });
    assert_eq!(
        Encoding::Base64Url.encode_strict("-_8").unwrap(),
        [0xfb, 0xff]
    );
}

#[test]
fn what_is_malformed_is_named_by_its_offset() {
    let offset_of = |result: Result<_, Error>| match result {
        Err(Error::Malformed { offset, .. }) => offset,
        other => panic!("{other:?}"),
    };
    assert_eq!(offset_of(Encoding::Hex.encode_strict("0011g0")), 4);
    assert_eq!(offset_of(Encoding::Hex.encode_strict("00110")), 5);
    assert_eq!(offset_of(Encoding::Latin1.encode_strict("é€")), 2);
    assert_eq!(
        offset_of(Encoding::Utf8.encode_strict(&[0x61, 0xdc00][..])),
        1
    );
    assert_eq!(
        offset_of(Encoding::Ascii.decode_strict(b"ab\x80").map(Into::into)),
        2
    );
    assert_eq!(
        offset_of(
            Encoding::Utf16Le
                .decode_strict(b"a\0\0\xdc")
                .map(Into::into)
        ),
        2
    );
    assert_eq!(
        offset_of(Encoding::Utf16Le.decode_strict(b"a\0b").map(Into::into)),
        2
    );
}

#[test]
fn hex_ends_at_what_is_none_and_writes_no_more() {
    for bad in 0..300 {
        let mut text = "5a".repeat(300);
        text.replace_range(2 * bad..2 * bad + 1, "z");
        let mut out = [0; 300];
        assert_eq!(Encoding::Hex.encode_into(&text, &mut out), bad);
        assert!(out[..bad].iter().all(|&byte| byte == 0x5a));
        assert!(out[bad..].iter().all(|&byte| byte == 0));
    }
}

/// Long enough for several vectors, of every length, and with every byte.
#[test]
fn long_bytes_survive_hex_and_base64() {
    let all: Vec<u8> = (0..400_u32).map(|at| (at * 37 % 256) as u8).collect();
    for len in 0..all.len() {
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            let text = encoding.decode(&all[..len]);
            assert_eq!(encoding.encode(&text), all[..len]);
        }
        let digits: Vec<_> = all[..len]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(Encoding::Hex.decode(&all[..len]), digits.concat());
    }
    assert_eq!(
        Encoding::Hex.encode(Encoding::Hex.decode(&all).to_uppercase().as_str()),
        all
    );
}

/// A character that is skipped, at every place.
#[test]
fn base64_goes_on_behind_what_is_none() {
    let bytes: Vec<u8> = (0..200).collect();
    let text = Encoding::Base64.decode(&bytes);
    for at in 0..text.len() - 1 {
        let (head, tail) = text.split_at(at);
        for junk in ["\n", "!!", "é", "€"] {
            assert_eq!(
                Encoding::Base64.encode(&format!("{head}{junk}{tail}")),
                bytes
            );
        }
        let kept = (at / 4 * 3) + (at % 4).saturating_sub(1);
        assert_eq!(
            Encoding::Base64.encode(&format!("{head}={tail}")),
            bytes[..kept]
        );
    }
}

#[test]
fn transcoding_refuses_what_is_no_text() {
    let error = transcode(b"a", Encoding::Hex, Encoding::Utf8).unwrap_err();
    assert_eq!(error.to_string(), "cannot transcode from hex to utf8");
    let error = transcode(b"a\xff", Encoding::Utf8, Encoding::Utf16Le).unwrap_err();
    assert_eq!(error.code(), "U_INVALID_CHAR_FOUND");
    let narrow = transcode(
        "\u{feff}a\u{200b}€".as_bytes(),
        Encoding::Utf8,
        Encoding::Ascii,
    );
    assert_eq!(narrow.unwrap(), "a?");
}

#[test]
fn a_lone_surrogate_stays_where_it_can() {
    let units = [0x61, 0xd83d, 0x62];
    let bytes = Encoding::Utf16Le.encode(&units[..]);
    assert_eq!(Encoding::Utf16Le.decode_utf16(&bytes), units);
    assert_eq!(Encoding::Utf16Le.decode(&bytes), "a\u{fffd}b");
    assert_eq!(Encoding::Utf8.byte_len(&units[..]), 5);
}

proptest! {
    #[test]
    fn bytes_survive_text_that_has_all_of_them(bytes: Vec<u8>) {
        for encoding in [Encoding::Latin1, Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            let text = encoding.decode(&bytes);
            prop_assert_eq!(encoding.byte_len(&text), bytes.len());
            prop_assert_eq!(&encoding.encode(&text), &bytes);
            prop_assert_eq!(&encoding.encode_strict(&text).unwrap(), &bytes);
        }
    }

    #[test]
    fn text_survives_unicode(text: String) {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le] {
            let bytes = encoding.encode(&text);
            prop_assert_eq!(bytes.len(), encoding.byte_len(&text));
            prop_assert_eq!(&encoding.decode(&bytes), &text);
            prop_assert_eq!(&encoding.decode_strict(&bytes).unwrap(), &text);
        }
    }

    #[test]
    fn both_forms_of_a_text_are_one(text: String, encoding in encodings(), room in 0usize..40) {
        let units: Vec<u16> = text.encode_utf16().collect();
        prop_assert_eq!(encoding.encode(&text), encoding.encode(&units));
        prop_assert_eq!(encoding.byte_len(&text), encoding.byte_len(&units));
        let (mut of_str, mut of_units) = (vec![0; room], vec![0; room]);
        prop_assert_eq!(
            encoding.encode_into(Text::from(&text), &mut of_str),
            encoding.encode_into(Text::from(&units), &mut of_units)
        );
        prop_assert_eq!(of_str, of_units);
    }

    #[test]
    fn junk_in_base64_is_skipped(bytes: Vec<u8>, junk in "[ \r\n!.]{0,3}", every in 1usize..7) {
        let text = Encoding::Base64.decode(&bytes);
        let characters: Vec<char> = text.chars().collect();
        let torn: Vec<String> = characters.chunks(every).map(String::from_iter).collect();
        prop_assert_eq!(&Encoding::Base64.encode(&torn.join(&junk)), &bytes);
    }

    #[test]
    fn a_decoder_does_not_care_how_bytes_are_split(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0xd8), Just(0xdc), Just(0xe2), Just(0xf0), 0x80u8..0xc0],
            0..40,
        ),
        encoding in encodings(),
        size in 1usize..6,
    ) {
        let (mut text, mut units) = (String::new(), Vec::new());
        let mut decoders = [StringDecoder::new(encoding), StringDecoder::new(encoding)];
        for piece in bytes.chunks(size) {
            text += &decoders[0].write(piece);
            units.extend(decoders[1].write_utf16(piece));
        }
        text += &decoders[0].end();
        units.extend(decoders[1].end_utf16());
        prop_assert_eq!(text, encoding.decode(&bytes));
        prop_assert_eq!(units, encoding.decode_utf16(&bytes));
        prop_assert_eq!(decoders[0].held_len(), 0);
    }
}
