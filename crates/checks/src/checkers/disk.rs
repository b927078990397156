//! Free space: statvfs(3) on the path's file system.

use async_trait::async_trait;
use preflight_contract::{Amount, ByteSize, CheckSpec, DiskCheck};
use rustix::fs::{StatVfs, statvfs};

use crate::checkers::beside::beside;
use crate::kinds::{disk as kind, general};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};

/// Proves that a file system has room.
pub(crate) struct Disk;

/// What is there, and how much of it an ordinary user may still use.
#[derive(Debug, Clone, Copy)]
struct Room {
    bytes: u64,
    free_bytes: u64,
    inodes: u64,
    free_inodes: u64,
}

#[async_trait]
impl Checker for Disk {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let Some(CheckSpec::Disk(spec)) = &item.spec else {
            return Err(Failure::new(&general::BAD_PARAMETER, "a disk check needs a path"));
        };
        probe.enter(Layer::Look);
        let path = spec.path.clone();
        let found = beside(move || statvfs(path.as_str())).await;
        let found = found.map_err(|error| Failure::new(&general::ERROR, error.to_string()))?;
        let found = found.map_err(|errno| {
            Failure::new(&kind::NO_SUCH_PATH, format!("{} cannot be looked at: {errno}", spec.path))
        })?;
        let room = Room::of(&found);
        judge(spec, room)?;
        probe.leave();
        probe.fact("free", readable(room.free_bytes));
        probe.fact("size", readable(room.bytes));
        Ok(())
    }
}

impl Room {
    fn of(found: &StatVfs) -> Self {
        Self {
            bytes: found.f_blocks.saturating_mul(found.f_frsize),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
            inodes: found.f_files,
            free_inodes: found.f_favail,
        }
    }
}

fn judge(spec: &DiskCheck, room: Room) -> Result<(), Failure> {
    let path = &spec.path;
    if let Some(least) = spec.min_free
        && room.free_bytes < least.of(room.bytes)
    {
        let (free, size) = (readable(room.free_bytes), readable(room.bytes));
        let evidence = format!("{path} has {free} of {size} free, less than {}", wanted(least, room.bytes));
        return Err(Failure::new(&kind::LOW_SPACE, evidence));
    }
    // Some file systems, such as btrfs, make inodes as they are needed and count none.
    if let Some(least) = spec.min_free_inodes.filter(|_| room.inodes > 0)
        && room.free_inodes < least.of(room.inodes)
    {
        let (free, all) = (room.free_inodes, room.inodes);
        let evidence = format!("{path} has {free} of {all} inodes free, less than {}", least.of(all));
        return Err(Failure::new(&kind::LOW_INODES, evidence));
    }
    Ok(())
}

fn wanted(least: Amount, whole: u64) -> String {
    match least {
        Amount::Count(bytes) => ByteSize(bytes).to_string(),
        Amount::Percent(share) => format!("{share}% ({})", readable(least.of(whole))),
    }
}

/// Bytes with one digit after the point, in the unit that fits.
pub(super) fn readable(bytes: u64) -> String {
    let units = [("TiB", 40_u32), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let fitting = units.iter().find(|(_, shift)| bytes >> shift > 0);
    fitting.map_or_else(
        || format!("{bytes} B"),
        |(unit, shift)| {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(min_free: Option<&str>, min_free_inodes: Option<&str>, inodes: u64) -> Option<&'static str> {
        let amount = |text: &str| text.parse().expect("an amount");
        let spec = DiskCheck {
            path: "/data".to_owned(),
            min_free: min_free.map(amount),
            min_free_inodes: min_free_inodes.map(amount),
        };
        let room = Room { bytes: 100 << 30, free_bytes: 10 << 30, inodes, free_inodes: inodes / 20 };
        judge(&spec, room).err().map(|failure| failure.class.name)
    }

    #[test]
    fn bytes_and_inodes_are_judged_by_count_and_share() {
        assert_eq!(class(None, None, 1000), None);
        assert_eq!(class(Some("10GiB"), Some("50"), 1000), None);
        assert_eq!(class(Some("11GiB"), None, 1000), Some("disk.low_space"));
        assert_eq!(class(Some("10%"), None, 1000), None);
        assert_eq!(class(Some("11%"), None, 1000), Some("disk.low_space"));
        assert_eq!(class(None, Some("51"), 1000), Some("disk.low_inodes"));
        assert_eq!(class(None, Some("6%"), 1000), Some("disk.low_inodes"));
        assert_eq!(class(None, Some("6%"), 0), None, "a file system that counts no inodes has enough");
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(readable(512), "512 B");
        assert_eq!(readable(1536), "1.5 KiB");
        assert_eq!(readable(u64::MAX), "16777215.9 TiB");
    }
}
