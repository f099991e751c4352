//! A TCP proxy that puts faults between a client and a server, switchable while it runs. Bytes alone are known here: TLS
//! goes through untouched. How one connection is relayed is in `proxy/relay.rs`.

mod relay;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};

use crate::{
    background::{self, Background},
    error::{Error, Result},
};

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    Pass,
    /// The port is closed, and what was connected is reset.
    Refuse,
    /// Connections are made, and nothing comes through any more, either way. When the fault ends, what was held back comes.
    Blackhole,
    /// After so many bytes of the server's, the connection is reset. Counted from when the fault began, for each
    /// connection; over TLS the handshake counts.
    Reset {
        /// How many bytes still come through.
        after: usize,
    },
    /// After so many bytes of the server's, the connection ends in good order, as if that were all.
    Cut {
        /// How many bytes still come through.
        after: usize,
    },
    /// The server's bytes come one at a time.
    Drip {
        /// Between two bytes.
        every: Duration,
    },
    /// Each way takes time, whatever is on the way already. A new connection waits one round trip more, which stands for
    /// TCP's own handshake: the system has done that with the proxy at once. The timer is a millisecond coarse.
    Latency {
        /// One way; a round trip is twice this.
        each_way: Duration,
    },
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    round_trips: AtomicUsize,
}

/// A proxy that runs. It stops when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    socket: SocketAddr,
    counts: Arc<Counts>,
    orders: mpsc::UnboundedSender<(Fault, oneshot::Sender<()>)>,
    _running: Background,
}

impl Proxy {
    /// In front of a server, at a port of its own.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn to(server: SocketAddr) -> Result<Self> {
        let (listener, socket) = background::listen(background::loopback())?;
        let counts = Arc::new(Counts::default());
        let (orders, received) = mpsc::unbounded_channel();
        let counted = Arc::clone(&counts);
        let running =
            Background::start("proxy", listener, move |listener| run(listener, socket, server, counted, received))?;
        Ok(Self { socket, counts, orders, _running: running })
    }

    /// Where clients connect.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The address of a server with the proxy in front of it: the same scheme, the proxy's port.
    #[must_use]
    pub fn in_front_of(&self, address: &str) -> String {
        let scheme = address.split_once("://").map_or("http", |(scheme, _)| scheme);
        format!("{scheme}://{}", self.socket)
    }

    /// Changes the fault, for the connections that there are and those to come. When this returns, it holds.
    ///
    /// # Errors
    /// If the port was taken by someone else while it was closed.
    pub fn set(&self, fault: Fault) -> Result<()> {
        let ended = || Error::new(format!("the proxy at {} has ended: its port may have been taken", self.socket));
        let (done, waiting) = oneshot::channel();
        self.orders.send((fault, done)).map_err(|_| ended())?;
        // From within a runtime a test may block its own thread; the proxy has another.
        std::thread::scope(|scope| scope.spawn(|| waiting.blocking_recv()).join())
            .map_err(|_| ended())?
            .map_err(|_| ended())
    }

    /// How many connections were made, since it began or since [`Proxy::forget`].
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many times a client sent after it had got something from the server, or at first: each is a round trip. The
    /// handshake of TCP is one more for each connection. Count under [`Fault::Latency`]: without it, what a server sends
    /// unasked (tickets of TLS 1.3) may come between two things that a client sends together. With HTTP/2 a client also
    /// sends what nothing waits for, so this is an upper bound there.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.counts.round_trips.load(Ordering::SeqCst)
    }

    /// Counts from here.
    pub fn forget(&self) {
        self.counts.connections.store(0, Ordering::SeqCst);
        self.counts.round_trips.store(0, Ordering::SeqCst);
    }
}

async fn run(
    listener: TcpListener,
    socket: SocketAddr,
    server: SocketAddr,
    counts: Arc<Counts>,
    mut orders: mpsc::UnboundedReceiver<(Fault, oneshot::Sender<()>)>,
) {
    let (fault, watched) = watch::channel(Fault::Pass);
    let mut listener = Some(listener);
    loop {
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // An order that was given comes before a connection that was made after it.
            biased;
            order = orders.recv() => {
                let Some((wanted, done)) = order else { return };
                if wanted == Fault::Refuse {
                    listener = None;
                } else if listener.is_none() {
                    let Ok(again) = TcpListener::bind(socket).await else { return };
                    listener = Some(again);
                }
                let _ = fault.send(wanted);
                let _ = done.send(());
            }
            accepted = accepted => {
                let Ok((client, _)) = accepted else { continue };
                counts.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(relay::connection(client, server, watched.clone(), Arc::clone(&counts)));
            }
        }
    }
}
