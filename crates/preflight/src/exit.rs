//! The exit codes: a public contract, tested.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success,
    /// A check failed; the service must not start.
    CheckFailed,
    /// The command line is wrong.
    Usage,
    /// The contract cannot be found, cannot be read, or is wrong (EX_CONFIG of sysexits.h).
    Contract,
    /// Rendering failed: consul-template's codes, 11 to 15, see `preflight_render::config::exit_code`.
    Render(u8),
    /// `guard`: 10 when keys are missing, 11 when services are, 126 or 127 when the command cannot be started.
    Guard(u8),
    /// The child of `render`, or what `run` looked after, ended with this code, or 128 and the number of the signal that
    /// killed it.
    Child(u8),
    /// `sv`: how many services had trouble, or 100 (`preflight_supervise::directories::client`).
    Sv(u8),
    /// `status`: something is not ready, or nothing runs.
    NotReady,
    /// A signal ended it: 128 and the signal's number.
    Signal(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::CheckFailed | Self::NotReady => 1,
            Self::Usage => 2,
            Self::Contract => 78,
            Self::Render(code) | Self::Guard(code) | Self::Child(code) | Self::Sv(code) => code,
            Self::Signal(number) => 128 + (number & 0x7f),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_a_public_contract() {
        let codes = [
            Exit::Success,
            Exit::CheckFailed,
            Exit::Usage,
            Exit::Contract,
            Exit::Render(14),
            Exit::Child(3),
            Exit::Signal(15),
            Exit::Signal(2),
        ];
        assert_eq!(codes.map(Exit::code), [0, 1, 2, 78, 14, 3, 143, 130]);
    }
}
