//! Where a rendered file goes and what it must look like there.

use std::path::{Path, PathBuf};

use super::{WriteError, accounts};

/// A destination, with the mode and the owner that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The destination itself.
    pub path: PathBuf,
    /// Mode bits, at most `0o7777`. `None` keeps those of the existing file; a new file gets `0o644`.
    pub perms: Option<u32>,
    /// A user's name or number; `None` and the empty text keep the owner of the existing file.
    pub user: Option<String>,
    /// A group's name or number; as `user`.
    pub group: Option<String>,
    /// Keep what was there before as `PATH.bak`.
    pub backup: bool,
    /// Make missing folders (mode `0o755`, less the umask).
    pub create_dest_dirs: bool,
    /// When the destination is a symbolic link: write to where it leads, instead of replacing the link by a file.
    pub keep_symlink: bool,
    /// The staged file keeps the destination's extension, for a check command that goes by it.
    pub keep_extension: bool,
}

impl Target {
    /// A target with consul-template's defaults: folders are made, links are replaced, no backup.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            perms: None,
            user: None,
            group: None,
            backup: false,
            create_dest_dirs: true,
            keep_symlink: false,
            keep_extension: false,
        }
    }

    /// The numbers behind `user` and `group`.
    ///
    /// # Errors
    /// `UnknownUser` or `UnknownGroup` for a name that `/etc/passwd` or `/etc/group` does not have.
    pub(super) fn owner(&self) -> Result<Owner, WriteError> {
        let uid = match named(self.user.as_deref()) {
            None => None,
            Some(name) => resolve(name, Path::new(accounts::USERS))
                .map_err(|source| WriteError::accounts(accounts::USERS, source))?
                .map_or_else(|| Err(WriteError::UnknownUser { name: name.to_owned() }), |id| Ok(Some(id)))?,
        };
        let gid = match named(self.group.as_deref()) {
            None => None,
            Some(name) => resolve(name, Path::new(accounts::GROUPS))
                .map_err(|source| WriteError::accounts(accounts::GROUPS, source))?
                .map_or_else(|| Err(WriteError::UnknownGroup { name: name.to_owned() }), |id| Ok(Some(id)))?,
        };
        Ok(Owner { uid, gid })
    }
}

/// The ids a file must have; `None` is "as it is".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Owner {
    /// User id.
    pub uid: Option<u32>,
    /// Group id.
    pub gid: Option<u32>,
}

/// `-1` is how a configuration file of consul-template says "nobody in particular".
fn named(name: Option<&str>) -> Option<&str> {
    name.map(str::trim).filter(|name| !name.is_empty() && *name != "-1")
}

fn resolve(name: &str, table: &Path) -> std::io::Result<Option<u32>> {
    match name.parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => accounts::id_of(name, table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_account() {
        let target =
            Target { user: Some("4242".into()), group: Some("4343".into()), ..Target::new("/tmp/unused") };
        assert_eq!(target.owner().unwrap(), Owner { uid: Some(4242), gid: Some(4343) });
    }

    #[test]
    fn nothing_empty_and_minus_one_mean_as_it_is() {
        for name in [None, Some(String::new()), Some("-1".to_owned())] {
            let target = Target { user: name.clone(), group: name, ..Target::new("/tmp/unused") };
            assert_eq!(target.owner().unwrap(), Owner::default());
        }
    }

    #[test]
    fn names_come_from_the_account_files() {
        let target = Target { user: Some("root".into()), ..Target::new("/tmp/unused") };
        assert_eq!(target.owner().unwrap().uid, Some(0));
        let target = Target { group: Some("no such group".into()), ..Target::new("/tmp/unused") };
        assert!(matches!(target.owner(), Err(WriteError::UnknownGroup { name }) if name == "no such group"));
    }
}
