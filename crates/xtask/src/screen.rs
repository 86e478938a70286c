//! Writes lines for people: colour only on a terminal, never a panic when the reader has gone.
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::variable;

/// Prints one line to standard output. A closed pipe is nobody's error.
pub(crate) fn say(line: impl AsRef<str>) {
    drop(writeln!(std::io::stdout().lock(), "{}", line.as_ref()));
}

/// Rewrites the current line of a terminal, without ending it.
pub(crate) fn rewrite(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(write!(out, "\r\x1b[2K{line}"));
    drop(out.flush());
}

/// Whether somebody watches: a terminal, and not a build server.
pub(crate) fn interactive() -> bool {
    std::io::stdout().is_terminal() && !ci()
}

/// Whether a build server runs us (`CI` is set to anything but `false` or nothing).
pub(crate) fn ci() -> bool {
    variable::text("CI").is_some_and(|value| value != "false")
}

/// A finish that a line can have on a coloured terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    /// Something went well.
    Green,
    /// Something needs a person.
    Red,
}

/// Wraps `text` in the codes of `paint` where colour is welcome (terminal, no `CI`, no `NO_COLOR`).
pub(crate) fn paint(paint: Paint, text: &str) -> String {
    if !interactive() || std::env::var_os("NO_COLOR").is_some() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Green => "32",
        Paint::Red => "31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A duration as people read it: `0.4 s`, `75.0 s`, `3 m 05 s`.
pub(crate) fn human(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = millis / 1000;
    if seconds >= 120 {
        return format!("{} m {:02} s", seconds / 60, seconds % 60);
    }
    format!("{seconds}.{} s", millis % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(449)), "0.4 s");
        assert_eq!(human(Duration::from_secs(75)), "75.0 s");
        assert_eq!(human(Duration::from_secs(185)), "3 m 05 s");
    }
}
