//! One connection through the proxy. Each way is a reader, which notes when a piece is due, and a writer, which waits for
//! that: so latency delays bytes and does not put them in a queue behind each other.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    time::{self, Instant},
};

use super::{Counts, Fault};

/// How a connection ends that a fault ends.
enum End {
    Reset,
    Cut,
    /// One of the two sides is gone.
    Gone,
}

type Faults = watch::Receiver<Fault>;

pub(super) async fn connection(mut client: TcpStream, server: SocketAddr, faults: Faults, counts: Arc<Counts>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let start = match *faults.borrow() {
        Fault::Latency { each_way } => Instant::now() + 2 * each_way,
        _ => Instant::now(),
    };
    // Whether the client has got something since it last sent.
    let answered = AtomicBool::new(true);
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = up(from_client, to_server, faults.clone(), start, &answered, &counts);
        let down = down(from_server, to_client, faults.clone(), &answered);
        tokio::select! {
            both = async { tokio::try_join!(up, down) } => both.err(),
            () = refused(faults) => Some(End::Reset),
        }
    };
    match end {
        Some(End::Reset) => {
            let _ = client.set_zero_linger();
        }
        Some(End::Cut) => {
            let _ = client.shutdown().await;
            // With bytes unread the system would reset it after all.
            let drained = async { while matches!(client.read(&mut [0; 4096]).await, Ok(1..)) {} };
            let _ = time::timeout(Duration::from_secs(1), drained).await;
        }
        Some(End::Gone) | None => {}
    }
}

async fn refused(mut faults: Faults) {
    if faults.wait_for(|fault| *fault == Fault::Refuse).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A piece, and when it is due. An empty one is the end.
type Piece = (Vec<u8>, Instant);

async fn up(
    from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    faults: Faults,
    start: Instant,
    answered: &AtomicBool,
    counts: &Counts,
) -> Result<(), End> {
    let (pieces, mut due) = mpsc::unbounded_channel();
    let read = read(from, pieces, faults.clone(), start, || {
        if answered.swap(false, Ordering::SeqCst) {
            counts.round_trips.fetch_add(1, Ordering::SeqCst);
        }
    });
    let write = async {
        let mut faults = faults;
        while let Some((piece, when)) = due.recv().await {
            time::sleep_until(when).await;
            open(&mut faults).await;
            write(&mut to, &piece).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write).map(drop)
}

async fn down(from: ReadHalf<'_>, mut to: WriteHalf<'_>, faults: Faults, answered: &AtomicBool) -> Result<(), End> {
    let (pieces, mut due) = mpsc::unbounded_channel();
    let read = read(from, pieces, faults.clone(), Instant::now(), || {});
    let write = async {
        let mut faults = faults;
        let (mut known, mut passed) = (*faults.borrow(), 0);
        while let Some((piece, when)) = due.recv().await {
            time::sleep_until(when).await;
            open(&mut faults).await;
            let fault = *faults.borrow();
            if fault != known {
                (known, passed) = (fault, 0);
            }
            let (allowed, end) = match fault {
                Fault::Reset { after } => (after.saturating_sub(passed), Some(End::Reset)),
                Fault::Cut { after } => (after.saturating_sub(passed), Some(End::Cut)),
                Fault::Drip { every } => {
                    drip(&mut to, &piece, every, &mut faults, answered).await?;
                    continue;
                }
                _ => (piece.len(), None),
            };
            let now = piece.get(..allowed.min(piece.len())).unwrap_or_default();
            passed += now.len();
            answered.store(true, Ordering::SeqCst);
            if !now.is_empty() || piece.is_empty() {
                write(&mut to, now).await?;
            }
            if let Some(end) = end.filter(|_| piece.len() >= allowed) {
                return Err(end);
            }
        }
        Ok(())
    };
    tokio::try_join!(read, write).map(drop)
}

async fn read(
    mut from: ReadHalf<'_>,
    pieces: mpsc::UnboundedSender<Piece>,
    faults: Faults,
    start: Instant,
    mut seen: impl FnMut(),
) -> Result<(), End> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut buffer).await.map_err(|_| End::Gone)?;
        if length > 0 {
            seen();
        }
        let delay = match *faults.borrow() {
            Fault::Latency { each_way } => each_way,
            _ => Duration::ZERO,
        };
        let piece = buffer.get(..length).unwrap_or_default().to_vec();
        let when = start.max(Instant::now()) + delay;
        if pieces.send((piece, when)).is_err() || length == 0 {
            return Ok(());
        }
    }
}

async fn write(to: &mut WriteHalf<'_>, piece: &[u8]) -> Result<(), End> {
    if piece.is_empty() {
        return to.shutdown().await.map_err(|_| End::Gone);
    }
    to.write_all(piece).await.map_err(|_| End::Gone)
}

/// Byte by byte, until the fault is another.
async fn drip(
    to: &mut WriteHalf<'_>,
    piece: &[u8],
    every: Duration,
    faults: &mut Faults,
    answered: &AtomicBool,
) -> Result<(), End> {
    let mut rest = piece;
    while let Some((byte, after)) = rest.split_first() {
        tokio::select! {
            () = time::sleep(every) => {
                answered.store(true, Ordering::SeqCst);
                write(to, &[*byte]).await?;
                rest = after;
            }
            _ = faults.changed() => {
                open(faults).await;
                return write(to, rest).await;
            }
        }
    }
    if piece.is_empty() { write(to, piece).await } else { Ok(()) }
}

/// Waits while nothing comes through.
async fn open(faults: &mut Faults) {
    let _ = faults.wait_for(|fault| *fault != Fault::Blackhole).await;
}
