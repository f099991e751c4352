//! Durations as a manifest spells them: `500ms`, `2s`, `10m`, `1h`.

use std::time::Duration;

/// The longest that makes sense: a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let how = "write a whole number and a unit: `500ms`, `2s`, `10m`, `1h`";
    let number: u64 = number.parse().map_err(|_| how.to_owned())?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(how.to_owned()),
    };
    match number.checked_mul(millis).map(Duration::from_millis) {
        Some(duration) if duration.is_zero() => Err("it must be longer than nothing".to_owned()),
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err("it must not be longer than a day: `24h`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_are_a_duration_and_nothing_else_is() {
        assert_eq!(parse("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("10 m"), Ok(Duration::from_secs(600)));
        for wrong in ["", "2", "s", "2 days", "-1s", "0s", "25h", "99999999999999999999s", "18446744073709551615h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
