//! Buffers behave as the bytes that they hold: the edges by hand, the rest against `Vec<u8>`.
#![cfg(not(synodic_loom))]

use std::{collections::HashMap, io::Write, sync::Arc, thread};

use proptest::prelude::*;
use synodic_buffers::{Buffer, BufferMut};

#[test]
fn a_buffer_is_three_words_and_an_option_of_it_no_more() {
    assert_eq!(size_of::<Buffer>(), 3 * size_of::<usize>());
    assert_eq!(size_of::<Option<Buffer>>(), size_of::<Buffer>());
    assert_eq!(size_of::<BufferMut>(), 4 * size_of::<usize>());
}

#[test]
fn buffers_travel_between_threads() {
    const fn check<T: Send + Sync + 'static>() {}
    const { check::<Buffer>() };
    const { check::<BufferMut>() };

    let buffer = Buffer::from(b"shared".to_vec());
    let threads = [(); 4].map(|()| {
        let part = buffer.slice(2..);
        thread::spawn(move || assert_eq!(part, "ared"))
    });
    drop(buffer);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_vector_is_taken_over_and_not_copied() {
    let bytes = b"hello".to_vec();
    let address = bytes.as_ptr();
    let buffer = Buffer::from(bytes);
    assert_eq!(buffer.as_ptr(), address);
    assert_eq!(buffer.slice(1..).as_ptr(), address.wrapping_add(1));
}

#[test]
fn an_owner_is_dropped_once_with_the_last_buffer() {
    struct Owner {
        _alive: Arc<()>,
    }
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            b"owned"
        }
    }

    let alive = Arc::new(());
    let buffer = Buffer::from_owner(Owner {
        _alive: Arc::clone(&alive),
    });
    let part = buffer.slice(..2);
    drop(buffer);
    assert_eq!((&part[..], Arc::strong_count(&alive)), (&b"ow"[..], 2));
    drop(part);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn an_owner_that_panics_is_dropped() {
    struct Owner {
        _alive: Arc<()>,
    }
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            panic!("expected by the test")
        }
    }

    let alive = Arc::new(());
    let owner = Owner {
        _alive: Arc::clone(&alive),
    };
    let result = std::panic::catch_unwind(move || Buffer::from_owner(owner));
    assert!(result.is_err());
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn an_empty_slice_keeps_nothing_alive() {
    let buffer = Buffer::from(b"hello".to_vec());
    let empty = buffer.slice(2..2);
    assert!(buffer.is_unique());
    assert_eq!(empty, "");
    assert_eq!(empty.as_static(), Some(&b""[..]));
}

#[test]
fn static_bytes_are_nobody_s() {
    const GREETING: Buffer = Buffer::from_static(b"hello");
    assert!(!GREETING.is_unique());
    assert_eq!(GREETING.slice(1..3).as_static(), Some(&b"el"[..]));
    assert_eq!(Buffer::copy_from_slice(b"x").as_static(), None);
}

#[test]
#[should_panic(expected = "the range 3..6 is not within 5 bytes")]
fn a_slice_beyond_the_end_panics() {
    Buffer::from("hello").slice(3..6);
}

#[test]
#[should_panic(expected = "cannot advance 6 bytes in a buffer of 5")]
fn an_advance_beyond_the_end_panics() {
    Buffer::from("hello").advance(6);
}

#[test]
fn equal_bytes_are_equal_keys() {
    let mut sizes = HashMap::new();
    sizes.insert(Buffer::from("content-length"), 12);
    assert_eq!(sizes.get(&b"content-length"[..]), Some(&12));
    assert_eq!(Buffer::from("a").cmp(&Buffer::from("b")), "a".cmp("b"));
    assert_eq!(
        Buffer::copy_from_slice(b"a"),
        BufferMut::copy_from_slice(b"a")
    );
}

#[test]
fn debug_shows_bytes_as_text() {
    assert_eq!(
        format!("{:?}", Buffer::from(b"a\r\n\xff")),
        r#"b"a\r\n\xff""#
    );
    let buffer = BufferMut::copy_from_slice(b"ab");
    assert_eq!(
        format!("{buffer:?}"),
        r#"BufferMut { bytes: b"ab", capacity: 2 }"#
    );
}

#[test]
fn growing_keeps_the_bytes() {
    let mut buffer = BufferMut::new();
    for number in 0..1_000 {
        write!(buffer, "{number},").unwrap();
    }
    let expected: String = (0..1_000).map(|number| format!("{number},")).collect();
    assert_eq!(buffer, expected);
    assert_eq!(buffer.freeze(), expected);
}

#[test]
fn no_memory_is_no_special_case() {
    let mut buffer = BufferMut::with_capacity(0);
    assert_eq!(
        (buffer.len(), buffer.capacity(), buffer.put(b"x")),
        (0, 0, 0)
    );
    assert!(buffer.spare_capacity_mut().is_empty());
    buffer.truncate(1);
    buffer.clear();
    assert_eq!(&mut buffer[..], b"");
    assert_eq!(BufferMut::zeroed(0).freeze(), "");
    assert_eq!(BufferMut::zeroed(3).freeze(), [0; 3]);
}

#[test]
fn a_written_byte_is_what_is_frozen() {
    let mut buffer = BufferMut::copy_from_slice(b"hello");
    buffer[0] = b'j';
    buffer.truncate(4);
    assert_eq!(buffer.freeze(), "jell");
}

#[test]
#[should_panic(expected = "exceeds the address space")]
fn a_capacity_that_no_machine_has_panics() {
    drop(BufferMut::with_capacity(usize::MAX));
}

#[cfg(feature = "bytes")]
#[test]
fn bytes_are_shared_with_the_bytes_crate() {
    let ours = Buffer::from(b"hello".to_vec());
    let address = ours.as_ptr();
    let theirs = bytes::Bytes::from(ours.slice(1..));
    assert_eq!(theirs.as_ptr(), address.wrapping_add(1));
    drop(ours);
    let back = Buffer::from(theirs.slice(1..));
    assert_eq!(
        (&back[..], back.as_ptr()),
        (&b"llo"[..], address.wrapping_add(2))
    );
    assert_eq!(bytes::Bytes::from(Buffer::from("static")), "static");
    assert_eq!(Buffer::from(bytes::Bytes::new()), "");
}

/// Something that is done to one of the buffers, and likewise to a vector.
#[derive(Debug, Clone)]
enum Step {
    Slice(usize, usize),
    SplitTo(usize),
    SplitOff(usize),
    Advance(usize),
    Truncate(usize),
    Clone,
    Drop,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        (0..64_usize, 0..64_usize).prop_map(|(start, len)| Step::Slice(start, len)),
        (0..64_usize).prop_map(Step::SplitTo),
        (0..64_usize).prop_map(Step::SplitOff),
        (0..64_usize).prop_map(Step::Advance),
        (0..64_usize).prop_map(Step::Truncate),
        Just(Step::Clone),
        Just(Step::Drop),
    ];
    proptest::collection::vec((any::<usize>(), step), 0..32)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 8 } else { 256 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Does `step` to the buffer and its twin at `at`; both lists stay alike.
fn apply(buffers: &mut Vec<Buffer>, twins: &mut Vec<Vec<u8>>, at: usize, step: Step) {
    let len = twins[at].len();
    match step {
        Step::Slice(start, count) => {
            let start = start.min(len);
            let end = (start + count).min(len);
            buffers.push(buffers[at].slice(start..end));
            twins.push(twins[at][start..end].to_vec());
        }
        Step::SplitTo(count) => {
            let count = count.min(len);
            let head = buffers[at].split_to(count);
            let tail = twins[at].split_off(count);
            buffers.push(head);
            let head = std::mem::replace(&mut twins[at], tail);
            twins.push(head);
        }
        Step::SplitOff(count) => {
            let count = count.min(len);
            let tail = buffers[at].split_off(count);
            buffers.push(tail);
            let tail = twins[at].split_off(count);
            twins.push(tail);
        }
        Step::Advance(count) => {
            let count = count.min(len);
            buffers[at].advance(count);
            twins[at].drain(..count);
        }
        Step::Truncate(count) => {
            buffers[at].truncate(count);
            twins[at].truncate(count);
        }
        Step::Clone => {
            buffers.push(buffers[at].clone());
            twins.push(twins[at].clone());
        }
        Step::Drop => {
            buffers.swap_remove(at);
            twins.swap_remove(at);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_cutting_is_that_of_a_vector(
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
        kind in 0..3,
        steps in steps(),
    ) {
        let buffer = match kind {
            0 => Buffer::copy_from_slice(&bytes),
            1 => Buffer::from(bytes.clone()),
            _ => Buffer::from_owner(bytes.clone().into_boxed_slice()),
        };
        let (mut buffers, mut twins) = (vec![buffer], vec![bytes]);
        for (at, step) in steps {
            if buffers.is_empty() {
                break;
            }
            let at = at % buffers.len();
            apply(&mut buffers, &mut twins, at, step);
            prop_assert_eq!(&buffers, &twins);
        }
    }

    #[test]
    fn any_writing_is_that_of_a_vector(
        capacity in 0..32_usize,
        pieces in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..64), 0..96_usize), 0..16),
    ) {
        let mut buffer = BufferMut::with_capacity(capacity);
        let mut twin = Vec::new();
        for (piece, keep) in pieces {
            buffer.extend_from_slice(&piece);
            twin.extend_from_slice(&piece);
            buffer.truncate(keep);
            twin.truncate(keep);
            prop_assert_eq!(&buffer, &twin);
            prop_assert!(buffer.capacity() >= buffer.len());
        }
        prop_assert_eq!(buffer.freeze(), twin);
    }
}
