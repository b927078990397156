//! Which known word a mistyped one was meant to be.

/// The known word with the fewest slips, if those are at most a third of its letters.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.chars().take(64).collect();
    let measured = known.into_iter().map(|word| (slips(&typed, word), word));
    let near = measured.filter(|(slips, word)| slips * 3 <= typed.len().max(word.len()));
    near.min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

/// Letters left out, put in, replaced or exchanged with their neighbour on the way from one to the other.
fn slips(typed: &[char], word: &str) -> usize {
    let word: Vec<char> = word.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=word.len()).collect()];
    for (index, letter) in typed.iter().enumerate() {
        let above = &rows[index];
        let mut row = vec![index + 1];
        for column in 1..=word.len() {
            let replaced = above[column - 1] + usize::from(word[column - 1] != *letter);
            let mut least = replaced.min(above[column] + 1).min(row[column - 1] + 1);
            let exchanged = index > 0
                && column > 1
                && word[column - 2] == *letter
                && word[column - 1] == typed[index - 1];
            if exchanged {
                least = least.min(rows[index - 1][column - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[typed.len()][word.len()]
}
