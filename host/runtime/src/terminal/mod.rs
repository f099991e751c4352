//! Whoever asks the person: [`TerminalPrompter`] in a terminal, [`LinePrompter`] from a file or a pipe; and
//! [`log_writer`], which keeps log lines out of a question that is on the screen.
//!
//! Inside: `parse` and `describe` (from a typed answer to a checked value), `field`, `editor`, `view` and `layout` (what a
//! question looks like and what a key does: no terminal is touched there), `screen` (the terminal itself), `gate` (the
//! logs), `notice` and `browser` (a page that is to be opened), `signals` (what would end the program meanwhile). What does not live here: which questions are asked, and whether a person may be asked at all.

mod browser;
mod describe;
mod editor;
mod field;
mod gate;
mod layout;
mod lines;
mod notice;
mod parse;
mod screen;
mod signals;
#[cfg(test)]
mod tests;
mod view;

use std::{
    env,
    io::{self, IsTerminal},
    sync::{Arc, LazyLock, Mutex as SyncMutex},
    time::Instant,
};

use async_trait::async_trait;
use crossterm::event::{Event, KeyEventKind};
use harmony_config_core::{Blame, Failure, FailureCode};
use tokio::sync::{Mutex, watch};

use self::{
    field::{Field, Step},
    notice::TerminalNotice,
    parse::{Asked, cancelled},
    screen::{Screen, Stop},
    view::Frame,
};
use crate::prompt::{Answer, Form, Notice, Prompter, WebPage};

pub use self::{
    gate::{GatedStderr, log_writer},
    lines::LinePrompter,
    signals::HeldSignals,
};

/// The process has one terminal: who asks holds it to the end of the last form.
static TERMINAL: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// Asks the person at the terminal: draws on standard error, and reads keys from standard input.
///
/// If the future of [`ask`](Prompter::ask) is dropped, the terminal is put back at once, and another form may be shown as
/// soon as the thread that read the keys has noticed.
#[derive(Clone, Debug)]
pub struct TerminalPrompter {
    non_interactive: bool,
}

impl TerminalPrompter {
    /// A prompter for this process's terminal. `non_interactive`: nobody is to be asked, terminal or not.
    pub fn new(non_interactive: bool) -> Self {
        TerminalPrompter { non_interactive }
    }
}

#[async_trait]
impl Prompter for TerminalPrompter {
    fn unavailable(&self) -> Option<Failure> {
        let why = if self.non_interactive {
            "nobody can be asked: the program was told to ask nobody"
        } else if !io::stdin().is_terminal() {
            "nobody can be asked: standard input is not a terminal"
        } else if !io::stderr().is_terminal() {
            "nobody can be asked: standard error is not a terminal"
        } else if env::var_os("TERM").is_some_and(|name| name == "dumb") {
            "nobody can be asked: the terminal cannot draw (TERM=dumb)"
        } else {
            return None;
        };
        let failure = Failure::new(FailureCode::InteractionRequired, why).blamed_on(Blame::Person);
        Some(failure.with_remedy(
            "run it in a terminal; or give the value beforehand, with `harmony-config set KEY` or in the variable \
             HARMONY_CONFIG_{KEY}",
        ))
    }

    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        if forms.iter().all(|form| form.questions.is_empty()) {
            return Ok(forms.iter().map(|_| Vec::new()).collect());
        }
        if let Some(failure) = self.unavailable() {
            return Err(failure);
        }
        let terminal = Arc::clone(&TERMINAL).lock_owned().await;
        let closing = Closing(Arc::new(Screen::new(plain())));
        let screen = Closing(Arc::clone(&closing.0));
        let task = tokio::task::spawn_blocking(move || {
            // In this order: the screen is closed before the next one who asks gets the terminal.
            let _terminal = terminal;
            let screen = screen;
            ask_all(&screen.0, forms)
        });
        let answers = task.await;
        drop(closing);
        answers.unwrap_or_else(|_| {
            Err(Failure::new(FailureCode::Unavailable, "asking in the terminal broke off").blamed_on(Blame::Host))
        })
    }

    fn shows_pages(&self) -> bool {
        true
    }

    async fn show(&self, page: WebPage) -> Result<Box<dyn Notice>, Failure> {
        if let Some(failure) = self.unavailable() {
            return Err(failure);
        }
        // Somebody else's form may be on the screen for a while, and the code lives meanwhile.
        let until = page.expires_in.map(|time| Instant::now() + time);
        let terminal = Arc::clone(&TERMINAL).lock_owned().await;
        let closing = Closing(Arc::new(Screen::new(plain())));
        let screen = Closing(Arc::clone(&closing.0));
        let (left, leaving) = watch::channel(None);
        let line = Arc::new(SyncMutex::new(String::new()));
        let said = Arc::clone(&line);
        browser::open(page.address_with_code.as_ref().unwrap_or(&page.address));
        // It ends when the screen is closed, which is when the answer is dropped.
        drop(tokio::task::spawn_blocking(move || {
            // In this order: the screen is closed before the next one who asks gets the terminal.
            let _terminal = terminal;
            let screen = screen;
            let how = notice::show(&screen.0, &page, until, &said);
            drop(screen);
            left.send_replace(how);
        }));
        Ok(Box::new(TerminalNotice::new(leaving, line, closing)))
    }
}

/// Whether the person wants no colours.
fn plain() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Puts the terminal back, whichever way it ends: answered, failed, panicked, or nobody waits any more.
struct Closing(Arc<Screen>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn ask_all(screen: &Screen, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
    let mut all = Vec::with_capacity(forms.len());
    let mut opened = false;
    for mut form in forms {
        let questions: Vec<Asked> = std::mem::take(&mut form.questions).into_iter().map(Asked::new).collect();
        let mut answers = Vec::new();
        if !questions.is_empty() {
            let begun = match opened {
                false => screen.open(),
                true => screen.keep(&[Vec::new()]),
            };
            opened = true;
            answers = begun.and_then(|()| ask_form(screen, &form, &questions)).map_err(|stop| failure(&form, stop))?;
        }
        all.push(answers);
    }
    Ok(all)
}

fn ask_form(screen: &Screen, form: &Form, questions: &[Asked]) -> Result<Vec<Answer>, Stop> {
    let labels: Vec<String> = questions.iter().map(Asked::label).collect();
    let frame = || Frame::new(screen::size().0, form, &labels);
    let mut answers = Vec::new();
    screen.keep(&frame().heading(form))?;
    for asked in questions {
        let value = ask_one(screen, frame, Field::new(asked))?;
        let shown = value.as_ref().map(|value| asked.show(value));
        screen.keep(&frame().answered(&asked.label(), shown.as_deref()))?;
        answers.extend(value.map(|value| asked.answer(value)));
    }
    Ok(answers)
}

fn ask_one(
    screen: &Screen,
    frame: impl Fn() -> Frame,
    mut field: Field<'_>,
) -> Result<Option<serde_json::Value>, Stop> {
    loop {
        if !screen.has_more() {
            let height = screen::size().1.saturating_sub(1).max(1);
            screen.draw(&field.picture(&frame(), height))?;
        }
        match screen.event()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match field.key(key) {
                Step::On => {}
                Step::Done(value) => return Ok(value),
                Step::Cancelled => return Err(Stop::Cancelled),
            },
            Event::Paste(text) => field.paste(&text),
            _ => {}
        }
    }
}

fn failure(form: &Form, stop: Stop) -> Failure {
    match stop {
        Stop::Cancelled | Stop::Closed => cancelled(),
        Stop::Broken(error) => {
            let message = format!("the terminal could not be used to ask for {}: {error}", form.title);
            Failure::new(FailureCode::Unavailable, message)
                .with_remedy("run it in another terminal, or give the value beforehand with `harmony-config set`")
                .blamed_on(Blame::Host)
        }
    }
}
