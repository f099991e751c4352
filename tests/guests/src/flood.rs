//! Guests that ask for, or hand over, more than the host wants to carry.

use std::hint::black_box;

use harmony_config_sdk::{Coordinate, Entry, Failure, Page, Request, Sensitivity, environment, log};

use crate::{Guest, good};

type Answer = Result<Option<Entry>, Failure>;

/// A million messages.
pub(crate) fn flood_log(_: &Guest, _: &Request) -> Answer {
    for number in 0..1_000_000 {
        log::error(&format!("message {number}"));
    }
    Err(Failure::unavailable("a million messages were written"))
}

/// One message of 40 MB.
pub(crate) fn flood_log_at_once(_: &Guest, _: &Request) -> Answer {
    log::error(&"m".repeat(40 << 20));
    Err(Failure::unavailable("a message of 40 MB was written"))
}

/// One variable, again and again: what the host remembers of it must not grow.
pub(crate) fn flood_reads(guest: &Guest, _: &Request) -> Answer {
    let name = format!("{}Large", guest.prefix);
    let mut total = 0_usize;
    for _ in 0..20_000 {
        total += environment::get(&name)?.map_or(0, |value| value.len());
    }
    Err(Failure::unavailable(format!("{total} bytes of variables were read")))
}

/// Many secrets in play, and then the longest messages: blotting them out must not hold up the host.
pub(crate) fn blot_flood(guest: &Guest, _: &Request) -> Answer {
    for name in environment::names(&guest.prefix)? {
        environment::get(&name)?;
    }
    let message = "not a secret ".repeat(300_000);
    for _ in 0..64 {
        log::error(&message);
    }
    Err(Failure::unavailable(message))
}

pub(crate) fn huge_value(_: &Guest, _: &Request) -> Answer {
    Ok(Some(Entry::new(format!("\"{}\"", "v".repeat(20 << 20)), "a guest")))
}

pub(crate) fn huge_list(namespace: &str) -> Result<Page, Failure> {
    let at = |number: u32| Coordinate { namespace: namespace.to_owned(), key: format!("Key{number}"), instance: None };
    Ok(Page { entries: (0..200_000).map(|number| (at(number), Sensitivity::Standard)).collect(), next: None })
}

/// Handles that are never closed.
pub(crate) fn many_handles(_: &Guest, _: &Request) -> Answer {
    for _ in 0..100_000 {
        std::mem::forget(wasip2::clocks::monotonic_clock::subscribe_duration(1));
    }
    good()
}

/// A gigabyte of random bytes.
pub(crate) fn random_flood(_: &Guest, _: &Request) -> Answer {
    black_box(wasip2::random::random::get_random_bytes(1 << 30));
    good()
}
