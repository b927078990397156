//! Who a service runs as: names are looked up in `/etc/passwd` and `/etc/group`, see `passwd(5)` and `group(5)`; a static
//! program has no other database to ask.

use std::path::PathBuf;

use preflight_supervise::User;
use rustix::process::{getegid, geteuid};

const MAKE: &str = " — hint: make it when the image is built, or write a number";

/// The two files, as text.
pub(super) struct Accounts {
    users: String,
    groups: String,
}

impl Accounts {
    /// Those of this container; one that cannot be read knows nobody.
    pub(super) fn of_system() -> Self {
        let read = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        Self { users: read("/etc/passwd"), groups: read("/etc/group") }
    }

    #[cfg(test)]
    pub(super) fn new(users: String, groups: String) -> Self {
        Self { users, groups }
    }

    /// The home of a user, by name; `None` when there is no such user.
    pub(super) fn home(&self, user: &str) -> Option<PathBuf> {
        self.users.lines().find_map(|line| {
            let [name, _, _, _, _, home, ..] = line.split(':').collect::<Vec<_>>()[..] else { return None };
            (name == user).then(|| home.into())
        })
    }

    /// The numbers of a user and a group, each by name or number; `None` when neither is said.
    ///
    /// # Errors
    /// What is not there, in words.
    pub(super) fn find(&self, user: Option<&str>, group: Option<&str>) -> Result<Option<User>, String> {
        let given = group.map(|group| self.group(group)).transpose()?;
        match user {
            Some(user) => self.user(user, given).map(Some),
            None => Ok(given.map(|group| User { user: geteuid().as_raw(), group, groups: Vec::new() })),
        }
    }

    fn user(&self, wanted: &str, group: Option<u32>) -> Result<User, String> {
        let number: Option<u32> = wanted.parse().ok();
        let found = self.users.lines().find_map(|line| {
            let [name, _, user, main, ..] = line.split(':').collect::<Vec<_>>()[..] else { return None };
            let (user, main): (u32, u32) = (user.parse().ok()?, main.parse().ok()?);
            (name == wanted || number == Some(user)).then_some((name, user, main))
        });
        match (found, number, group) {
            (Some((name, user, main)), _, _) => {
                Ok(User { user, group: group.unwrap_or(main), groups: self.groups_of(name) })
            }
            (None, Some(user), Some(group)) => Ok(User { user, group, groups: Vec::new() }),
            (None, Some(user), None) if user == geteuid().as_raw() => {
                Ok(User { user, group: getegid().as_raw(), groups: Vec::new() })
            }
            (None, Some(_), None) => Err(format!(
                "user {wanted} is not in /etc/passwd — hint: a number needs a `group` beside it then"
            )),
            (None, None, _) => Err(format!("there is no user {wanted:?} in /etc/passwd{MAKE}")),
        }
    }

    fn group(&self, wanted: &str) -> Result<u32, String> {
        let found = self.group_lines().find(|(name, _, _)| *name == wanted).map(|(_, number, _)| number);
        let none = || format!("there is no group {wanted:?} in /etc/group{MAKE}");
        found.or_else(|| wanted.parse().ok()).ok_or_else(none)
    }

    fn groups_of(&self, user: &str) -> Vec<u32> {
        let of_user =
            self.group_lines().filter(|(_, _, members)| members.split(',').any(|name| name == user));
        of_user.map(|(_, number, _)| number).collect()
    }

    fn group_lines(&self) -> impl Iterator<Item = (&str, u32, &str)> {
        self.groups.lines().filter_map(|line| {
            let [name, _, number, members] = line.split(':').collect::<Vec<_>>()[..] else { return None };
            Some((name, number.parse().ok()?, members))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts {
            users: "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:34::/:\n".to_owned(),
            groups: "root:x:0:\nweb:x:34:\ntls:x:50:db,web\n".to_owned(),
        }
    }

    #[test]
    fn names_and_numbers_are_found_with_all_their_groups() {
        let web = Some(User { user: 33, group: 34, groups: vec![50] });
        assert_eq!(accounts().find(Some("web"), None), Ok(web.clone()));
        assert_eq!(accounts().find(Some("33"), None), Ok(web));
        let in_tls = Some(User { user: 33, group: 50, groups: vec![50] });
        assert_eq!(accounts().find(Some("web"), Some("tls")), Ok(in_tls));
        let numbers = Some(User { user: 4_000_000, group: 7, groups: Vec::new() });
        assert_eq!(accounts().find(Some("4000000"), Some("7")), Ok(numbers));
        assert_eq!(accounts().find(None, None), Ok(None));
    }

    #[test]
    fn who_is_not_there_is_told() {
        for (user, group, part) in [
            (Some("nobody-here"), None, "no user"),
            (Some("4000000"), None, "group"),
            (None, Some("x"), "no group"),
        ] {
            assert!(accounts().find(user, group).unwrap_err().contains(part));
        }
    }
}
