//! Who a service runs as: names are looked up in `/etc/passwd` and `/etc/group`, see `passwd(5)` and `group(5)`; a static
//! program has no other database to ask.

use std::path::PathBuf;

use preflight_supervise::User;
use rustix::process::{getegid, geteuid};

const MAKE: &str = " — hint: make it when the image is built, or write a number";

/// `CAP_SETGID` and `CAP_SETUID` of `capabilities(7)`.
const SETGID: u64 = 1 << 6;
const SETUID: u64 = 1 << 7;

/// Who we are, and what we may.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ourselves {
    user: u32,
    group: u32,
    /// `None`: it cannot be seen.
    capabilities: Option<u64>,
}

impl Ourselves {
    /// As the system has it now.
    pub(super) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
        let capabilities = effective.and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
        Self { user: geteuid().as_raw(), group: getegid().as_raw(), capabilities }
    }

    /// Whom something is started as, when that shall be this user; `None`: it is we, with the groups that we have.
    ///
    /// # Errors
    /// We may not become that user, in words.
    pub(super) fn become_user(self, user: User) -> Result<Option<User>, String> {
        let may = |capability| self.capabilities.is_none_or(|all| all & capability != 0);
        let is_other = (user.user != self.user, user.group != self.group);
        match is_other {
            (false, false) if !may(SETGID) => Ok(None),
            (true, _) if !may(SETUID) => Err(refused("user", user.user)),
            (_, true) if !may(SETGID) => Err(refused("group", user.group)),
            (true, false) if !may(SETGID) => Err(refused("user", user.user)),
            _ => Ok(Some(user)),
        }
    }
}

fn refused(what: &str, number: u32) -> String {
    let hint =
        "start the container as root and with CAP_SETUID and CAP_SETGID, or leave `user` and `group` out";
    format!("we may not become {what} {number} — hint: {hint}")
}

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

    /// The number of a user, by name; `None` when there is no such user.
    pub(super) fn number(&self, user: &str) -> Option<u32> {
        self.home(user)?;
        self.user(user, None).ok().map(|user| user.user)
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
    fn we_become_only_whom_we_may() {
        let user = |user, group, groups: &[u32]| User { user, group, groups: groups.to_vec() };
        let with = |capabilities| Ourselves { user: 33, group: 34, capabilities };
        let (none, all) = (with(Some(0)), with(Some(SETUID | SETGID)));
        assert_eq!(none.become_user(user(33, 34, &[50])), Ok(None), "we are that one");
        for other in [user(7, 34, &[]), user(33, 7, &[]), user(7, 7, &[7])] {
            assert!(none.become_user(other.clone()).unwrap_err().contains("hint: "));
            assert!(with(Some(SETUID)).become_user(other.clone()).is_err());
            assert_eq!(all.become_user(other.clone()), Ok(Some(other.clone())));
            assert_eq!(with(None).become_user(other.clone()), Ok(Some(other)), "the system will say");
        }
        assert_eq!(all.become_user(user(33, 34, &[50])), Ok(Some(user(33, 34, &[50]))));
        assert!(Ourselves::now().capabilities.is_some());
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
