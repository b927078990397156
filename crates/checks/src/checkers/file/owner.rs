//! Whose a file is: names are looked up in `/etc/passwd`, see passwd(5); other databases of users are not asked.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::Failure;
use crate::kinds::file as kind;

/// Judges the owner, which is wanted by name or number.
pub(super) fn judge(path: &Path, found: &Metadata, wanted: Option<&str>) -> Result<(), Failure> {
    let Some(wanted) = wanted else { return Ok(()) };
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let wrong = |evidence| Err(Failure::new(&kind::WRONG_OWNER, evidence));
    let path = path.display();
    let owner = found.uid();
    match wanted.parse().ok().or_else(|| number_of(&users, wanted)) {
        None => wrong(format!("{path} must belong to {wanted}, but /etc/passwd has no such user")),
        Some(number) if number == owner => Ok(()),
        Some(_) => {
            let name = name_of(&users, owner).map(|name| format!(" ({name})")).unwrap_or_default();
            wrong(format!("{path} belongs to user {owner}{name}, not {wanted}"))
        }
    }
}

fn number_of(users: &str, name: &str) -> Option<u32> {
    users.lines().map(fields).find(|(known, _)| *known == name).and_then(|(_, number)| number)
}

fn name_of(users: &str, number: u32) -> Option<&str> {
    users.lines().map(fields).find(|(_, known)| *known == Some(number)).map(|(name, _)| name)
}

fn fields(line: &str) -> (&str, Option<u32>) {
    let mut fields = line.split(':');
    let name = fields.next().unwrap_or_default();
    (name, fields.nth(1).and_then(|number| number.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\n# note\napp:x:1000:1000::/:/bin/false\nbroken\n";
        assert_eq!(number_of(users, "app"), Some(1000));
        assert_eq!(name_of(users, 0), Some("root"));
        assert_eq!(number_of(users, "nobody"), None);
        assert_eq!(number_of(users, "broken"), None);
    }
}
