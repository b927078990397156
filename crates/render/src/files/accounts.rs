//! Users and groups by name, read from the account files (`passwd(5)`, `group(5)`): a static program has no NSS to ask.

use std::{io, path::Path};

/// Where users are.
pub(super) const USERS: &str = "/etc/passwd";
/// Where groups are.
pub(super) const GROUPS: &str = "/etc/group";

/// The id of an account; `None` when the file, or a file at all, does not have the name.
pub(super) fn id_of(name: &str, table: &Path) -> io::Result<Option<u32>> {
    match std::fs::read(table) {
        Ok(text) => Ok(find(&text, name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Both formats begin `name:password:id`.
fn find(table: &[u8], name: &str) -> Option<u32> {
    table.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        (fields.next() == Some(name.as_bytes()))
            .then(|| fields.nth(1).and_then(|id| std::str::from_utf8(id).ok()).and_then(|id| id.parse().ok()))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] =
        b"root:x:0:0:root:/root:/bin/bash\n# web:x:9\nbroken\nweb:x:33:33:\xff:/var/www:\nodd:x:many:1\n";

    #[test]
    fn the_third_field_of_the_line_with_the_name() {
        assert_eq!(find(TABLE, "root"), Some(0));
        assert_eq!(find(TABLE, "web"), Some(33));
    }

    #[test]
    fn what_is_not_there_or_not_a_number_is_nothing() {
        assert_eq!(find(TABLE, "roo"), None);
        assert_eq!(find(TABLE, "broken"), None);
        assert_eq!(find(TABLE, "odd"), None);
        assert_eq!(find(TABLE, ""), None);
    }

    #[test]
    fn a_machine_without_the_file_has_no_accounts() {
        assert_eq!(id_of("root", Path::new("/nonexistent/passwd")).unwrap(), None);
    }
}
