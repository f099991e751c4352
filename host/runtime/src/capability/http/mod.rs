//! The network of plugins: one client for each source, over TLS that the host decides on. Whether a request may be sent,
//! the policy decides; the translation from `wasi:http` is `glue`'s.
//!
//! Redirects are not followed and bodies not unpacked: what a server says is the plugin's to read, within bounds.

mod address;
mod body;
mod connect;
mod fault;
mod names;
pub(crate) mod origin;
mod terms;
mod tls;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderValue, Request, Response, header};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use wasmtime_wasi_http::{RequestOptions, WasiBody};

pub(crate) use self::{
    address::{forbidden, forbidden_literal},
    fault::{Fault, Heard},
};
use self::{
    body::Counted,
    connect::{Connector, Shared},
};
pub use self::{
    names::{Lookup, Names},
    terms::HttpTerms,
};
use crate::{
    limits,
    policy::{Pass, Policy, Use},
};

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("harmony-config/", env!("CARGO_PKG_VERSION")));

/// The network of one source. Nothing is connected, and no certificate read, before the first request.
pub(crate) struct Network {
    connector: Connector,
    client: OnceLock<Client<Connector, WasiBody>>,
    /// How long a call of the source may take: no part of a request takes longer.
    most: Duration,
}

impl Network {
    pub(crate) fn new(source: Arc<str>, terms: HttpTerms, names: Names, policy: Policy, most: Duration) -> Self {
        let shared = Shared { source, terms, names, policy, tls: OnceLock::new() };
        Network { connector: Connector { shared: Arc::new(shared) }, client: OnceLock::new(), most }
    }

    /// Sends a request that the policy let pass, and waits for the head of the answer.
    pub(crate) async fn send(
        &self,
        pass: &Pass<'_>,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        heard: &Heard,
    ) -> Result<Response<WasiBody>, Fault> {
        // What is sent is what was judged.
        let Use::Http { .. } = pass.what() else {
            return Err(Fault::Protocol("there was no leave for a request".to_owned()));
        };
        request.headers_mut().entry(header::USER_AGENT).or_insert(USER_AGENT);
        let options = options.unwrap_or_default();
        let within = |wanted: Option<Duration>| wanted.unwrap_or(self.most).min(self.most);
        let connect = within(options.connect_timeout).max(Duration::from_millis(1));
        let first = within(options.first_byte_timeout).max(Duration::from_millis(1));
        let sent = self.client().request(request);
        let response = match tokio::time::timeout(connect.saturating_add(first), sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Fault::of_client(&error)),
            Err(_) => return Err(Fault::Timeout),
        };
        if let Some(length) = declared(&response)
            && length > limits::MAX_HTTP_BODY_BYTES
        {
            return Err(Fault::TooLarge(length));
        }
        Ok(response.map(|body| Counted::boxed(body, heard.clone())))
    }

    /// The client: keeps connections, and starts no request twice that may have been received.
    fn client(&self) -> &Client<Connector, WasiBody> {
        self.client.get_or_init(|| {
            Client::builder(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(limits::HTTP_IDLE)
                .pool_max_idle_per_host(limits::MAX_REMOTE_INSTANCES)
                .http1_max_buf_size(limits::MAX_HTTP_HEAD_BYTES)
                .http2_max_header_list_size(u32::try_from(limits::MAX_HTTP_HEAD_BYTES).unwrap_or(u32::MAX))
                .build(self.connector.clone())
        })
    }
}

fn declared<B>(response: &Response<B>) -> Option<u64> {
    response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
