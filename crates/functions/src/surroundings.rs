//! What functions may know of the run that they are part of.

use std::net::IpAddr;
use std::time::SystemTime;

use preflight_gotemplate::{Call, CallError};

use crate::scratch::Scratch;

/// Implemented by the host that templates are run with. Everything but the scratch and the resolver has the process's own
/// answer as its default, so that tests can give their own and programs need not.
pub trait Surroundings {
    /// An environment variable as templates see it: those of the configuration first, then [`Self::process_variable`].
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.process_variable(name)
    }

    /// An environment variable of this process, which is all that `sprig_env` sees. `TZ` decides the local time zone.
    fn process_variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
        std::env::var_os(std::ffi::OsStr::from_bytes(name)).map(std::ffi::OsString::into_vec)
    }

    /// The time of day.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// The scratch of this run: new for each run of a template.
    fn scratch(&self) -> &Scratch;

    /// Where `spew_dump` and `spew_printf` print: consul-template's go to its standard output.
    fn print(&self, text: &[u8]) {
        use std::io::Write as _;
        // Nobody can be told that a debugging aid could not be printed.
        let _ = std::io::stdout().write_all(text);
    }

    /// The addresses of a host name, for `sprig_getHostByName`, in the order in which they are preferred. There is no answer
    /// of the process's own: no name is known unless the host has a resolver.
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        let _ = host;
        Vec::new()
    }
}

/// Finds the surroundings in a call; made for one type of host by [`find_in`].
pub(crate) type Find = for<'a> fn(&Call<'a>) -> Result<&'a dyn Surroundings, CallError>;

/// The surroundings of a call whose host is an `H`.
pub(crate) fn find_in<'a, H: Surroundings + 'static>(
    call: &Call<'a>,
) -> Result<&'a dyn Surroundings, CallError> {
    let host =
        call.host::<H>().ok_or_else(|| CallError::new("the template is run without its surroundings"))?;
    Ok(host)
}
