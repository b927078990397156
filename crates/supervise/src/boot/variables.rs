//! `/etc/container_environment`: a file for each variable. Scripts change the environment of what comes after them by
//! changing the files.

use std::{collections::BTreeMap, fmt::Write, fs, io, path::Path};

/// Variables by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
}

/// They belong to a process and whom it runs as, and are not handed on through files.
const PERSONAL: &[&str] = &["HOME", "USER", "GROUP", "UID", "GID", "SHELL"];

impl Variables {
    /// What a container was given.
    pub fn new(inherited: impl IntoIterator<Item = (String, String)>) -> Self {
        let values = inherited.into_iter().filter(|(name, value)| is_sound(name, value)).collect();
        Self { values }
    }

    /// The files of a directory, without one newline at the end of each. What cannot be read, or could be no variable,
    /// is left out; so is all when there is no directory.
    pub fn read(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        Self::new(entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let value = String::from_utf8(fs::read(entry.path()).ok()?).ok()?;
            Some((name, value.strip_suffix('\n').map(str::to_owned).unwrap_or(value)))
        }))
    }

    /// At the beginning: files add to what the container was given, and change nothing of it.
    #[must_use]
    pub fn and(mut self, files: Self) -> Self {
        for (name, value) in files.values {
            self.values.entry(name).or_insert(value);
        }
        self
    }

    /// After a script: the files are the truth, except for what belongs to a person. Without any file everything stays.
    #[must_use]
    pub fn reread(self, files: Self) -> Self {
        if files.values.is_empty() {
            return self;
        }
        let personal = self.values.into_iter().filter(|(name, _)| PERSONAL.contains(&name.as_str()));
        let mut values: BTreeMap<_, _> = personal.collect();
        values.extend(files.values);
        Self { values }
    }

    /// Each as `NAME=value`.
    pub fn assignments(&self) -> Vec<String> {
        self.values.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A shell's `export` lines, as in `container_environment.sh`. What is no name for a shell has underscores.
    pub fn shell(&self) -> String {
        self.common().fold(String::new(), |mut text, (name, value)| {
            let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
            let name: String = name.chars().map(plain).collect();
            let _ = writeln!(text, "export {name}='{}'", value.replace('\'', r"'\''"));
            text
        })
    }

    /// One JSON object, as in `container_environment.json`.
    pub fn json(&self) -> String {
        let members: Vec<String> =
            self.common().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
        format!("{{{}}}", members.join(", "))
    }

    /// Writes a file for each variable; for the beginning, before any script.
    ///
    /// # Errors
    /// The first that could not be written.
    pub fn write_files(&self, folder: &Path) -> io::Result<()> {
        self.common().filter(|(name, _)| !name.contains('/')).try_for_each(|(name, value)| {
            let path = folder.join(name);
            // One that says the same is left alone, with its owner and its time.
            if fs::read(&path).is_ok_and(|old| old.strip_suffix(b"\n").unwrap_or(&old) == value.as_bytes()) {
                return Ok(());
            }
            fs::write(path, value)
        })
    }

    /// Writes the two texts beside the directory.
    ///
    /// # Errors
    /// The first that could not be written.
    pub fn write_texts(&self, folder: &Path) -> io::Result<()> {
        for (extension, text) in [("sh", self.shell()), ("json", self.json())] {
            let mut path = folder.as_os_str().to_owned();
            path.push(format!(".{extension}"));
            write_privately(Path::new(&path), &text)?;
        }
        Ok(())
    }

    fn common(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| !PERSONAL.contains(name))
    }
}

/// They may hold secrets: a new one is for its owner alone, one that is there keeps its mode, which the image has chosen.
fn write_privately(path: &Path, text: &str) -> io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o640).open(path)?;
    file.write_all(text.as_bytes())
}

fn is_sound(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}

/// See RFC 8259, section 7.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        Variables::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn at_first_what_was_given_counts_more_than_files() {
        let both = variables(&[("A", "given")]).and(variables(&[("A", "file"), ("B", "file")]));
        assert_eq!(both, variables(&[("A", "given"), ("B", "file")]));
    }

    #[test]
    fn after_a_script_the_files_count_and_what_they_lack_is_gone() {
        let before = variables(&[("A", "1"), ("GONE", "1"), ("HOME", "/root")]);
        let after = before.clone().reread(variables(&[("A", "2")]));
        assert_eq!(after, variables(&[("A", "2"), ("HOME", "/root")]));
        assert_eq!(before.clone().reread(Variables::default()), before);
    }

    #[test]
    fn texts_are_quoted_and_leave_out_the_person() {
        let all = variables(&[("A.B", "it's\n\"x\"\\"), ("HOME", "/root")]);
        assert_eq!(all.shell(), "export A_B='it'\\''s\n\"x\"\\'\n");
        assert_eq!(all.json(), r#"{"A.B": "it's\n\"x\"\\"}"#);
    }

    #[test]
    fn files_are_written_and_read_the_same() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("container_environment");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("LINE"), "x\n\n").unwrap();
        fs::write(folder.join("BINARY"), [0xff]).unwrap();
        fs::write(folder.join("NUL"), "a\0b").unwrap();
        let given = variables(&[("A", "b c")]);
        given.write_files(&folder).unwrap();
        given.write_texts(&folder).unwrap();
        assert_eq!(Variables::read(&folder), variables(&[("A", "b c"), ("LINE", "x\n")]));
        assert_eq!(
            fs::read_to_string(base.path().join("container_environment.sh")).unwrap(),
            "export A='b c'\n"
        );
        assert_eq!(Variables::read(Path::new("/nonexistent")), Variables::default());
    }
}
