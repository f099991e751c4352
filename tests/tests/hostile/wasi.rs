//! Guests that look for a way out through WASI: environment, files, network, standard input.

use std::{
    fs, io,
    net::{TcpListener, UdpSocket},
};

use harmony_config_core::{ConfigSource, FailureCode};
use harmony_config_host::Grants;
use serde_json::json;

use crate::world::{Case, World, bad, good, refuses};

#[tokio::test]
pub(crate) async fn read_environment() {
    let failure = World::new().fails_in_get("read_environment", Grants::default()).await;
    refuses(&failure, &["variables: nothing there", "PATH: nothing there", "arguments: nothing there"]);
}

#[tokio::test]
pub(crate) async fn read_files() {
    let failure = World::new().fails_in_get("read_files", Grants::default()).await;
    refuses(&failure, &["/: ", "/etc/passwd: ", "/config: ", "granted folders: nothing there"]);
}

/// The source wants a directory and its settings name it. Without the grant it is not called at all: it would take what
/// it cannot open for what is not there.
#[tokio::test]
async fn a_source_without_leave_for_its_directory_is_denied_before_it_is_called() {
    let world = World::new();
    let own = world.folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let source = world.guest_with("none", json!({ "dir": own })).build().unwrap();
    let case = Case::of(&world, source).await;
    let read = case.fails(case.source.read(&good())).await;
    let written = case.fails(case.source.write(&good(), &json!({}), None)).await;
    for failure in [&read, &written] {
        assert_eq!(failure.code, FailureCode::Denied);
        assert_eq!(failure.message, "the source was not granted a directory");
    }
    case.goes_on_for_others(&read).await;
}

#[cfg(unix)]
#[tokio::test]
pub(crate) async fn escape_directory() {
    use std::os::unix::fs::{DirBuilderExt, symlink};
    let world = World::new();
    let (own, outside) = (world.folder.path().join("own"), world.folder.path().join("outside"));
    fs::DirBuilder::new().mode(0o700).create(&own).unwrap();
    fs::create_dir(own.join("sub")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "outside").unwrap();
    for (target, link) in [
        ("../outside/secret".into(), "link-to-file"),
        ("../outside".into(), "link-to-folder"),
        (outside.join("secret"), "absolute-link"),
    ] {
        symlink(target, own.join(link)).unwrap();
    }
    let grants = Grants { files: true, ..Grants::default() };
    let source = world.guest_with("escape_directory", json!({ "dir": own })).grants(grants).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["/config/../outside/secret: ", "/config/link-to-file: "]);
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "outside", "neither changed nor removed");
    let beside: Vec<_> = fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name == "stolen" || name == "made"), "{beside:?}");
    case.goes_on(&failure).await;
}

/// Without symbolic links: what the guest plants itself, and the ways up, are tried all the same.
#[cfg(not(unix))]
#[tokio::test]
pub(crate) async fn escape_directory() {
    let world = World::new();
    let (own, outside) = (world.folder.path().join("own"), world.folder.path().join("outside"));
    fs::create_dir_all(own.join("sub")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "outside").unwrap();
    let grants = Grants { files: true, ..Grants::default() };
    let source = world.guest_with("escape_directory", json!({ "dir": own })).grants(grants).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["/config/../outside/secret: "]);
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "outside");
    case.goes_on(&failure).await;
}

/// Listeners stand where the guest dials, and nothing arrives.
#[tokio::test]
pub(crate) async fn network() {
    let world = World::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    let source = world.guest_with("network", json!({ "address": address.to_string() })).build().unwrap();
    let case = Case::of(&world, source).await;
    let failure = case.fails(case.source.read(&bad())).await;
    refuses(&failure, &["tcp: ", "udp: ", "names: ", "listen: ", "metadata: "]);
    case.goes_on(&failure).await;
    assert_eq!(tcp.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(udp.recv_from(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

/// It finds nothing to read, also where the test itself was given something; and what it prints goes nowhere, which a
/// process of its own shows.
#[tokio::test]
pub(crate) async fn stdin() {
    let failure = World::new().fails_in_get("stdin", Grants::default()).await;
    refuses(&failure, &["standard input: nothing there"]);
}

/// The same test again with a full standard input and its output caught.
#[test]
fn a_guest_reads_and_writes_none_of_the_streams_of_the_process() {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["wasi::stdin", "--exact", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it all was written.
    let _ = child.stdin.take().unwrap().write_all(b"from outside");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains("past the host"), "{said}");
}
