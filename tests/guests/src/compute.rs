//! Guests that compute, recurse, trap, allocate or wait without end.

use std::{cell::RefCell, hint::black_box};

use harmony_config_sdk::{Entry, Failure, Request};

use crate::{Guest, good};

type Answer = Result<Option<Entry>, Failure>;

fn for_ever() -> ! {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

pub(crate) fn spin(_: &Guest, _: &Request) -> Answer {
    for_ever()
}

pub(crate) fn spin_in_configure(_: &mut Guest) {
    for_ever()
}

pub(crate) fn spin_in_set(_: &str) -> Result<Option<String>, Failure> {
    for_ever()
}

pub(crate) fn trap(_: &Guest, _: &Request) -> Answer {
    panic!("a guest that panics")
}

pub(crate) fn trap_in_configure(_: &mut Guest) {
    panic!("a guest that panics")
}

/// Half-way: it has done something, and has not answered.
pub(crate) fn trap_in_set(value: &str) -> Result<Option<String>, Failure> {
    black_box(value.to_owned());
    panic!("a guest that panics, given {value}")
}

/// Through WebAssembly's own stack.
pub(crate) fn recurse(_: &Guest, _: &Request) -> Answer {
    fn deeper(depth: u64) -> u64 {
        if black_box(depth) == u64::MAX { 0 } else { deeper(depth + 1).wrapping_add(black_box(depth)) }
    }
    black_box(deeper(0));
    good()
}

/// Through the stack in linear memory: large frames.
pub(crate) fn recurse_in_memory(_: &Guest, _: &Request) -> Answer {
    fn deeper(depth: u8) -> u8 {
        let frame = black_box([depth; 64 << 10]);
        if frame[1] == black_box(frame)[2].wrapping_add(1) {
            return depth;
        }
        deeper(frame[usize::from(depth)].wrapping_add(1)).wrapping_add(black_box(frame)[1])
    }
    black_box(deeper(0));
    good()
}

pub(crate) fn allocate(_: &Guest, _: &Request) -> Answer {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![1; 1 << 20]));
    }
}

thread_local! {
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// 40 MiB that it does not let go of, and then it waits, so that several instances hold them at once.
pub(crate) fn allocate_many(_: &Guest, _: &Request) -> Answer {
    KEPT.with(|kept| kept.borrow_mut().push(black_box(vec![1; 40 << 20])));
    std::thread::sleep(std::time::Duration::from_millis(150));
    good()
}

/// `memory.fill` and `memory.copy` look at the clock only at their start.
pub(crate) fn fill(_: &Guest, _: &Request) -> Answer {
    let mut memory = vec![0_u8; 48 << 20];
    loop {
        black_box(&mut memory).fill(7);
        let half = memory.len() / 2;
        black_box(&mut memory).copy_within(..half, half - 1);
    }
}

pub(crate) fn sleep_forever(_: &Guest, _: &Request) -> Answer {
    std::thread::sleep(std::time::Duration::from_secs(1 << 40));
    good()
}

pub(crate) fn exit(_: &Guest, _: &Request) -> Answer {
    std::process::exit(0)
}
