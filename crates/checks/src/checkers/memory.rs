//! Memory: the limit that holds here and how much of it is left.

mod reading;

use std::path::Path;

use async_trait::async_trait;
use preflight_contract::{Amount, CheckSpec, MemoryCheck};

use crate::checkers::beside::beside;
use crate::checkers::disk::readable;
use crate::kinds::{general, memory as kind};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use reading::Reading;

/// Proves that the container has enough memory.
pub(crate) struct Memory;

#[async_trait]
impl Checker for Memory {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let Some(CheckSpec::Memory(spec)) = &item.spec else {
            return Err(Failure::new(&general::BAD_PARAMETER, "a memory check needs a least amount"));
        };
        probe.enter(Layer::Look);
        let found = beside(|| reading::read(Path::new("/"))).await;
        let found = found.map_err(|error| Failure::new(&general::ERROR, error.to_string()))?;
        let Some(found) = found else {
            return Err(Failure::new(&kind::UNKNOWN, "/proc/meminfo cannot be read"));
        };
        judge(spec, &found)?;
        probe.leave();
        probe.fact("limit", format!("{} ({})", readable(found.limit), found.origin));
        probe.fact("available", readable(found.available));
        Ok(())
    }
}

fn judge(spec: &MemoryCheck, found: &Reading) -> Result<(), Failure> {
    let (limit, available, origin) = (readable(found.limit), readable(found.available), found.origin);
    if let Some(least) = spec.min.filter(|least| found.limit < least.0) {
        let evidence = format!("the memory is {limit} ({origin}), less than {least}");
        return Err(Failure::new(&kind::TOO_LITTLE, evidence));
    }
    if let Some(least) = spec.min_available.filter(|least| found.available < least.of(found.limit)) {
        let wanted = match least {
            Amount::Count(bytes) => readable(bytes),
            Amount::Percent(share) => format!("{share}%"),
        };
        let evidence = format!("{available} of {limit} ({origin}) are available, less than {wanted}");
        return Err(Failure::new(&kind::LOW_AVAILABLE, evidence));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_and_rest_are_judged() {
        let found = Reading { limit: 512 << 20, available: 100 << 20, origin: "the control group's limit" };
        let class = |min: Option<&str>, available: Option<&str>| {
            let spec = MemoryCheck {
                min: min.map(|text| text.parse().expect("a size")),
                min_available: available.map(|text| text.parse().expect("an amount")),
            };
            judge(&spec, &found).err().map(|failure| failure.class.name)
        };
        assert_eq!(class(Some("512MiB"), Some("100MiB")), None);
        assert_eq!(class(Some("513MiB"), None), Some("memory.too_little"));
        assert_eq!(class(None, Some("101MiB")), Some("memory.low_available"));
        assert_eq!(class(None, Some("20%")), Some("memory.low_available"));
        assert_eq!(class(None, Some("19%")), None);
    }
}
