//! Moments and lengths of time, for people. In UTC.

/// The time of the day, for people.
pub fn of_day(seconds: u64) -> String {
    let second = seconds % 86_400;
    format!("{:02}:{:02}:{:02} UTC", second / 3_600, second / 60 % 60, second % 60)
}

/// A length, for people.
pub fn length(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_in_the_unit_that_fits() {
        assert_eq!([59, 3_599, 14_399, 2_764_800].map(length), ["59 s", "59 min", "3 h", "32 days"]);
        assert_eq!(of_day(1_795_474_074), "22:47:54 UTC");
    }
}
