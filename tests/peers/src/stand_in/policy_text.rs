//! The text of a policy: `path "…" { capabilities = ["…"] }`. Only what a policy needs of HCL, and attributes that are
//! not judged here (`allowed_parameters` and the like) are read over.

use std::{iter::Peekable, str::Chars};

use super::acl::Capabilities;

const KNOWN: [&str; 10] = ["create", "read", "update", "delete", "list", "patch", "scan", "sudo", "deny", "root"];

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Word(String),
    Text(String),
    Sign(char),
    End,
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    column: usize,
}

pub(crate) fn rules(text: &str) -> Result<Vec<(String, Capabilities)>, String> {
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, column: 1 };
    let mut rules = Vec::new();
    loop {
        match reader.piece()? {
            Piece::End => return Ok(rules),
            Piece::Word(word) if word == "path" => rules.push(reader.rule()?),
            Piece::Word(word) if word == "name" => {
                reader.sign('=')?;
                reader.piece()?;
            }
            Piece::Word(word) => return Err(reader.at(&format!("invalid key {word:?} on line {}", reader.line))),
            other => return Err(reader.at(&format!("expected a path, got: {}", shown(&other)))),
        }
    }
}

fn shown(piece: &Piece) -> String {
    match piece {
        Piece::Word(text) | Piece::Text(text) => text.clone(),
        Piece::Sign(sign) => sign.to_string(),
        Piece::End => "EOF".to_owned(),
    }
}

impl Reader<'_> {
    fn rule(&mut self) -> Result<(String, Capabilities), String> {
        let path = match self.piece()? {
            Piece::Text(path) => path,
            // An object with nothing before it: HCL reads on to its end before anyone misses the path.
            Piece::Sign('{') => match self.piece()? {
                Piece::End => return Err(self.at("object expected closing RBRACE got: EOF")),
                _ => return Err(self.at("a path must be named")),
            },
            other => return Err(self.at(&format!("expected a path in quotes, got: {}", shown(&other)))),
        };
        self.sign('{')?;
        let mut capabilities = Capabilities::new();
        loop {
            match self.piece()? {
                Piece::Sign('}') => return Ok((path, capabilities)),
                Piece::End => return Err(self.at("object expected closing RBRACE got: EOF")),
                Piece::Word(word) if word == "capabilities" => {
                    self.sign('=')?;
                    capabilities = self.capabilities(&path)?;
                }
                Piece::Word(_) | Piece::Text(_) => self.skip_value()?,
                Piece::Sign(',') => {}
                other => return Err(self.at(&format!("expected an attribute, got: {}", shown(&other)))),
            }
        }
    }

    fn capabilities(&mut self, path: &str) -> Result<Capabilities, String> {
        self.sign('[')?;
        let mut found = Capabilities::new();
        loop {
            match self.piece()? {
                Piece::Sign(']') => return Ok(found),
                Piece::Sign(',') => {}
                Piece::Text(word) if KNOWN.contains(&word.as_str()) => {
                    found.insert(word);
                }
                Piece::Text(word) => return Err(format!("path {path:?}: invalid capability {word:?}")),
                other => return Err(self.at(&format!("expected a capability, got: {}", shown(&other)))),
            }
        }
    }

    /// `= value`, or a block; whatever is in it.
    fn skip_value(&mut self) -> Result<(), String> {
        let mut depth = 0_usize;
        loop {
            match self.piece()? {
                Piece::Sign('=') if depth == 0 => {}
                Piece::Sign('{' | '[') => depth += 1,
                Piece::Sign('}' | ']') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Piece::End => return Err(self.at("object expected closing RBRACE got: EOF")),
                _ if depth == 0 => return Ok(()),
                _ => {}
            }
        }
    }

    fn sign(&mut self, wanted: char) -> Result<(), String> {
        match self.piece()? {
            Piece::Sign(found) if found == wanted => Ok(()),
            other => Err(self.at(&format!("expected {wanted:?}, got: {}", shown(&other)))),
        }
    }

    fn piece(&mut self) -> Result<Piece, String> {
        while let Some(next) = self.rest.peek().copied() {
            match next {
                '#' => self.skip_line(),
                '/' => {
                    self.next();
                    match self.next() {
                        Some('/') => self.skip_line(),
                        Some('*') => self.skip_comment(),
                        _ => return Err(self.at("illegal character")),
                    }
                }
                _ if next.is_whitespace() => {
                    self.next();
                }
                _ => break,
            }
        }
        let Some(first) = self.next() else { return Ok(Piece::End) };
        if first == '"' {
            return self.text();
        }
        if !first.is_alphanumeric() && first != '_' && first != '-' {
            return Ok(Piece::Sign(first));
        }
        let mut word = String::from(first);
        while let Some(next) = self.rest.peek().copied().filter(|c| c.is_alphanumeric() || "_-.".contains(*c)) {
            word.push(next);
            self.next();
        }
        Ok(Piece::Word(word))
    }

    fn text(&mut self) -> Result<Piece, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(Piece::Text(text)),
                Some('\\') => text.extend(self.next()),
                Some('\n') | None => return Err(self.at("literal not terminated")),
                Some(other) => text.push(other),
            }
        }
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    fn skip_comment(&mut self) {
        let mut before = ' ';
        while let Some(next) = self.next() {
            if before == '*' && next == '/' {
                return;
            }
            before = next;
        }
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(next)
    }

    /// The server counts the end of the text one column further on.
    fn at(&self, words: &str) -> String {
        let column = if words.ends_with("EOF") { self.column + 1 } else { self.column };
        format!("At {}:{column}: {words}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_attributes_that_are_not_judged_are_read_over() {
        let text = r#"
            # who may read
            path "a/b" { // here
                allowed_parameters = { "x" = ["1", "2"] }
                capabilities = ["read", "list",]
                min_wrapping_ttl = "1s"
            }
        "#;
        let rules = rules(text).expect("it parses");
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].0, "a/b");
        assert_eq!(rules[0].1.iter().collect::<Vec<_>>(), ["list", "read"]);
    }

    #[test]
    fn what_does_not_parse_is_refused_with_its_place() {
        assert_eq!(rules("path {"), Err("At 1:8: object expected closing RBRACE got: EOF".to_owned()));
        assert!(rules("path \"a\" { capabilities = [\"fly\"] }").is_err_and(|words| words.contains("\"fly\"")));
        assert!(rules("paths \"a\" {}").is_err_and(|words| words.contains("paths")));
    }
}
