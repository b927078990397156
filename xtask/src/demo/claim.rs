//! What a scene promised, and what happens when it does not hold.

use crate::failure::Failure;

/// Why a scene could not be played to its end.
#[derive(Debug)]
pub(super) enum Broken {
    /// What was said is not what was seen.
    Claim {
        /// What was said.
        claim: String,
    },
    /// Something could not even be started.
    Failed(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Says that the claim holds, if it does.
///
/// # Errors
/// When it does not.
pub(super) fn claim(claim: &str, holds: bool) -> Result<(), Broken> {
    if !holds {
        println!("  NOT SO: {claim}");
        return Err(Broken::Claim { claim: claim.to_owned() });
    }
    println!("  ok: {claim}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_does_not_hold_ends_the_scene() {
        assert!(claim("one is one", true).is_ok());
        assert!(matches!(claim("one is two", false), Err(Broken::Claim { claim }) if claim == "one is two"));
    }
}
