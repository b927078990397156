//! Which known word a mistyped one was meant to be.

/// The word of `known` that is nearest to `word`, if one is near enough to be meant.
///
/// Near enough is a third of the longer word's letters, an exchange of neighbours counting as one.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = word.to_lowercase().chars().take(64).collect();
    known
        .map(|candidate| {
            let meant: Vec<char> = candidate.to_lowercase().chars().collect();
            (distance(&typed, &meant), typed.len().max(meant.len()), candidate)
        })
        .filter(|(distance, length, _)| *distance > 0 && *distance * 3 <= *length || *distance == 0)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// The number of insertions, deletions, replacements and exchanges of neighbours that turn `left` into `right`
/// (the restricted Damerau-Levenshtein distance).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut current = vec![row];
        for column in 1..=right.len() {
            let replaced = above[column - 1] + usize::from(left[row - 1] != right[column - 1]);
            let mut least = replaced.min(above[column] + 1).min(current[column - 1] + 1);
            let exchanged = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if exchanged {
                least = least.min(before[column - 2] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(word: &str) -> Option<&'static str> {
        nearest(word, ["organization", "team", "wait", "checks", "required"].into_iter())
    }

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        assert_eq!(meant("organisation"), Some("organization"));
        assert_eq!(meant("taem"), Some("team"));
        assert_eq!(meant("requierd"), Some("required"));
        assert_eq!(meant("Checks"), Some("checks"));
        assert_eq!(meant("check"), Some("checks"));
        assert_eq!(meant("banana"), None);
        assert_eq!(meant(""), None);
    }
}
