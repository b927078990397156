//! What a supervisor says of one service in `supervise/`: `status` (20 bytes, those of daemontools' `supervise`), `stat`
//! and `pid` (texts). See `runsv(8)`; the layout was taken from what runit 2.1.2 writes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The length of `supervise/status` in bytes.
pub const LENGTH: usize = 20;

/// TAI64's zero is the second 2^62, and runit counts ten seconds more than UTC, without leap seconds.
const EPOCH: u64 = (1 << 62) + 10;

/// What `supervise/status` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// When it came into its state.
    pub since: SystemTime,
    /// The number of what runs, the program or its finish program; `None`: nothing does.
    pub pid: Option<u32>,
    /// It is stopped where it is.
    pub paused: bool,
    /// What is wanted of it.
    pub want: Want,
    /// It was sent a `TERM`.
    pub termed: bool,
    /// What runs.
    pub state: State,
}

/// What is wanted of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// To run, and to be started again.
    Up,
    /// Not to run, or not to be started again.
    Down,
    /// The same, and its supervisor is to leave it. On disk this is `Down`.
    Exit,
}

/// What runs of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Down,
    /// Its program.
    Run,
    /// Its finish program.
    Finish,
}

/// These bytes are no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read supervise/status: bad format")]
pub struct BadStatus;

impl Status {
    /// As it is written to `status`: eight bytes of seconds (TAI64, big endian), four of nanoseconds (big endian), four
    /// of the process number (little endian), and a byte each for paused, want (`u` or `d`), `TERM` and state.
    pub fn to_bytes(&self) -> [u8; LENGTH] {
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&(EPOCH.saturating_add(since.as_secs())).to_be_bytes());
        bytes[8..12].copy_from_slice(&since.subsec_nanos().to_be_bytes());
        bytes[12..16].copy_from_slice(&self.pid.unwrap_or(0).to_le_bytes());
        bytes[16] = u8::from(self.paused);
        bytes[17] = if self.want == Want::Up { b'u' } else { b'd' };
        bytes[18] = u8::from(self.termed);
        bytes[19] = match self.state {
            State::Down => 0,
            State::Run => 1,
            State::Finish => 2,
        };
        bytes
    }

    /// Reads `status`. A time before 1970 is 1970; a state that is not known counts as running, by its number.
    ///
    /// # Errors
    /// When there are not exactly 20 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadStatus> {
        let bytes: &[u8; LENGTH] = bytes.try_into().map_err(|_| BadStatus)?;
        let (seconds, rest) = bytes.split_first_chunk::<8>().ok_or(BadStatus)?;
        let (nanoseconds, rest) = rest.split_first_chunk::<4>().ok_or(BadStatus)?;
        let (pid, flags) = rest.split_first_chunk::<4>().ok_or(BadStatus)?;
        let seconds = u64::from_be_bytes(*seconds).saturating_sub(EPOCH);
        let nanoseconds = u32::from_be_bytes(*nanoseconds).min(999_999_999);
        let since = UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds)).unwrap_or(UNIX_EPOCH);
        let pid = Some(u32::from_le_bytes(*pid)).filter(|pid| *pid != 0);
        Ok(Self {
            since,
            pid,
            paused: flags[0] != 0,
            want: if flags[1] == b'u' { Want::Up } else { Want::Down },
            termed: flags[2] != 0,
            state: match flags[3] {
                0 => State::Down,
                2 => State::Finish,
                _ => State::Run,
            },
        })
    }

    /// What `stat` holds, with its newline: `run, paused, got TERM, want down`.
    pub fn stat(&self) -> String {
        let state = match self.state {
            State::Down => return "down\n".to_owned(),
            State::Run => "run",
            State::Finish => "finish",
        };
        let want = match self.want {
            Want::Up => "",
            Want::Down => ", want down",
            Want::Exit => ", want exit",
        };
        let paused = if self.paused { ", paused" } else { "" };
        let termed = if self.termed { ", got TERM" } else { "" };
        format!("{state}{paused}{termed}{want}\n")
    }

    /// What `pid` holds, with its newline; empty when nothing runs.
    pub fn pid(&self) -> String {
        self.pid.map(|pid| format!("{pid}\n")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by runsv of runit 2.1.2 on 2026-11-21, with what it wrote to `stat` and `pid` beside it.
    const WRITTEN: &[(&str, &str, &str)] = &[
        ("400000006b01d6201158e13c0c13000000750001", "run\n", "4876\n"),
        ("400000006b01d620114507340d13000000750002", "finish\n", "4877\n"),
        ("400000006b01d6201132948c0000000000640000", "down\n", ""),
        ("400000006b01d6201132948c6e11000001750001", "run, paused\n", "4462\n"),
        ("400000006b01d6201132948caf11000000640002", "finish, want down\n", "4527\n"),
    ];

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        (0..hexadecimal.len() / 2)
            .map(|at| u8::from_str_radix(&hexadecimal[at * 2..at * 2 + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn what_runsv_writes_is_read_and_written_the_same() {
        for (written, stat, pid) in WRITTEN {
            let status = Status::from_bytes(&bytes(written)).unwrap();
            assert_eq!((status.stat().as_str(), status.pid().as_str()), (*stat, *pid));
            assert_eq!(status.to_bytes().to_vec(), bytes(written));
        }
    }

    #[test]
    fn the_time_is_that_of_the_wall() {
        let status = Status::from_bytes(&bytes(WRITTEN[0].0)).unwrap();
        let seconds = status.since.duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(seconds, 0x6b01_d620 - 10, "2026-11-21");
    }

    #[test]
    fn an_exit_is_a_down_on_disk_and_has_its_own_text() {
        let status =
            Status { want: Want::Exit, termed: true, ..Status::from_bytes(&bytes(WRITTEN[0].0)).unwrap() };
        assert_eq!(status.stat(), "run, got TERM, want exit\n");
        assert_eq!(Status::from_bytes(&status.to_bytes()).unwrap().want, Want::Down);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let status = Status::from_bytes(&bytes);
            prop_assert_eq!(status.is_ok(), bytes.len() == LENGTH);
            if let Ok(status) = status {
                prop_assert_eq!(Status::from_bytes(&status.to_bytes()), Ok(status));
            }
        }
    }
}
