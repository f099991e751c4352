//! The terminal while a person is being asked: raw mode, the rows that are drawn and drawn again, and the way back. What
//! stands in the rows is `view`'s and `field`'s.
//!
//! Whoever waits for the answers may stop waiting at any moment. Then [`Screen::close`] is called from another thread:
//! it puts the terminal back at once, and everything after it is refused, so that nothing is drawn into what follows.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    cursor::{MoveToColumn, MoveUp, Show},
    event::{self, DisableBracketedPaste, EnableBracketedPaste, Event},
    queue,
    style::{Attribute, Color, Print, ResetColor, SetAttribute, SetBackgroundColor, SetForegroundColor},
    terminal::{self, Clear, ClearType},
};

use super::{
    field::Picture,
    gate::{self, Closed},
    signals::{self, HeldSignals},
    view::{Row, Tone},
};

/// How long a pressed key, and a wish to stop, may go unseen.
const TICK: Duration = Duration::from_millis(15);

/// A window that does not say how large it is.
const UNKNOWN_SIZE: (u16, u16) = (80, 24);

/// Why the screen cannot be used any longer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nobody waits for the answers any more.
    Closed,
    /// The person said no, or there is nobody behind the terminal any more.
    Cancelled,
    /// The terminal does not work.
    Broken(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Broken(error)
    }
}

/// The terminal while a person is being asked.
pub(crate) struct Screen(Mutex<State>);

#[derive(Default)]
struct State {
    /// Held while the screen is open.
    gate: Option<Closed<'static>>,
    /// What would end the program waits until the terminal is as it was.
    signals: Option<HeldSignals>,
    closed: bool,
    plain: bool,
    /// How wide the rows are that may be drawn over, and where the cursor stands among them.
    drawn: Vec<usize>,
    cursor: (usize, usize),
}

impl Screen {
    /// A screen that is not open yet. `plain`: without colours, bold and faint.
    pub(crate) fn new(plain: bool) -> Self {
        Screen(Mutex::new(State { plain, ..State::default() }))
    }

    /// Takes the terminal.
    pub(crate) fn open(&self) -> Result<(), Stop> {
        let mut state = self.usable()?;
        state.gate = Some(gate::close());
        state.signals = Some(HeldSignals::hold());
        terminal::enable_raw_mode()?;
        state.write(|out, _| queue!(out, EnableBracketedPaste))?;
        Ok(())
    }

    /// Gives the terminal back, as it was. Harmless if that was done already.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        if state.gate.is_none() {
            return;
        }
        let _ = state.write(|out, state| {
            state.erase(out)?;
            queue!(out, DisableBracketedPaste, Show)
        });
        let _ = terminal::disable_raw_mode();
        // Then what waited behind the gate is printed, and last of all a signal that came has its effect.
        state.gate = None;
        if let Some(signals) = state.signals.take() {
            signals.release();
        }
    }

    /// Prints rows that stay, in the place of what was drawn.
    pub(crate) fn keep(&self, rows: &[Row]) -> Result<(), Stop> {
        self.usable()?.write(|out, state| {
            state.erase(out)?;
            for row in rows {
                state.row(out, row)?;
                queue!(out, Print("\r\n"))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Draws over what was drawn before.
    pub(crate) fn draw(&self, picture: &Picture) -> Result<(), Stop> {
        self.usable()?.write(|out, state| {
            state.erase(out)?;
            for (at, row) in picture.rows.iter().enumerate() {
                if at > 0 {
                    queue!(out, Print("\r\n"))?;
                }
                state.row(out, row)?;
            }
            let up = picture.rows.len().saturating_sub(picture.cursor.0 + 1);
            if up > 0 {
                queue!(out, MoveUp(small(up)))?;
            }
            queue!(out, MoveToColumn(small(picture.cursor.1)))?;
            state.drawn = picture.rows.iter().map(columns).collect();
            state.cursor = picture.cursor;
            Ok(())
        })?;
        Ok(())
    }

    /// The next thing that the person does.
    pub(crate) fn event(&self) -> Result<Event, Stop> {
        loop {
            if let Some(event) = self.event_within(Duration::MAX)? {
                return Ok(event);
            }
        }
    }

    /// The same, if they do it in this time.
    pub(crate) fn event_within(&self, time: Duration) -> Result<Option<Event>, Stop> {
        let began = Instant::now();
        loop {
            drop(self.usable()?);
            if signals::received().is_some() {
                self.close();
                // Who handles the signal after all has a form that was left.
                return Err(Stop::Cancelled);
            }
            // After a hang-up crossterm would read without end, so it is asked only while there is a terminal.
            if !io::stdin().is_terminal() {
                return Err(Stop::Cancelled);
            }
            if event::poll(Duration::ZERO)? {
                return Ok(Some(event::read()?));
            }
            if began.elapsed() >= time {
                return Ok(None);
            }
            thread::sleep(TICK);
        }
    }

    /// Whether something was done that has not been looked at: then drawing can wait.
    pub(crate) fn has_more(&self) -> bool {
        io::stdin().is_terminal() && event::poll(Duration::ZERO).unwrap_or(false)
    }

    fn usable(&self) -> Result<MutexGuard<'_, State>, Stop> {
        let state = self.state();
        if state.closed { Err(Stop::Closed) } else { Ok(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The columns and rows of the window.
pub(crate) fn size() -> (usize, usize) {
    let (columns, rows) = terminal::size().ok().filter(|size| size.0 > 0 && size.1 > 0).unwrap_or(UNKNOWN_SIZE);
    (usize::from(columns), usize::from(rows))
}

impl State {
    /// Writes in one go, so that nothing flickers.
    fn write(&mut self, fill: impl FnOnce(&mut Vec<u8>, &mut State) -> io::Result<()>) -> io::Result<()> {
        let mut out = Vec::new();
        fill(&mut out, self)?;
        let mut stderr = io::stderr();
        stderr.write_all(&out)?;
        stderr.flush()
    }

    /// Takes away what was drawn; typing goes on where it began.
    fn erase(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.drawn.is_empty() {
            return Ok(());
        }
        // A window that became narrower has folded the rows.
        let (window, _) = size();
        let folds = |columns: usize| columns.saturating_sub(1) / window;
        let above: usize = self.drawn.iter().take(self.cursor.0).map(|columns| 1 + folds(*columns)).sum();
        let up = above + self.cursor.1 / window;
        if up > 0 {
            queue!(out, MoveUp(small(up)))?;
        }
        self.drawn.clear();
        self.cursor = (0, 0);
        queue!(out, MoveToColumn(0), Clear(ClearType::FromCursorDown))
    }

    fn row(&self, out: &mut Vec<u8>, row: &Row) -> io::Result<()> {
        for (tone, text) in row {
            if self.plain || *tone == Tone::Plain {
                queue!(out, Print(text))?;
                continue;
            }
            match tone {
                Tone::Plain => {}
                Tone::Strong => queue!(out, SetAttribute(Attribute::Bold))?,
                Tone::Faint => queue!(out, SetAttribute(Attribute::Dim))?,
                Tone::Notice => queue!(out, SetForegroundColor(Color::DarkYellow))?,
                Tone::Wrong => queue!(out, SetForegroundColor(Color::DarkRed))?,
                // Whatever the colours of the window are, a camera wants these.
                Tone::Inked => queue!(out, SetForegroundColor(Color::Black), SetBackgroundColor(Color::White))?,
            }
            queue!(out, Print(text), SetAttribute(Attribute::Reset), ResetColor)?;
        }
        Ok(())
    }
}

fn columns(row: &Row) -> usize {
    row.iter().map(|(_, text)| super::layout::width(text)).sum()
}

fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
