//! What a file of configuration says, piece by piece, whatever its format is: texts between quotes, what stands behind
//! `=` or `:`, and whole lines. Names of fields and tables are none of it: messages name them. It is for blotting out what
//! a plugin should not have said, so it rather takes too much for a secret than too little.

/// The shortest piece: a shorter one would blot out half of every sentence.
const SHORTEST: usize = super::SHORTEST;

/// Whether any piece is such a one.
pub(super) fn any(text: &str, mut is: impl FnMut(&str) -> bool) -> bool {
    text.lines().any(|line| of_line(line, &mut is))
}

fn of_line(line: &str, is: &mut impl FnMut(&str) -> bool) -> bool {
    let line = line.trim();
    // A comment, a table of TOML, the beginning or the end of something.
    if line.len() < SHORTEST || line.starts_with('#') || (line.starts_with('[') && line.ends_with(']')) {
        return false;
    }
    let mut is_one = |piece: &str| piece.len() >= SHORTEST && !is_common(piece) && is(piece);
    let mut rest = line;
    let mut names_something = false;
    while let Some(at) = rest.find(['"', '\'', '=', ':']) {
        let (_, found) = rest.split_at(at);
        let Some(sign) = found.chars().next() else { break };
        let behind = found.get(1..).unwrap_or_default();
        if matches!(sign, '=' | ':') {
            names_something = true;
            let whole = behind.trim();
            let until = whole.find([',', '}', ']', '#']).unwrap_or(whole.len());
            let first = whole.get(..until).unwrap_or_default().trim();
            if !whole.starts_with(['"', '\'', '{', '[']) && (is_one(whole) || is_one(first)) {
                return true;
            }
            rest = behind;
            continue;
        }
        let (inside, after) = quoted(behind, sign);
        // A name: `"password": `.
        let is_name = after.trim_start().starts_with([':', '=', '.']);
        if !is_name && (is_one(inside) || (inside.contains('\\') && is_one(&unescaped(inside)))) {
            return true;
        }
        rest = after;
    }
    // A line of a longer text, or an item of a list.
    !names_something && is_one(line.trim_start_matches("- "))
}

/// What stands before the closing quote, and what behind it. A text of several lines ends here with the line.
fn quoted(text: &str, quote: char) -> (&str, &str) {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if character == quote => {
                return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}

fn unescaped(inside: &str) -> String {
    serde_json::from_str(&format!("\"{inside}\"")).unwrap_or_default()
}

/// Words and numbers that stand in every message.
fn is_common(piece: &str) -> bool {
    matches!(piece, "true" | "false" | "null") || piece.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        any(text, |piece| {
            found.push(piece.to_owned());
            false
        });
        found
    }

    #[test]
    fn every_format_gives_its_values_and_not_its_names() {
        for text in [
            "[Some.\"table@name\"]\nfield = \"canary\"\nother_field = 12345\nthird = true",
            "{\"field\": \"canary\", \"other\": {\"third\": 12345}}",
            "field: canary\nother:\n  third: 12345\n",
            "export FIELD_NAME=canary # a comment\n# comment = nothing",
            "field = { inner = 'canary' }",
        ] {
            let found = pieces(text);
            assert!(found.iter().any(|piece| piece == "canary" || piece == "canary # a comment"), "{text}: {found:?}");
            let names = ["field", "other", "third", "inner", "table@name", "FIELD_NAME", "12345"];
            assert!(found.iter().all(|piece| !names.contains(&piece.as_str())), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_text_with_escapes_and_one_of_several_lines_are_found() {
        assert!(pieces(r#"a = "ca\"nary""#).contains(&"ca\"nary".to_owned()));
        assert!(pieces("a = '''\nfirst line\ncanary==\n'''").contains(&"first line".to_owned()));
        assert!(pieces("list:\n  - canary\n").contains(&"canary".to_owned()));
    }
}
