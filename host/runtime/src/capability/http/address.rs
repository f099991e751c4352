//! Which addresses a plugin's request may go to, whatever name led there. Pure.
//!
//! Stops: the addresses at which machines of a cloud tell their credentials (IMDS of AWS, GCP, Azure, Alibaba, Oracle), also
//! where they hide in an IPv6 form of an IPv4 address, and what is no machine at all. Loopback and private networks are
//! allowed: team stores live there, and the origin was granted by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where the metadata of a cloud's machine is told, outside of the link-local networks, which are refused whole.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// Why nothing is sent to an address; none where something may be.
pub(crate) fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => forbidden_v4(inner),
            None => forbidden_v6(address),
        },
    }
}

/// Why an address is not taken where a guest or a person wrote it down: as [`forbidden`], and an IPv4 address in the form
/// of an IPv6 one, which nobody writes in good faith. (A name may resolve to such a form, in networks with NAT64.)
pub(crate) fn forbidden_literal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V6(inner) if embedded(inner).is_some() => Some("it is an IPv4 address in another form"),
        address => forbidden(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.is_link_local() || METADATA_V4.contains(&address) {
        return Some("that is where a machine of a cloud tells its credentials, or a link-local address");
    }
    let [first, ..] = address.octets();
    (first == 0 || address.is_multicast() || address.is_broadcast()).then_some("no machine has that address")
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_unicast_link_local() || METADATA_V6.contains(&address) {
        return Some("that is where a machine of a cloud tells its credentials, or a link-local address");
    }
    (address.is_unspecified() || address.is_multicast()).then_some("no machine has that address")
}

/// The IPv4 address inside an IPv6 one: mapped (RFC 4291), compatible, NAT64 (RFC 6052, and RFC 8215's local prefix), 6to4
/// (RFC 3056), Teredo (RFC 4380).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if !(high == 0 && low <= 1) => Some(last(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(last(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => Some(last(high, low)),
        [0x2002, high, low, ..] => Some(last(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(last(!high, !low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_allowed_loopback_and_private_ones_too() {
        for text in
            ["1.1.1.1", "127.0.0.1", "10.1.2.3", "192.168.0.1", "100.64.0.1", "::1", "2606:4700::1111", "fd12::1"]
        {
            assert_eq!(forbidden_literal(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn metadata_and_link_local_addresses_are_refused_in_every_form() {
        for text in [
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:1:1::5601:5601",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            assert!(forbidden(text.parse().unwrap()).is_some(), "{text}");
        }
    }

    #[test]
    fn an_ipv4_address_in_another_form_is_refused_where_it_was_written_and_allowed_where_a_name_led_there() {
        for text in ["::ffff:127.0.0.1", "64:ff9b::1.1.1.1", "2002:101:101::", "::1.1.1.1"] {
            let address = text.parse().unwrap();
            assert!(forbidden_literal(address).is_some(), "{text}");
            assert_eq!(forbidden(address), None, "{text}");
        }
    }
}
