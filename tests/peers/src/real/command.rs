//! What a real server is started with, as text: nothing here runs anything.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::peer::Kind;

/// Where a server lives.
pub(super) struct Home<'a> {
    pub(super) folder: &'a Path,
    pub(super) socket: SocketAddr,
    pub(super) root_token: &'a str,
}

impl Home<'_> {
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("server.hcl")
    }
}

pub(super) fn arguments(kind: Kind, home: &Home<'_>) -> Vec<String> {
    let mut arguments = vec!["server".to_owned()];
    if kind == Kind::Initialised {
        arguments.push(format!("-config={}", home.config().display()));
        return arguments;
    }
    arguments.push("-dev".to_owned());
    arguments.push("-dev-no-store-token".to_owned());
    arguments.push(format!("-dev-root-token-id={}", home.root_token));
    arguments.push(format!("-dev-listen-address={}", home.socket));
    if kind == Kind::DevTls {
        arguments.push("-dev-tls".to_owned());
        arguments.push(format!("-dev-tls-cert-dir={}", home.folder.display()));
    }
    arguments
}

/// Raft, with one node: the storage that keeps namespaces, too.
pub(super) fn configuration(home: &Home<'_>, cluster: SocketAddr) -> String {
    // A path is a text of HCL: what is special in one is escaped as in JSON.
    let data = serde_json::Value::from(home.data().display().to_string());
    let socket = home.socket;
    format!(
        "storage \"raft\" {{\n  path = {data}\n  node_id = \"one\"\n}}\n\
         listener \"tcp\" {{\n  address = \"{socket}\"\n  cluster_address = \"{cluster}\"\n  tls_disable = true\n}}\n\
         api_addr = \"http://{socket}\"\ncluster_addr = \"https://{cluster}\"\nui = false\n"
    )
}

/// The unseal key, which a dev server says as it starts; the last, where it was started again.
pub(super) fn unseal_key(log: &str) -> Option<String> {
    let mut keys = log.lines().rev().filter_map(|line| line.trim().strip_prefix("Unseal Key:"));
    keys.next().map(|key| key.trim().to_owned())
}

pub(super) fn tells_a_secret(line: &str) -> bool {
    line.contains("Unseal Key") || line.contains("Root Token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Home<'static> {
        Home {
            folder: Path::new("/tmp/of the test"),
            socket: SocketAddr::from(([127, 0, 0, 1], 8200)),
            root_token: "r",
        }
    }

    #[test]
    fn a_dev_server_gets_its_token_its_port_and_leaves_no_token_behind() {
        let expected =
            ["server", "-dev", "-dev-no-store-token", "-dev-root-token-id=r", "-dev-listen-address=127.0.0.1:8200"];
        assert_eq!(arguments(Kind::Dev, &home()), expected);
    }

    #[test]
    fn a_dev_server_over_tls_writes_its_certificates_into_the_folder() {
        let arguments = arguments(Kind::DevTls, &home());
        assert_eq!(arguments[5..], ["-dev-tls", "-dev-tls-cert-dir=/tmp/of the test"]);
    }

    #[test]
    fn a_server_with_data_has_nothing_outside_its_folder_and_listens_on_loopback_only() {
        assert_eq!(arguments(Kind::Initialised, &home()), ["server", "-config=/tmp/of the test/server.hcl"]);
        let config = configuration(&home(), SocketAddr::from(([127, 0, 0, 1], 8201)));
        assert!(config.contains("path = \"/tmp/of the test/data\""), "{config}");
        assert!(config.contains("address = \"127.0.0.1:8200\""), "{config}");
        assert!(config.contains("cluster_addr = \"https://127.0.0.1:8201\""), "{config}");
        assert!(!config.contains("0.0.0.0"), "{config}");
    }

    #[test]
    fn the_key_of_the_last_start_counts_and_is_not_repeated_in_an_error() {
        let log = "==> server\n    Unseal Key: one=\nRoot Token: r\n==> again\n    Unseal Key: two=\n";
        assert_eq!(unseal_key(log).as_deref(), Some("two="));
        assert_eq!(log.lines().filter(|line| tells_a_secret(line)).count(), 3);
        assert_eq!(unseal_key("nothing"), None);
    }
}
