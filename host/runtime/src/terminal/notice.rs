//! A page that a person is to open, while it is being waited for: its address, the code, a picture of both for a telephone,
//! and how it goes. What the rows are is decided without a terminal.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use qrcode::{Color, EcLevel, QrCode};
use tokio::sync::watch;

use super::{
    Closing,
    field::Picture,
    layout::{width, wrap},
    screen::{self, Screen, Stop},
    view::{Row, Tone},
};
use crate::prompt::{Left, Notice, WebPage};

/// How often it is looked at whether the rows are still right.
const LOOK: Duration = Duration::from_millis(200);

/// The white edge that a camera wants around the picture, in modules.
const QUIET: usize = 2;

/// The page on the terminal; it is taken away when this is dropped.
pub(super) struct TerminalNotice {
    left: watch::Receiver<Option<Left>>,
    line: Arc<Mutex<String>>,
    _closing: Closing,
}

impl TerminalNotice {
    pub(super) fn new(left: watch::Receiver<Option<Left>>, line: Arc<Mutex<String>>, closing: Closing) -> Self {
        TerminalNotice { left, line, _closing: closing }
    }
}

#[async_trait]
impl Notice for TerminalNotice {
    async fn left(&self) -> Left {
        let mut left = self.left.clone();
        let said = left.wait_for(Option::is_some).await.map(|left| *left);
        match said {
            Ok(left) => left.unwrap_or(Left::Skipped),
            // Whoever read the keys is gone: then nobody can say no.
            Err(_) => std::future::pending().await,
        }
    }

    fn say(&self, line: &str) {
        line.clone_into(&mut self.line.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Shows the page until the person says no, or nobody waits any more.
pub(super) fn show(screen: &Screen, page: &WebPage, until: Option<Instant>, line: &Mutex<String>) -> Option<Left> {
    let drawn = || -> Result<Left, Stop> {
        screen.open()?;
        screen.keep(&heading(page, screen::size().0))?;
        let mut before = None;
        loop {
            let line = line.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let ends = until.map(|until| until.saturating_duration_since(Instant::now())).map(about);
            let seen = (screen::size(), line, ends);
            if before.as_ref() != Some(&seen) {
                let (window, line, ends) = &seen;
                screen.draw(&waiting(page, *window, line, ends.as_deref()))?;
                before = Some(seen);
            }
            if let Some(Event::Key(key)) = screen.event_within(LOOK)?
                && key.kind != KeyEventKind::Release
            {
                match key.code {
                    KeyCode::Esc => return Ok(Left::Skipped),
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(Left::Cancelled),
                    _ => {}
                }
            }
        }
    };
    match drawn() {
        Ok(left) => Some(left),
        Err(Stop::Closed) => None,
        Err(Stop::Cancelled) => Some(Left::Cancelled),
        Err(Stop::Broken(error)) => {
            tracing::warn!("the page {} could not be shown on the terminal: {error}", page.address);
            Some(Left::Skipped)
        }
    }
}

/// What stays on the screen: what it was for, and what can be copied.
fn heading(page: &WebPage, window: usize) -> Vec<Row> {
    let columns = window.saturating_sub(1).max(1);
    let asked_by = format!("asked by {}", page.source);
    let mut rows: Vec<Row> = Vec::new();
    if width(&page.title) + 2 + width(&asked_by) <= columns {
        rows.push(vec![(Tone::Strong, page.title.clone()), (Tone::Faint, format!("  {asked_by}"))]);
    } else {
        rows.extend(wrap(&page.title, columns).into_iter().map(|line| vec![(Tone::Strong, line)]));
        rows.push(vec![(Tone::Faint, format!("  {asked_by}"))]);
    }
    // Not wrapped: a terminal that folds it copies it whole.
    rows.push(vec![(Tone::Faint, "  open  ".to_owned()), (Tone::Plain, page.address.clone())]);
    rows.push(vec![(Tone::Faint, "  code  ".to_owned()), (Tone::Strong, page.code.clone())]);
    rows
}

/// What is drawn while it is being waited for.
fn waiting(page: &WebPage, (columns, height): (usize, usize), line: &str, ends: Option<&str>) -> Picture {
    let room = columns.saturating_sub(3).max(1);
    let mut words: Vec<Row> = Vec::new();
    let say = |words: &mut Vec<Row>, tone: Tone, text: &str| {
        words.extend(wrap(text, room).into_iter().map(|line| vec![(Tone::Plain, "  ".to_owned()), (tone, line)]));
    };
    let ends = ends.map(|ends| format!("; the code ends in {ends}")).unwrap_or_default();
    say(&mut words, Tone::Plain, &format!("Waiting until you confirm the code there{ends}."));
    if !line.is_empty() {
        say(&mut words, Tone::Notice, line);
    }
    say(&mut words, Tone::Faint, "Esc goes on without it, Ctrl+C stops.");
    // The heading stays above it, and the cursor stands below.
    let free = height.saturating_sub(words.len() + 6);
    let mut rows = picture(page.address_with_code.as_ref().unwrap_or(&page.address), columns.saturating_sub(3), free);
    rows.extend(words);
    let last = rows.len().saturating_sub(1);
    Picture { rows, cursor: (last, 0) }
}

/// The address as a QR code, two modules a character; nothing where it does not fit.
fn picture(address: &str, columns: usize, height: usize) -> Vec<Row> {
    let Ok(code) = QrCode::with_error_correction_level(address, EcLevel::L) else { return Vec::new() };
    let side = code.width();
    let whole = side + 2 * QUIET;
    if whole > columns || whole.div_ceil(2) > height {
        return Vec::new();
    }
    let modules = code.to_colors();
    let dark = |row: usize, column: usize| {
        let inside = (QUIET..QUIET + side).contains(&row) && (QUIET..QUIET + side).contains(&column);
        inside && modules.get((row - QUIET) * side + (column - QUIET)) == Some(&Color::Dark)
    };
    let character = |row: usize, column: usize| match (dark(row, column), dark(row + 1, column)) {
        (true, true) => '\u{2588}',
        (true, false) => '\u{2580}',
        (false, true) => '\u{2584}',
        (false, false) => ' ',
    };
    let row = |row| (0..whole).map(|column| character(row, column)).collect::<String>();
    let rows = (0..whole).step_by(2).map(row);
    rows.map(|text| vec![(Tone::Plain, "  ".to_owned()), (Tone::Inked, text)]).collect()
}

/// A time in words that do not change every second.
fn about(time: Duration) -> String {
    match time.as_secs() {
        0 => "a moment".to_owned(),
        seconds @ 1..60 => format!("{} s", seconds.div_ceil(10) * 10),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::view::plain;

    fn page() -> WebPage {
        WebPage {
            source: "zitadel".to_owned(),
            title: "Sign in at sso.example.com".to_owned(),
            address: "https://sso.example.com/device".to_owned(),
            address_with_code: Some("https://sso.example.com/device?user_code=WDJB-MJHT".to_owned()),
            code: "WDJB-MJHT".to_owned(),
            expires_in: Some(Duration::from_secs(300)),
        }
    }

    #[test]
    fn address_and_code_stand_in_rows_of_their_own_to_be_copied() {
        let expected =
            "Sign in at sso.example.com  asked by zitadel\n  open  https://sso.example.com/device\n  code  WDJB-MJHT\n";
        assert_eq!(plain(&heading(&page(), 80)), expected);
        assert!(plain(&heading(&page(), 20)).contains("  open  https://sso.example.com/device\n"));
    }

    #[test]
    fn the_picture_is_the_address_with_the_code_and_gives_way_where_there_is_no_room() {
        let seen = |window| plain(&waiting(&page(), window, "", Some("5 min")).rows);
        assert!(seen((80, 40)).contains('\u{2588}'));
        for small in [(80, 20), (30, 40)] {
            assert!(!seen(small).contains('\u{2588}'), "{small:?}");
        }
        assert!(seen((80, 20)).starts_with("  Waiting until you confirm the code there; the code ends in 5 min.\n"));
    }

    #[test]
    fn how_it_goes_is_said_and_the_rows_fit_the_window() {
        let said = waiting(&page(), (40, 20), "no answer from sso.example.com; trying again", None);
        assert!(plain(&said.rows).contains("  no answer from sso.example.com;"), "{}", plain(&said.rows));
        assert!(plain(&said.rows).lines().all(|line| line.chars().count() < 40));
        assert_eq!(said.cursor.0 + 1, said.rows.len());
    }

    #[test]
    fn the_time_is_in_words_that_change_seldom() {
        let words = [0, 7, 59, 60, 299, 300].map(|seconds| about(Duration::from_secs(seconds)));
        assert_eq!(words, ["a moment", "10 s", "60 s", "1 min", "5 min", "5 min"]);
    }
}
