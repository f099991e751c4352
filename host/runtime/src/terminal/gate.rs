//! Keeps log lines off the terminal while a person is being asked: they wait behind a gate and are printed when it
//! opens. Nothing else writes through here, and nothing is drawn here.

use std::{
    collections::VecDeque,
    io::{self, Write},
    mem,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

/// How much is held back; what is older is dropped, and counted.
const MAX_HELD_BYTES: usize = 256 * 1024;

static STDERR: LazyLock<Gate> = LazyLock::new(|| Gate::new(Box::new(io::stderr())));

/// A writer on standard error for logs, whose lines wait while a person is being asked. Hand the function itself to a
/// subscriber: `tracing_subscriber::fmt().with_writer(log_writer)`.
pub fn log_writer() -> GatedStderr {
    GatedStderr(Gated::new(&STDERR))
}

/// The gate of this process's standard error, closed for as long as the answer lives.
pub(crate) fn close() -> Closed<'static> {
    STDERR.close()
}

/// What [`log_writer`] makes.
pub struct GatedStderr(Gated<'static>);

impl Write for GatedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A sink that can be closed for a while.
pub(crate) struct Gate(Mutex<State>);

struct State {
    sink: Box<dyn Write + Send>,
    /// How many hold it closed.
    closed: usize,
    held: VecDeque<Vec<u8>>,
    held_bytes: usize,
    dropped: usize,
}

impl Gate {
    /// An open gate before `sink`.
    pub(crate) fn new(sink: Box<dyn Write + Send>) -> Self {
        Gate(Mutex::new(State { sink, closed: 0, held: VecDeque::new(), held_bytes: 0, dropped: 0 }))
    }

    /// Closes it, until the answer is dropped.
    pub(crate) fn close(&self) -> Closed<'_> {
        self.state().closed += 1;
        Closed(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes whole lines: prints them, or keeps them for later.
    fn lines(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if state.closed == 0 {
            return state.sink.write_all(bytes);
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            state.hold(line);
        }
        Ok(())
    }
}

impl State {
    fn hold(&mut self, line: &[u8]) {
        self.held_bytes += line.len();
        self.held.push_back(line.to_vec());
        while self.held_bytes > MAX_HELD_BYTES
            && let Some(oldest) = self.held.pop_front()
        {
            self.held_bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    /// Prints what was held. A sink that is gone is no reason to fail the person's answers.
    fn release(&mut self) {
        let dropped = mem::take(&mut self.dropped);
        if dropped > 0 {
            let _ = writeln!(self.sink, "({dropped} older log lines were dropped while questions were being asked)");
        }
        self.held_bytes = 0;
        for line in mem::take(&mut self.held) {
            let _ = self.sink.write_all(&line);
        }
        let _ = self.sink.flush();
    }
}

/// Holds the gate closed; dropping it opens the gate, unless somebody else holds it too.
pub(crate) struct Closed<'a>(&'a Gate);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = state.closed.saturating_sub(1);
        if state.closed == 0 {
            state.release();
        }
    }
}

/// A writer before a gate: it hands over whole lines, and what is left at its end.
struct Gated<'a> {
    gate: &'a Gate,
    partial: Vec<u8>,
}

impl<'a> Gated<'a> {
    fn new(gate: &'a Gate) -> Self {
        Gated { gate, partial: Vec::new() }
    }

    fn rest(&mut self) -> io::Result<()> {
        if self.partial.is_empty() {
            return Ok(());
        }
        self.gate.lines(&mem::take(&mut self.partial))
    }
}

impl Write for Gated<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.partial.extend_from_slice(bytes);
        if let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.partial.split_off(end + 1);
            let lines = mem::replace(&mut self.partial, rest);
            self.gate.lines(&lines)?;
        }
        // A line without an end must not grow without one either.
        if self.partial.len() > MAX_HELD_BYTES {
            self.rest()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.gate.state();
        match state.closed {
            0 => {
                state.sink.write_all(&mem::take(&mut self.partial))?;
                state.sink.flush()
            }
            // The end of the line may still come.
            _ => Ok(()),
        }
    }
}

impl Drop for Gated<'_> {
    fn drop(&mut self) {
        let _ = self.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gate() -> (Gate, Sink) {
        let sink = Sink::default();
        (Gate::new(Box::new(sink.clone())), sink)
    }

    #[test]
    fn an_open_gate_lets_lines_through_at_once() {
        let (gate, sink) = gate();
        let mut writer = Gated::new(&gate);
        writer.write_all(b"one\ntwo").unwrap();
        assert_eq!(sink.text(), "one\n");
        writer.flush().unwrap();
        assert_eq!(sink.text(), "one\ntwo");
    }

    #[test]
    fn lines_wait_behind_a_closed_gate_and_come_in_order() {
        let (gate, sink) = gate();
        let closed = gate.close();
        Gated::new(&gate).write_all(b"one\n").unwrap();
        let mut writer = Gated::new(&gate);
        writer.write_all(b"tw").unwrap();
        writer.flush().unwrap();
        writer.write_all(b"o\nwithout an end").unwrap();
        drop(writer);
        assert_eq!(sink.text(), "");
        drop(closed);
        assert_eq!(sink.text(), "one\ntwo\nwithout an end");
    }

    #[test]
    fn a_gate_that_two_closed_opens_with_the_second() {
        let (gate, sink) = gate();
        let (first, second) = (gate.close(), gate.close());
        Gated::new(&gate).write_all(b"one\n").unwrap();
        drop(first);
        assert_eq!(sink.text(), "");
        drop(second);
        assert_eq!(sink.text(), "one\n");
    }

    #[test]
    fn the_oldest_lines_are_dropped_and_counted_when_too_many_wait() {
        let (gate, sink) = gate();
        let closed = gate.close();
        let line = format!("{}\n", "x".repeat(1023));
        for number in 0..300 {
            Gated::new(&gate).write_all(format!("{number:03}{}", &line[3..]).as_bytes()).unwrap();
        }
        drop(closed);
        let text = sink.text();
        let (count, rest) = text.split_once('\n').unwrap();
        assert_eq!(count, "(44 older log lines were dropped while questions were being asked)");
        assert!(rest.starts_with("044xxx"), "{}", &rest[..10]);
        assert_eq!(rest.len(), MAX_HELD_BYTES);
    }
}
