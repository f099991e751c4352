//! Several requests at once, without a runtime: what is under way is waited for in one poll. TLS, proxies and kept
//! connections are the host's.

use std::time::Duration;

use wasip2::{
    clocks::monotonic_clock,
    http::{
        outgoing_handler,
        types::{
            ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method as WasiMethod,
            OutgoingBody, OutgoingRequest, Scheme, http_error_code,
        },
    },
    io::{
        poll::{Pollable, poll},
        streams::{InputStream, StreamError},
    },
};

use super::{Answer, Fault, Head, Heads, Method, Outgoing};

/// How many requests are under way at once.
const AT_ONCE: usize = 10;

/// How much of a body is taken at once, at most.
const CHUNK: u64 = 256 << 10;

/// Sends them, at most ten at once, and answers in their order. What is not done in the time has timed out.
pub fn send(requests: Vec<Outgoing<'_>>, heads: Heads, time: Duration) -> Vec<Result<Answer, Fault>> {
    let deadline = monotonic_clock::subscribe_duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    // What is not done at the end has timed out.
    let mut results: Vec<Result<Answer, Fault>> = requests.iter().map(|_| Err(Fault::TimedOut)).collect();
    let mut waiting = requests.into_iter().enumerate();
    let mut under_way: Vec<(usize, Exchange)> = Vec::new();
    let mut done = |index: usize, result| {
        if let Some(place) = results.get_mut(index) {
            *place = result;
        }
    };
    loop {
        while under_way.len() < AT_ONCE
            && let Some((index, request)) = waiting.next()
        {
            match Exchange::begin(request, &deadline) {
                Ok(exchange) => under_way.push((index, exchange)),
                Err(fault) => done(index, Err(fault)),
            }
        }
        if under_way.is_empty() {
            return results;
        }
        let mut pollables: Vec<&Pollable> = under_way.iter().map(|(_, exchange)| exchange.ready.as_ref()).collect();
        pollables.push(&deadline);
        let ready = poll(&pollables);
        if ready.iter().any(|index| *index as usize == under_way.len()) {
            return results;
        }
        let mut place = 0;
        under_way = under_way
            .into_iter()
            .filter_map(|(index, exchange)| {
                let is_ready = ready.contains(&place);
                place += 1;
                if !is_ready {
                    return Some((index, exchange));
                }
                match exchange.step(heads) {
                    Step::Waits(exchange) => Some((index, exchange)),
                    Step::Done(result) => {
                        done(index, result);
                        None
                    }
                }
            })
            .collect();
    }
}

/// A request that was sent. A resource is let go of before the one that it is of: what `ready` waits for stands below it.
struct Exchange {
    ready: Ready,
    stage: Stage,
}

/// What is waited for.
struct Ready(Pollable);

impl AsRef<Pollable> for Ready {
    fn as_ref(&self) -> &Pollable {
        &self.0
    }
}

enum Stage {
    Head(FutureIncomingResponse),
    Body(Coming),
}

/// An answer whose body is coming.
struct Coming {
    bytes: Vec<u8>,
    stream: InputStream,
    _body: IncomingBody,
    response: IncomingResponse,
}

enum Step {
    Waits(Exchange),
    Done(Result<Answer, Fault>),
}

impl Exchange {
    fn begin(request: Outgoing<'_>, deadline: &Pollable) -> Result<Self, Fault> {
        let mut fields = request.headers;
        if let Some(body) = request.body {
            fields.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
        }
        // A token with a line end in it, for example.
        let fields = Fields::from_list(&fields).map_err(|_| Fault::Denied)?;
        let outgoing = OutgoingRequest::new(fields);
        let method = match request.method {
            Method::Get => WasiMethod::Get,
            Method::Post => WasiMethod::Post,
            Method::Delete => WasiMethod::Delete,
            Method::List => WasiMethod::Other(Method::List.as_str().to_owned()),
        };
        let scheme = if request.secure { Scheme::Https } else { Scheme::Http };
        outgoing.set_method(&method).map_err(|()| Fault::Denied)?;
        outgoing.set_scheme(Some(&scheme)).map_err(|()| Fault::Denied)?;
        outgoing.set_authority(Some(request.authority)).map_err(|()| Fault::Denied)?;
        outgoing.set_path_with_query(Some(&request.path)).map_err(|()| Fault::Denied)?;
        // Without a body none is taken, which is one thing less to finish.
        let body = match request.body {
            Some(bytes) => Some((outgoing.body().map_err(|()| Fault::Denied)?, bytes)),
            None => None,
        };
        let future = outgoing_handler::handle(outgoing, None).map_err(|code| fault(&code))?;
        if let Some((body, bytes)) = body {
            write(body, bytes, deadline)?;
        }
        Ok(Exchange { ready: Ready(future.subscribe()), stage: Stage::Head(future) })
    }

    fn step(self, heads: Heads) -> Step {
        let Exchange { ready, stage } = self;
        let future = match stage {
            Stage::Body(coming) => return coming.read(Some(ready), heads),
            Stage::Head(future) => future,
        };
        let Some(result) = future.get() else { return Step::Waits(Exchange { ready, stage: Stage::Head(future) }) };
        // It must not outlive what it waits for.
        drop(ready);
        match result {
            Ok(Ok(response)) => {
                Coming::of(response).map_or(Step::Done(Err(Fault::Lost)), |coming| coming.read(None, heads))
            }
            Ok(Err(code)) => Step::Done(Err(fault(&code))),
            // It was taken before, which nobody does.
            Err(()) => Step::Done(Err(Fault::Lost)),
        }
    }
}

impl Coming {
    fn of(response: IncomingResponse) -> Option<Self> {
        let body = response.consume().ok()?;
        let stream = body.stream().ok()?;
        Some(Coming { bytes: Vec::new(), stream, _body: body, response })
    }

    /// Takes what is there of the body. `ready` waits for more, if it did before.
    fn read(mut self, ready: Option<Ready>, heads: Heads) -> Step {
        loop {
            match self.stream.read(CHUNK) {
                Ok(bytes) if bytes.is_empty() => {
                    let ready = ready.unwrap_or_else(|| Ready(self.stream.subscribe()));
                    return Step::Waits(Exchange { ready, stage: Stage::Body(self) });
                }
                Ok(bytes) if self.bytes.is_empty() => self.bytes = bytes,
                Ok(bytes) => self.bytes.extend_from_slice(&bytes),
                Err(StreamError::Closed) => {
                    drop(ready);
                    return Step::Done(Ok(self.answer(heads)));
                }
                Err(StreamError::LastOperationFailed(error)) => {
                    let code = http_error_code(&error);
                    drop((error, ready));
                    return Step::Done(Err(code.map_or(Fault::Lost, |code| fault(&code))));
                }
            }
        }
    }

    fn answer(self, heads: Heads) -> Answer {
        let Coming { bytes, stream, _body, response } = self;
        drop((stream, _body));
        let status = response.status();
        let head = if heads.are_wanted(status, &bytes) { head(&response) } else { Head::default() };
        Answer { status, body: bytes, head }
    }
}

fn head(response: &IncomingResponse) -> Head {
    let fields = response.headers();
    let one = |name: &str| String::from_utf8(fields.get(name).into_iter().next()?).ok();
    Head {
        retry_after: one("retry-after"),
        location: one("location"),
        content_encoding: one("content-encoding"),
        date: one("date"),
    }
}

/// Writes a whole body. Where nobody takes it any more, the answer says why.
fn write(body: OutgoingBody, bytes: &[u8], deadline: &Pollable) -> Result<(), Fault> {
    let stream = body.write().map_err(|()| Fault::Lost)?;
    let ready = stream.subscribe();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Ok(room) = stream.check_write() else { return Ok(()) };
        if room == 0 {
            if poll(&[&ready, deadline]).contains(&1) {
                return Err(Fault::TimedOut);
            }
            continue;
        }
        let (now, later) = rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        if stream.write(now).is_err() {
            return Ok(());
        }
        rest = later;
    }
    // What was taken is sent; whether it was, the answer says.
    let _ = stream.flush();
    drop((ready, stream));
    OutgoingBody::finish(body, None).map_err(|_| Fault::Lost)
}

fn fault(code: &ErrorCode) -> Fault {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Fault::Denied,
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::ConfigurationError => Fault::Unreachable,
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => Fault::Tls,
        ErrorCode::HttpResponseTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout => {
            Fault::TimedOut
        }
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_) => Fault::TooLarge,
        ErrorCode::HttpProtocolError
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_) => Fault::Protocol,
        _ => Fault::Lost,
    }
}
