//! `wasi:http/outgoing-handler`: from a guest's request to the policy and the source's network.

use std::{future::Future, sync::Arc};

use http::{Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

use crate::{
    capability::{
        Capabilities,
        http::{Fault, Heard, origin::Origin},
    },
    component::State,
    limits,
    policy::{Phase, Use},
};

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(Response<WasiBody>, Io), Error>;

/// The requests of one instance.
pub(crate) struct Requests {
    context: WasiHttpCtx,
    hooks: Hooks,
}

struct Hooks {
    capabilities: Arc<Capabilities>,
    phase: Phase,
    heard: Heard,
    /// Whether a request was made in this call.
    sent: bool,
}

impl Requests {
    pub(crate) fn new(capabilities: Arc<Capabilities>, phase: Phase) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(limits::MAX_HTTP_HEAD_BYTES);
        Requests { context, hooks: Hooks { capabilities, phase, heard: Heard::default(), sent: false } }
    }

    /// Readies it for a call: what went wrong in another one is not this one's.
    pub(crate) fn begin(&mut self, phase: Phase) {
        self.hooks.phase = phase;
        if self.hooks.sent {
            // A task of the call before may still have the old one, and note something in it.
            self.hooks.heard = Heard::default();
            self.hooks.sent = false;
        }
    }

    /// Whether this call made one.
    pub(crate) fn were_made(&self) -> bool {
        self.hooks.sent
    }

    /// What went wrong with a request of this call, the last time that something did.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.hooks.heard.last()
    }
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        self.sent = true;
        let (capabilities, phase, heard) = (Arc::clone(&self.capabilities), self.phase, self.heard.clone());
        Box::new(async move {
            let sent = send(&capabilities, phase, request, options, &heard).await;
            match sent {
                Ok(response) => Ok((response, Box::new(std::future::ready(Ok(()))) as Io)),
                Err(fault) => Err(heard.note(fault)),
            }
        })
    }
}

async fn send(
    capabilities: &Capabilities,
    phase: Phase,
    request: Request<WasiBody>,
    options: Option<RequestOptions>,
    heard: &Heard,
) -> Result<Response<WasiBody>, Fault> {
    let secure = request.uri().scheme() == Some(&http::uri::Scheme::HTTPS);
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let method = request.method().clone();
    let origin = Origin::of_request(secure, &authority);
    let origin = origin.as_ref().map_err(String::as_str);
    let what = Use::Http { method: method.as_str(), authority: &authority, origin };
    let pass = capabilities.policy.check(phase, what).map_err(Fault::Denied)?;
    capabilities.network.send(&pass, request, options, heard).await
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let (requests, table) = self.requests();
        WasiHttpCtxView { hooks: &mut requests.hooks, table, ctx: &mut requests.context }
    }
}
