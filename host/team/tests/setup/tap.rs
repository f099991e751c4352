//! Listens between a client and a server, whichever that is: which requests were sent. It can lose one answer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A listener, which ends when it is dropped.
pub(crate) struct Tap {
    /// Where clients go.
    pub(crate) address: String,
    /// The server itself, for what is not to be counted.
    pub(crate) server: String,
    heard: Arc<Mutex<Heard>>,
    listens: JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    requests: Vec<String>,
    lost: Option<String>,
}

impl Tap {
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let ear = Arc::clone(&heard);
        let listens = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let ear = Arc::clone(&ear);
                // Whoever hangs up has no more to say.
                tokio::spawn(async move { pass_on(client, server, &ear).await.unwrap_or_default() });
            }
        });
        Tap { address, server: format!("http://{server}"), heard, listens }
    }

    /// Every request since, as `METHOD PATH`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.heard.lock().unwrap().requests.clone()
    }

    /// Those of them that may change something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = |request: &String| request.starts_with("GET ") || request.starts_with("LIST ");
        self.requests().into_iter().filter(|request| !reads(request)).collect()
    }

    pub(crate) fn forget(&self) {
        self.heard.lock().unwrap().requests.clear();
    }

    /// The next write to this path reaches the server, and its answer nobody.
    pub(crate) fn cut_the_answer_to(&self, path: &str) {
        self.heard.lock().unwrap().lost = Some(format!("POST {path}"));
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                let requests = requests(bytes);
                let lose = {
                    let mut heard = heard.lock().unwrap();
                    let lose = heard.lost.take_if(|lost| requests.contains(lost)).is_some();
                    heard.requests.extend(requests);
                    lose
                };
                server.write_all(bytes).await?;
                if lose {
                    let _ = server.read(&mut answered).await?;
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => {
                let bytes = &answered[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

/// The first lines of requests. No body here has such a line.
fn requests(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().filter_map(|line| line.strip_suffix(" HTTP/1.1"));
    first.map(str::to_owned).collect()
}
