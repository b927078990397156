//! The letters of `supervise/control`, see `runsv(8)`.

use preflight_processes::Signal;

use crate::Command;

/// What a letter asks for; `None` for one that means nothing, which is passed over in silence, as `runsv` does.
///
/// A `d` or `x` stops the service by its own stop signal and grace; the other letters send just the signal they name.
pub fn command(letter: u8) -> Option<Command> {
    Some(match letter {
        b'u' => Command::Up,
        b'd' => Command::Down,
        b'o' => Command::Once,
        b'x' | b'e' => Command::Exit,
        b'p' => Command::Pause,
        b'c' => Command::Continue,
        b'h' => Command::Signal(Signal::HUP),
        b'a' => Command::Signal(Signal::ALRM),
        b'i' => Command::Signal(Signal::INT),
        b'q' => Command::Signal(Signal::QUIT),
        b'1' => Command::Signal(Signal::USR1),
        b'2' => Command::Signal(Signal::USR2),
        b't' => Command::Signal(Signal::TERM),
        b'k' => Command::Signal(Signal::KILL),
        _ => return None,
    })
}

/// The letters that a service's `control/` directory may hold programs for.
pub const HOOKS: &str = "udopchaiq12tkx";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_page_means_something_and_no_other_does() {
        let known: String =
            (0..=u8::MAX).filter(|letter| command(*letter).is_some()).map(char::from).collect();
        assert_eq!(known, "12acdehikopqtux");
        assert!(HOOKS.chars().all(|letter| known.contains(letter)));
    }

    #[test]
    fn signals_are_those_of_their_letters() {
        for (letter, signal) in
            [(b'h', Signal::HUP), (b'1', Signal::USR1), (b'k', Signal::KILL), (b't', Signal::TERM)]
        {
            assert_eq!(command(letter), Some(Command::Signal(signal)));
        }
        assert_eq!((command(b'd'), command(b'\n')), (Some(Command::Down), None));
    }
}
