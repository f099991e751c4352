//! Moments, as far as this plugin reads and writes them. In UTC.

use chrono::{DateTime, SecondsFormat, Utc};
pub(crate) use harmony_config_plugin_shared::moment::{length, of_day};

/// A moment as RFC 3339 writes it, in seconds since 1970.
pub(crate) fn rfc3339(seconds: u64) -> String {
    moment(seconds).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As the verification of tokens reckons with it.
pub(crate) fn moment(seconds: u64) -> DateTime<Utc> {
    let seconds = i64::try_from(seconds).ok();
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A moment of a token, in seconds since 1970.
pub(crate) fn seconds(moment: DateTime<Utc>) -> u64 {
    u64::try_from(moment.timestamp()).unwrap_or(0)
}

/// A moment as HTTP writes it.
pub(crate) fn of_http(text: &str) -> Option<u64> {
    u64::try_from(DateTime::parse_from_rfc2822(text).ok()?.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_http_writes_them_and_written_as_rfc_3339_does() {
        assert_eq!(of_http("Wed, 25 Nov 2026 16:51:03 GMT").map(rfc3339).as_deref(), Some("2026-11-25T16:51:03Z"));
        assert_eq!(of_http("soon"), None);
        assert_eq!(rfc3339(1_800_000_000), "2027-01-15T08:00:00Z");
        assert_eq!(seconds(moment(1_800_000_000)), 1_800_000_000);
    }
}
