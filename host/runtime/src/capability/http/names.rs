//! Which addresses a name has: the system's resolver, or what a test or an embedder says.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// Answers with the addresses that a name has now; none where it has none.
pub type Lookup = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Which addresses the names of hosts have.
#[derive(Clone, Default)]
pub enum Names {
    /// As the system's resolver says.
    #[default]
    System,
    /// As this says, each time it is asked.
    With(Arc<Lookup>),
}

impl Names {
    pub(super) async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Names::System => Ok(tokio::net::lookup_host((host, port)).await?.collect()),
            Names::With(lookup) => Ok(lookup(host).into_iter().map(|address| SocketAddr::new(address, port)).collect()),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Names::System => "System",
            Names::With(_) => "With(…)",
        })
    }
}
