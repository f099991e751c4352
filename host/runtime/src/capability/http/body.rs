//! The body of an answer, counted while it comes: one that is larger than what is taken ends in a fault.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use wasmtime_wasi_http::{Error, WasiBody};

use super::fault::{Fault, Heard};
use crate::limits;

/// A body that ends in a fault where it is too large.
pub(super) struct Counted {
    inner: Incoming,
    seen: u64,
    heard: Heard,
}

impl Counted {
    pub(super) fn boxed(inner: Incoming, heard: Heard) -> WasiBody {
        Counted { inner, seen: 0, heard }.boxed_unsync()
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(frame) = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx)) else { return Poll::Ready(None) };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Poll::Ready(Some(Err(self.heard.note(Fault::of_hyper(&error))))),
        };
        self.seen += frame.data_ref().map_or(0, |data| data.len() as u64);
        Poll::Ready(Some(match self.seen > limits::MAX_HTTP_BODY_BYTES {
            true => Err(self.heard.note(Fault::TooLarge(self.seen))),
            false => Ok(frame),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
