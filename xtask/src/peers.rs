//! Which servers the tests ran against: a real OpenBao, or the stand-in and what its answers rest on.

use std::{collections::BTreeMap, fs, path::Path};

use crate::step::say;

/// The variable that names the file in which the tests leave a line for each server.
pub(crate) const LEFT: &str = "HARMONY_CONFIG_PEERS";

/// Says which it was.
pub(crate) fn say_which(left: &Path) {
    say(&words(&fs::read_to_string(left).unwrap_or_default()));
}

fn words(lines: &str) -> String {
    let (mut stand_ins, mut recorded, mut unrecorded) = (0_u64, 0_u64, 0_u64);
    let mut real: BTreeMap<&str, u64> = BTreeMap::new();
    for line in lines.lines() {
        let mut parts = line.splitn(2, ' ');
        match (parts.next(), parts.next()) {
            (Some("stand-in"), Some(counts)) => {
                let mut counts = counts.split(' ').map(|count| count.parse::<u64>().unwrap_or(0));
                stand_ins += 1;
                recorded += counts.next().unwrap_or(0);
                unrecorded += counts.next().unwrap_or(0);
            }
            (Some("real"), Some(which)) => *real.entry(which).or_default() += 1,
            _ => {}
        }
    }
    let mut said = Vec::new();
    for (which, times) in real {
        said.push(format!("OpenBao: {times} tests ran against {which}."));
    }
    if stand_ins > 0 {
        said.push(format!(
            "OpenBao: {stand_ins} tests ran against the stand-in, which gave {recorded} answers as they were recorded and \
             {unrecorded} of which there is no recording. Against a real server: BAO_BIN=/path/to/bao cargo xtask test"
        ));
    }
    match said.is_empty() {
        true => "OpenBao: no test ran against any server.".to_owned(),
        false => said.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_summed_up() {
        let said = words("stand-in 10 1\nstand-in 5 0\nreal bao 2.6 at /usr/bin/bao\nreal bao 2.6 at /usr/bin/bao\n");
        assert!(said.contains("2 tests ran against bao 2.6 at /usr/bin/bao."), "{said}");
        assert!(said.contains("2 tests ran against the stand-in, which gave 15 answers"), "{said}");
        assert!(said.contains("and 1 of which there is no recording"), "{said}");
        assert_eq!(words(""), "OpenBao: no test ran against any server.");
    }
}
