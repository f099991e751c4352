//! Words that come from a server, made fit to stand in a message: they may hold what a terminal obeys, and be endless.

/// The most that is repeated.
const LONGEST: usize = 400;

/// The words on one line, without control characters, and not endless.
pub(crate) fn plain(words: &str) -> String {
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = words.split_whitespace().collect::<Vec<&str>>().join(" ");
    let mut short: String = words.chars().take(LONGEST).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_server_cannot_draw_on_a_terminal_or_fill_it() {
        let words = plain(&format!("\u{1b}[2Jred\n\tline; {}", "x".repeat(5000)));
        assert!(!words.contains('\u{1b}') && !words.contains('\n') && words.chars().count() <= 401, "{words}");
        assert!(words.starts_with("[2Jred line; x"), "{words}");
    }
}
