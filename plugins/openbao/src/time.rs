//! Moments, as far as this source reads and shows them. In UTC.

/// A moment as OpenBao writes it, `2026-11-23T22:47:54.879017055Z`, in seconds since 1970; none where it is no such thing.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split('.').next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 {
        return None;
    }
    // Years that begin in March, so that a leap day is the last of one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some((days - DAYS_BEFORE_1970) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// From the first of March of the year 0.
const DAYS_BEFORE_1970: u64 = 719_468;

/// The time of the day, for people.
pub(crate) fn of_day(seconds: u64) -> String {
    let second = seconds % 86_400;
    format!("{:02}:{:02}:{:02} UTC", second / 3_600, second / 60 % 60, second % 60)
}

/// A length, for people.
pub(crate) fn length(seconds: u64) -> String {
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
    fn moments_are_read_as_openbao_writes_them() {
        for (text, moment) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59.5Z", Some(951_868_799)),
            ("2026-11-23T22:47:54.879017055Z", Some(1_795_474_074)),
            ("", None),
            ("0001-01-01T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-23T22:47:54+01:00", None),
        ] {
            assert_eq!(seconds(text), moment, "{text}");
        }
    }

    #[test]
    fn lengths_are_said_in_the_unit_that_fits() {
        assert_eq!([59, 3_599, 14_399, 2_764_800].map(length), ["59 s", "59 min", "3 h", "32 days"]);
        assert_eq!(of_day(1_795_474_074), "22:47:54 UTC");
    }
}
