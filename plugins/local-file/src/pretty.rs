//! JSON laid out for people. The text is laid out as it is, not read and written anew: numbers keep their digits and
//! fields their order, and a large value takes no more memory than its text.

use harmony_config_plugin_shared::text::string_length;
use serde::de::IgnoredAny;

const INDENT: &str = "  ";

/// The text, one member a line, with a final line end. Fails where it is not JSON.
pub(crate) fn pretty(json: &str) -> serde_json::Result<String> {
    serde_json::from_str::<IgnoredAny>(json)?;
    let mut out = String::with_capacity(json.len() + json.len() / 2 + 1);
    let mut depth = 0_usize;
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_length(rest),
            _ => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                out.push(c);
                let inside = rest.trim_start();
                match inside.strip_prefix(['}', ']']) {
                    Some(after) => {
                        out.push(if c == '{' { '}' } else { ']' });
                        rest = after;
                    }
                    None => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    out.push('\n');
    Ok(out)
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str(INDENT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_laid_out_as_people_write_it() {
        for (json, laid_out) in [
            ("1", "1\n"),
            (" {} ", "{}\n"),
            ("[ ]", "[]\n"),
            (r#"{"b":1,"a":[true,null,{}]}"#, "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null,\n    {}\n  ]\n}\n"),
            (r#""a, {b}: [\"c\\""#, "\"a, {b}: [\\\"c\\\\\"\n"),
            (r#"{"ä":"ö"}"#, "{\n  \"ä\": \"ö\"\n}\n"),
            ("[1.10000000000000000000000001,1e400]", "[\n  1.10000000000000000000000001,\n  1e400\n]\n"),
        ] {
            assert_eq!(pretty(json).unwrap(), laid_out);
            assert_eq!(pretty(laid_out).unwrap(), laid_out);
        }
    }

    #[test]
    fn a_layout_is_that_of_serde_json() {
        let json = r#"{"a":{"b":[{"c":"d e"},[],[1,[2]]]},"f":"g\n\"h\" \\","i":-1.5e-7}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(pretty(json).unwrap(), serde_json::to_string_pretty(&value).unwrap() + "\n");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "{]", "1 2", "\"a", "canary"] {
            assert!(pretty(text).is_err(), "{text}");
        }
    }
}
