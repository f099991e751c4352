//! How much is answered: quotas that the server keeps, and refusals that a test orders.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{
    ledger::{recorded, unrecorded},
    replies::{Answer, Reply},
    request::{Call, Operation},
    state::State,
    time::Moment,
};

#[derive(Debug, Default)]
pub(crate) struct Limits {
    quotas: BTreeMap<String, Quota>,
    /// The next so many requests are refused, with this `Retry-After`.
    pub(crate) refusals: usize,
    pub(crate) retry_after: Option<u64>,
}

#[derive(Debug)]
struct Quota {
    path: String,
    rate: u64,
    interval: Duration,
    since: Moment,
    used: u64,
}

impl Limits {
    /// Refuses a request that is one too many.
    pub(crate) fn count(&mut self, path: &str, now: Moment) -> Result<(), Reply> {
        let words = format!("request path {path:?}: rate limit quota exceeded");
        let refused = |basis| Reply::error(429, words.clone(), basis);
        let by_quota = recorded("limits", "second read in the same second");
        if self.refusals > 0 {
            self.refusals -= 1;
            let seconds = self.retry_after;
            let basis = seconds.map_or(by_quota, |_| unrecorded("429 with Retry-After"));
            return Err(Reply { retry_after: seconds, ..refused(basis) });
        }
        for quota in self.quotas.values_mut().filter(|quota| path.starts_with(&quota.path)) {
            if now.saturating_sub(quota.since) >= quota.interval {
                (quota.since, quota.used) = (now, 0);
            }
            if quota.used >= quota.rate {
                return Err(refused(by_quota));
            }
            quota.used += 1;
        }
        Ok(())
    }
}

/// `sys/quotas/rate-limit/{name}`.
pub(crate) fn answer(state: &mut State, call: &Call, rest: &str) -> Answer {
    let name = rest.strip_prefix("rate-limit/").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Reply::no_route(&call.path))?;
    let fields = call.fields();
    let quotas = &mut state.limits.quotas;
    match call.operation {
        Operation::Write => {
            let (path, rate) = (fields.text("path").unwrap_or_default(), fields.number("rate").unwrap_or_default());
            if rate == 0 {
                let words = "'rate' is invalid: must be greater than zero";
                return Err(Reply::error(400, words, unrecorded("sys/quotas: a rate that is none")));
            }
            let interval = fields.duration("interval")?.unwrap_or(Duration::from_secs(1));
            let quota = Quota { path, rate, interval, since: Duration::ZERO, used: 0 };
            quotas.insert(name.to_owned(), quota);
            Ok(Reply::nothing(recorded("limits", "quota of 1 request a second on the mount")))
        }
        Operation::Read => {
            let quota = quotas.get(name).ok_or_else(|| Reply::absent(unrecorded("sys/quotas: no such quota")))?;
            let data = json!({
                "name": name, "path": quota.path, "rate": quota.rate, "interval": quota.interval.as_secs(),
                "block_interval": 0, "type": "rate-limit",
            });
            Ok(Reply::data(data, unrecorded("sys/quotas: read")))
        }
        Operation::Delete => {
            quotas.remove(name);
            Ok(Reply::nothing(recorded("limits", "remove the quota")))
        }
        _ => Err(Reply::unsupported_operation()),
    }
}
