//! Guests that look for a way out through WASI: environment, files, network, standard input.

use std::{
    env, fs,
    io::{self, Read as _},
    net::SocketAddr,
};

use harmony_config_sdk::{Entry, Failure, Request};
use wasip2::filesystem::{preopens, types as files};

use crate::{Guest, attempt::Attempts};

type Answer = Result<Option<Entry>, Failure>;

pub(crate) fn read_environment(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.nothing("variables", env::vars_os().next().map(|(name, _)| name.to_string_lossy().into_owned()));
    attempts.nothing("arguments", env::args_os().nth(1).map(|argument| argument.to_string_lossy().into_owned()));
    attempts.nothing("PATH", env::var("PATH").ok());
    attempts.nothing("a folder", wasip2::cli::environment::initial_cwd());
    attempts.answer()
}

/// Without a directory of its own.
pub(crate) fn read_files(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    for folder in ["/", ".", "..", "/config", "/etc", "/proc/self", "C:\\"] {
        attempts.refused(folder, fs::read_dir(folder));
    }
    for file in ["/etc/passwd", "/proc/self/environ", "../../etc/passwd", "/config/x"] {
        attempts.refused(file, fs::read(file));
    }
    for file in ["/tmp/hostile", "hostile", "/config/hostile"] {
        attempts.refused(file, fs::write(file, "x"));
    }
    attempts.nothing("granted folders", preopens::get_directories().first().map(|(_, name)| name.clone()));
    attempts.answer()
}

/// With a directory of its own: out of it. The test has put `outside/secret` beside the directory, and links to it
/// into it; what is within it works.
pub(crate) fn escape_directory(_: &Guest, _: &Request) -> Answer {
    let own = fs::write("/config/own", "mine").and_then(|()| fs::read_to_string("/config/own"));
    if own.as_deref().ok() != Some("mine") {
        return Err(Failure::unavailable(format!("its own directory does not work: {own:?}")));
    }
    let mut attempts = Attempts::default();
    let mut ways = Vec::new();
    let plain = [
        "/config/../outside/secret",
        "/config/sub/../../outside/secret",
        "/config//../outside/secret",
        "/config/./../outside/secret",
        "/outside/secret",
        "../outside/secret",
    ];
    // Links that the test put there; removing one of them would stay in the directory.
    let links = ["/config/link-to-file", "/config/absolute-link", "/config/link-to-folder"];
    for link in links.iter().filter(|link| fs::symlink_metadata(link).is_ok_and(|found| found.is_symlink())) {
        let way = if link.ends_with("folder") { "/config/link-to-folder/secret" } else { link };
        ways.push(way);
    }
    for way in ways.into_iter().chain(plain) {
        attempts.refused(way, fs::read(way));
        attempts.refused(way, fs::write(way, "x"));
        if !links.contains(&way) {
            attempts.refused(way, fs::remove_file(way));
        }
    }
    attempts.refused("..", fs::read_dir("/config/.."));
    attempts.refused("rename out", fs::rename("/config/own", "/config/../stolen"));
    attempts.refused("rename in", fs::rename("/config/../outside/secret", "/config/stolen"));
    attempts.refused("link in", fs::hard_link("/config/../outside/secret", "/config/stolen"));
    attempts.refused("folder out", fs::create_dir("/config/../made"));
    let directories = preopens::get_directories();
    let Some((directory, _)) = directories.first() else { return Ok(None) };
    let none = files::PathFlags::empty();
    let read = files::DescriptorFlags::READ;
    for (target, name) in [("/etc/passwd", "planted-a"), ("../outside/secret", "planted-b"), ("..", "planted-c")] {
        let planted = directory.symlink_at(target, name);
        let through = match target {
            ".." => format!("{name}/outside/secret"),
            _ => name.to_owned(),
        };
        let opened = directory.open_at(files::PathFlags::SYMLINK_FOLLOW, &through, files::OpenFlags::empty(), read);
        attempts.refused(&format!("a link to {target} ({planted:?})"), opened.map_err(|error| error.to_string()));
    }
    let absolute = directory.open_at(none, "/etc/passwd", files::OpenFlags::empty(), read);
    attempts.refused("absolute", absolute.map_err(|error| error.to_string()));
    attempts.answer()
}

/// The test listens at `address`, over TCP and UDP. By WASI's own interfaces: `std::net` needs parts of the C library that
/// not every toolchain has.
pub(crate) fn network(guest: &Guest, _: &Request) -> Answer {
    use wasip2::sockets::{
        instance_network::instance_network,
        ip_name_lookup::resolve_addresses,
        network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress},
        tcp_create_socket::create_tcp_socket,
        udp::OutgoingDatagram,
        udp_create_socket::create_udp_socket,
    };
    let at = |address, port| IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address });
    let listening = match guest.address.parse() {
        Ok(SocketAddr::V4(address)) => at(address.ip().octets().into(), address.port()),
        _ => return Err(Failure::invalid("the test gave no address")),
    };
    let network = instance_network();
    let connect = |address| {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
        socket.start_connect(&network, address)?;
        socket.subscribe().block();
        socket.finish_connect()
    };
    let mut attempts = Attempts::default();
    attempts.refused("tcp", connect(listening).map_err(|code| code.name()));
    attempts.refused("metadata", connect(at((169, 254, 169, 254), 80)).map_err(|code| code.name()));
    let listen = create_tcp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_bind(&network, at((127, 0, 0, 1), 0))?;
        socket.finish_bind()?;
        socket.start_listen()?;
        socket.finish_listen()
    });
    attempts.refused("listen", listen.map_err(|code| code.name()));
    let udp = create_udp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_bind(&network, at((0, 0, 0, 0), 0))?;
        socket.finish_bind()?;
        let (_incoming, outgoing) = socket.stream(None)?;
        outgoing.check_send()?;
        outgoing.send(&[OutgoingDatagram { data: b"x".to_vec(), remote_address: Some(listening) }])
    });
    attempts.refused("udp", udp.map_err(|code| code.name()));
    let names = resolve_addresses(&network, "localhost").and_then(|stream| {
        stream.subscribe().block();
        stream.resolve_next_address()
    });
    attempts.refused("names", names.map_err(|code| code.name()));
    attempts.answer()
}

pub(crate) fn stdin(_: &Guest, _: &Request) -> Answer {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    let mut attempts = Attempts::default();
    attempts.nothing("standard input", Some(text).filter(|text| !text.is_empty()));
    attempts.nothing("its length", read.ok().filter(|length| *length > 0).map(|length| length.to_string()));
    // Words to the outside go nowhere.
    println!("to standard output, past the host");
    eprintln!("to standard error, past the host");
    attempts.answer()
}
