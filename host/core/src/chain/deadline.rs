//! The deadline of sources that keep none themselves.

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use crate::{Failure, FailureCode};

/// How long a native source may take. (Components have their own, from the manifest.)
pub(crate) const NATIVE: Duration = Duration::from_secs(10);

/// Runs a call with a deadline. The timer is made only when the call does not answer at once: most do.
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(limit) = limit else { return call.await };
    let mut call = pin!(call);
    let first = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    if let Poll::Ready(answer) = first {
        return answer;
    }
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::new(FailureCode::Unavailable, format!("no answer within {limit:?}"))),
    }
}

/// The same for a call that changes something: after its deadline nobody knows whether it did.
pub(crate) async fn change_within<T>(
    limit: Option<Duration>,
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut ended = false;
    let answer = within(limit, async {
        let answer = call.await;
        ended = true;
        answer
    })
    .await;
    answer.map_err(|failure| if ended { failure } else { failure.with_unknown_outcome() })
}
