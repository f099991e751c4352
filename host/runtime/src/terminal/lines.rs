//! Answers from a file or a pipe, one line a question, in the order of asking: for scripts and for tests of whole
//! programs. The questions and the answers are echoed, so that the transcript can be read. Nothing is drawn here.

use std::{
    io::{self, BufRead, Read, Write},
    sync::{Mutex as StdMutex, PoisonError},
    thread,
};

use async_trait::async_trait;
use harmony_config_core::{Blame, Failure, FailureCode};
use tokio::sync::{Mutex, mpsc};

use super::{
    gate::log_writer,
    parse::{Asked, Parsed},
    view::{Frame, Row, plain},
};
use crate::prompt::{Answer, Form, Prompter};

/// How long a line may be.
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// How wide the transcript is.
const COLUMNS: usize = 100;

/// Answers questions from lines of text: the first line answers the first question, and so on; an empty line takes the
/// default, or leaves an optional question out. Questions and answers are echoed on standard error, secrets as `***`.
///
/// Nothing is read before the first question. A line that does not fit is an `invalid` failure, and too few lines are
/// `interaction-required`.
pub struct LinePrompter {
    lines: Mutex<Lines>,
    echo: StdMutex<Box<dyn Write + Send>>,
}

impl LinePrompter {
    /// Takes the answers from `reader`.
    pub fn new(reader: impl BufRead + Send + 'static) -> Self {
        LinePrompter::with_echo(reader, log_writer())
    }

    /// The same, with the transcript written elsewhere.
    pub(crate) fn with_echo(reader: impl BufRead + Send + 'static, echo: impl Write + Send + 'static) -> Self {
        let lines = Lines { source: Source::Unread(Box::new(reader)), number: 0 };
        LinePrompter { lines: Mutex::new(lines), echo: StdMutex::new(Box::new(echo)) }
    }

    /// A transcript that cannot be written is no reason to fail.
    fn echo(&self, rows: &[Row]) {
        let mut echo = self.echo.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = echo.write_all(plain(rows).as_bytes());
        let _ = echo.flush();
    }

    async fn ask_form(&self, lines: &mut Lines, mut form: Form) -> Result<Vec<Answer>, Failure> {
        let questions: Vec<Asked> = std::mem::take(&mut form.questions).into_iter().map(Asked::new).collect();
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let labels: Vec<String> = questions.iter().map(Asked::label).collect();
        let frame = Frame::new(COLUMNS, &form, &labels);
        self.echo(&frame.heading(&form));
        let mut answers = Vec::new();
        for asked in &questions {
            let label = asked.label();
            let Some(line) = lines.next().await? else { return Err(ended(&form, &label, asked, lines.number)) };
            let value = match asked.parse(&line) {
                Parsed::Value(value) => Some(value),
                Parsed::Skipped => None,
                Parsed::Wrong(why) => return Err(unfit(&form, &label, lines.number, &why)),
                Parsed::Unfinished => return Err(unfit(&form, &label, lines.number, "the JSON is not complete")),
            };
            let shown = value.as_ref().map(|value| asked.show(value));
            self.echo(&frame.answered(&label, shown.as_deref()));
            answers.extend(value.map(|value| asked.answer(value)));
        }
        Ok(answers)
    }
}

#[async_trait]
impl Prompter for LinePrompter {
    fn unavailable(&self) -> Option<Failure> {
        None
    }

    async fn ask(&self, forms: Vec<Form>) -> Result<Vec<Vec<Answer>>, Failure> {
        let mut lines = self.lines.lock().await;
        let mut all = Vec::with_capacity(forms.len());
        for form in forms {
            all.push(self.ask_form(&mut lines, form).await?);
        }
        Ok(all)
    }
}

/// The lines that are still to come.
struct Lines {
    source: Source,
    /// How many were read.
    number: usize,
}

enum Source {
    /// Nobody has asked yet.
    Unread(Box<dyn BufRead + Send>),
    /// A thread of its own reads: a pipe may be silent for ever, and neither the runtime nor the end of the program
    /// must wait for it.
    Reading(mpsc::Receiver<Result<String, Unreadable>>),
}

/// Why a line cannot be had.
enum Unreadable {
    TooLong,
    NotUtf8,
    Failed(io::ErrorKind),
}

impl Lines {
    /// The next line without its end; none where there is no more.
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        if let Source::Unread(reader) = &mut self.source {
            let reader = std::mem::replace(reader, Box::new(io::empty()));
            let (sender, receiver) = mpsc::channel(1);
            let thread = thread::Builder::new().name("harmony-config-answers".to_owned());
            thread
                .spawn(move || read_all(reader, &sender))
                .map_err(|error| unreadable(self.number, &error.to_string()))?;
            self.source = Source::Reading(receiver);
        }
        let Source::Reading(lines) = &mut self.source else { return Ok(None) };
        let Some(line) = lines.recv().await else { return Ok(None) };
        self.number += 1;
        match line {
            Ok(line) => Ok(Some(line)),
            Err(Unreadable::TooLong) => Err(unreadable(self.number, "it is longer than 1 MiB")),
            Err(Unreadable::NotUtf8) => Err(unreadable(self.number, "it is not UTF-8")),
            Err(Unreadable::Failed(kind)) => Err(unreadable(self.number, &kind.to_string())),
        }
    }
}

fn read_all(mut reader: Box<dyn BufRead + Send>, lines: &mpsc::Sender<Result<String, Unreadable>>) {
    loop {
        let mut line = Vec::new();
        let most = MAX_LINE_BYTES as u64 + 2;
        let read = reader.by_ref().take(most).read_until(b'\n', &mut line);
        let ended = line.last() == Some(&b'\n');
        if ended {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        let line = match read {
            Ok(0) => return,
            Err(error) => Err(Unreadable::Failed(error.kind())),
            Ok(_) if line.len() > MAX_LINE_BYTES => Err(Unreadable::TooLong),
            Ok(_) => String::from_utf8(line).map_err(|_| Unreadable::NotUtf8),
        };
        // What follows half a line is not an answer.
        let last = matches!(line, Err(Unreadable::TooLong | Unreadable::Failed(_)));
        if lines.blocking_send(line).is_err() || last {
            return;
        }
    }
}

fn ended(form: &Form, label: &str, asked: &Asked, read: usize) -> Failure {
    let number = read + 1;
    let message = format!("the answers end before `{label}` of {}: line {number} is missing", form.title);
    Failure::new(FailureCode::InteractionRequired, message)
        .with_remedy(format!("add line {number}: {}", asked.expected()))
        .blamed_on(Blame::Person)
}

fn unfit(form: &Form, label: &str, number: usize, why: &str) -> Failure {
    let message = format!("line {number} of the answers does not fit `{label}` of {}: {why}", form.title);
    Failure::new(FailureCode::Invalid, message)
        .with_remedy(format!("correct line {number} of the answers"))
        .blamed_on(Blame::Person)
}

fn unreadable(number: usize, why: &str) -> Failure {
    Failure::new(FailureCode::Invalid, format!("line {number} of the answers cannot be read: {why}"))
        .with_remedy("give one answer a line, in UTF-8")
        .blamed_on(Blame::Person)
}
