//! What `completions` and `man` answer with: a text for another program, or the files that it was written into.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{json::VERSION, report::Report};
use crate::style::{Paint, Style};

/// A text for another program.
#[derive(Clone, Debug)]
pub struct Printed {
    /// What it is, in one word: the name of its member in JSON.
    pub what: &'static str,
    /// The text.
    pub text: String,
}

impl Report for Printed {
    fn answer(&self, _: Style) -> Option<String> {
        Some(self.text.clone())
    }

    fn json(&self) -> Value {
        let members = [("version".to_owned(), json!(VERSION)), (self.what.to_owned(), json!(self.text))];
        Value::Object(Map::from_iter(members))
    }
}

/// Pages of the manual that were written.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The folder that they are in.
    pub folder: PathBuf,
    /// Their files.
    pub pages: Vec<PathBuf>,
}

impl Report for Pages {
    fn words(&self, style: Style) -> Vec<String> {
        let mut words = vec![format!("wrote {} pages into {}", self.pages.len(), self.folder.display())];
        // The shortest name is that of the whole command.
        if let Some(first) = self.pages.iter().min_by_key(|page| page.as_os_str().len()) {
            words.push(format!("  {} read one: man {}", style.paint(Paint::Faint, "next:"), first.display()));
        }
        words
    }

    fn json(&self) -> Value {
        let pages: Vec<String> = self.pages.iter().map(|page| page.display().to_string()).collect();
        json!({ "version": VERSION, "folder": self.folder.display().to_string(), "pages": pages })
    }
}
