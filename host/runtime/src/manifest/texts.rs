//! The texts of all layers in one row, so that a place in any of them is one range of numbers: what the layers are joined
//! to still knows which file and line each word stands in.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use harmony_config_core::ConfigError;

use super::{Layer, Place, report};

/// A range in the row of texts.
pub(super) type Span = Range<usize>;

/// The texts of all layers.
#[derive(Default)]
pub(super) struct Texts {
    list: Vec<Text>,
}

/// One of them.
pub(super) struct Text {
    pub(super) layer: Layer,
    pub(super) file: Arc<Path>,
    pub(super) text: String,
    /// Where it begins in the row.
    pub(super) base: usize,
}

impl Texts {
    /// Adds a layer over those that are there.
    pub(super) fn add(&mut self, layer: Layer, file: &Path, text: String) {
        // One more, so that the end of one text is not the beginning of the next.
        let base = self.list.last().map_or(0, |last| last.base + last.text.len() + 1);
        self.list.push(Text { layer, file: Arc::from(file), text, base });
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Text> {
        self.list.iter()
    }

    /// The text that a range lies in.
    fn of(&self, span: &Span) -> Option<&Text> {
        self.list.iter().rev().find(|text| text.base <= span.start)
    }

    /// The folder of the file that a range lies in: where relative paths of it start.
    pub(super) fn folder(&self, span: &Span) -> Option<&Path> {
        self.of(span)?.file.parent()
    }

    /// The path that a text means: a relative one starts at the folder of its file. What `~/` is, the loader knows.
    pub(super) fn path(&self, span: &Span, text: &str) -> PathBuf {
        match text.starts_with("~/") {
            true => PathBuf::from(text),
            false => self.folder(span).unwrap_or_else(|| Path::new("")).join(text),
        }
    }

    /// An error at a place.
    pub(super) fn error(&self, span: Span, message: &str) -> ConfigError {
        match self.of(&span) {
            Some(text) => text.error(span.start - text.base..span.end.saturating_sub(text.base), message),
            None => ConfigError::manifest(message),
        }
    }

    /// The first place of a word within a range; the range, where it is not there.
    pub(super) fn word(&self, span: &Span, word: &str) -> Span {
        let find = || {
            let text = self.of(span)?;
            let within = text.text.get(span.start - text.base..span.end.saturating_sub(text.base))?;
            let start = span.start + within.find(word)?;
            Some(start..start + word.len())
        };
        find().unwrap_or_else(|| span.clone())
    }

    /// Where a range begins.
    pub(super) fn place(&self, span: &Span) -> Place {
        let Some(text) = self.of(span) else {
            return Place { file: Arc::from(Path::new("")), line: 1, layer: Layer::Program };
        };
        let (line, _) = report::position(&text.text, span.start - text.base);
        Place { file: Arc::clone(&text.file), line, layer: text.layer }
    }
}

impl Text {
    /// An error at a place in this text.
    pub(super) fn error(&self, span: Range<usize>, message: &str) -> ConfigError {
        ConfigError::manifest(report::render(&self.text, &self.file, span, message))
    }

    /// An error of this text as a whole.
    pub(super) fn error_of_all(&self, message: &str) -> ConfigError {
        ConfigError::manifest(format!("{}: {message}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_any_layer_names_its_own_file_and_line() {
        let mut texts = Texts::default();
        texts.add(Layer::User, Path::new("user.toml"), "a = 1\n".to_owned());
        texts.add(Layer::Project, Path::new("project.toml"), "b = 2\nc = 3\n".to_owned());
        let base = texts.list[1].base;
        let place = texts.place(&(base + 6..base + 7));
        assert_eq!((place.to_string().as_str(), place.layer), ("project.toml:2", Layer::Project));
        assert_eq!(texts.place(&(0..1)).to_string(), "user.toml:1");
        assert!(
            texts.error(base + 6..base + 7, "x").message().starts_with("project.toml:2:1: x\n  |\n2 | c = 3\n  | ^")
        );
        assert!(texts.error(0..1, "x").message().starts_with("user.toml:1:1: x"));
    }
}
