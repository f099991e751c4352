//! A server's own thread: a runtime of one thread that ends, with all its connections, when its owner is dropped.
//! So a peer serves synchronous tests and tests on any runtime alike.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    thread::{self, JoinHandle},
};

use tokio::{net::TcpListener, sync::oneshot};

use crate::error::{Error, Result};

#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs `work` with a listener until it ends or this value is dropped.
    pub(crate) fn start<F, W>(name: &str, listener: StdListener, work: W) -> Result<Self>
    where
        W: FnOnce(TcpListener) -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let failed = |error| Error::while_doing("a peer's thread cannot be started", error);
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = work(listener) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run).map_err(failed)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed by the thread itself.
            let _ = thread.join();
        }
    }
}

/// Binds an address; port 0 is any that is free.
pub(crate) fn listen(address: SocketAddr) -> Result<(StdListener, SocketAddr)> {
    let failed = |error| Error::while_doing(&format!("{address} cannot be listened on"), error);
    let listener = StdListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Any free port of this machine's own address.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
