//! The difference of two texts, line by line, in the unified format (as `diff -u` writes it).

use std::{fmt::Write as _, ops::Range};

const CONTEXT: usize = 3;
/// Beyond so many differing lines the shortest difference is no longer looked for: the rest is one replacement.
const MOST_EDITS: usize = 2_000;

/// Takes what must not be shown out of a text.
pub type Hide<'a> = &'a dyn Fn(&str) -> String;

/// The unified difference between what is at `path` and what would be; empty when they are equal. Both texts go
/// through `hide` whole, before they are cut into lines, so that a secret of several lines is found.
pub fn unified(path: &str, old: Option<&[u8]>, new: &[u8], hide: Hide<'_>) -> String {
    if old == Some(new) {
        return String::new();
    }
    let from = if old.is_some() { path } else { "/dev/null" };
    let mut text = format!("--- {from}\n+++ {path}\n");
    if [old.unwrap_or_default(), new].iter().any(|bytes| bytes.contains(&0)) {
        text.push_str("(binary contents differ)\n");
        return text;
    }
    let old_shown = hide(&String::from_utf8_lossy(old.unwrap_or_default()));
    let new_shown = hide(&String::from_utf8_lossy(new));
    if old_shown == new_shown && old.is_some() {
        text.push_str("(only secret values differ)\n");
        return text;
    }
    write_hunks(&mut text, &lines(&old_shown), &lines(&new_shown));
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// One run of lines that differ: these of the old are replaced by those of the new.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    old: Range<usize>,
    new: Range<usize>,
}

fn write_hunks(text: &mut String, old: &[&str], new: &[&str]) {
    let edits = edits(old, new);
    for group in edits.chunk_by(|one, next| next.old.start - one.old.end <= 2 * CONTEXT) {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        let before = first.old.start.min(CONTEXT);
        let after = (old.len() - last.old.end).min(CONTEXT);
        let old_range = first.old.start - before..last.old.end + after;
        let new_range = first.new.start - before..last.new.end + after;
        let _ = writeln!(text, "@@ -{} +{} @@", place(&old_range), place(&new_range));
        let mut at = old_range.start;
        for edit in group {
            write_lines(text, ' ', &old[at..edit.old.start]);
            write_lines(text, '-', &old[edit.old.clone()]);
            write_lines(text, '+', &new[edit.new.clone()]);
            at = edit.old.end;
        }
        write_lines(text, ' ', &old[at..old_range.end]);
    }
}

/// `start,length` with lines counted from one; an empty range names the line before it, and a length of one is left out.
fn place(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => (range.start + 1).to_string(),
        length => format!("{},{length}", range.start + 1),
    }
}

fn write_lines(text: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let tail =
        old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let steps = shortest(&old[head..old_end], &new[head..new_end]);
    let Some(steps) = steps else { return vec![Edit { old: head..old_end, new: head..new_end }] };
    join(steps, head)
}

/// A step of the shortest way: a line of the old goes, or a line of the new comes. Places count from the cut start.
#[derive(Debug, Clone, Copy)]
enum Step {
    Delete { old: usize, new: usize },
    Insert { old: usize, new: usize },
}

/// E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): the furthest place on each diagonal after
/// each number of edits, kept to find the way back. `None` beyond the bound.
fn shortest(old: &[&str], new: &[&str]) -> Option<Vec<Step>> {
    let (rows, columns) = (old.len() as isize, new.len() as isize);
    let most = (old.len() + new.len()).min(MOST_EDITS) as isize;
    let mut history: Vec<Vec<isize>> = Vec::new();
    let mut furthest = vec![0_isize; 2 * most as usize + 3];
    let index = |diagonal: isize| (diagonal + most + 1) as usize;
    for edits in 0..=most {
        history.push(furthest[index(-edits - 1)..=index(edits + 1)].to_vec());
        for diagonal in (-edits..=edits).step_by(2) {
            let down = diagonal == -edits
                || (diagonal != edits && furthest[index(diagonal - 1)] < furthest[index(diagonal + 1)]);
            let mut row =
                if down { furthest[index(diagonal + 1)] } else { furthest[index(diagonal - 1)] + 1 };
            while row < rows
                && row - diagonal < columns
                && old[row as usize] == new[(row - diagonal) as usize]
            {
                row += 1;
            }
            furthest[index(diagonal)] = row;
            if row >= rows && row - diagonal >= columns {
                return Some(way_back(&history, rows, columns));
            }
        }
    }
    None
}

/// `history[edits]` holds the diagonals from `-edits - 1` to `edits + 1` as they were before that round.
fn way_back(history: &[Vec<isize>], rows: isize, columns: isize) -> Vec<Step> {
    let (mut row, mut column) = (rows, columns);
    let mut steps = Vec::new();
    for edits in (1..history.len() as isize).rev() {
        let before = &history[edits as usize];
        let at = |diagonal: isize| before[(diagonal + edits + 1) as usize];
        let diagonal = row - column;
        let down = diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
        let from = if down { diagonal + 1 } else { diagonal - 1 };
        row = at(from);
        column = row - from;
        let (old, new) = (row as usize, column as usize);
        steps.push(if down { Step::Insert { old, new } } else { Step::Delete { old, new } });
    }
    steps.reverse();
    steps
}

fn join(steps: Vec<Step>, head: usize) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for step in steps {
        let (old, new) = match step {
            Step::Delete { old, new } => (old + head..old + head + 1, new + head..new + head),
            Step::Insert { old, new } => (old + head..old + head, new + head..new + head + 1),
        };
        match edits.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            _ => edits.push(Edit { old, new }),
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(old: &str, new: &str) -> String {
        unified("f", Some(old.as_bytes()), new.as_bytes(), &str::to_owned)
    }

    #[test]
    fn one_changed_line_with_three_around_it() {
        let old: String = (1..=9).map(|line| format!("{line}\n")).collect();
        let new = old.replace("5\n", "five\n");
        assert_eq!(plain(&old, &new), "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    }

    #[test]
    fn a_new_file_and_a_missing_last_newline() {
        assert_eq!(
            unified("f", None, b"a\nb", &str::to_owned),
            "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"
        );
        assert_eq!(plain("a\n", ""), "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
        assert_eq!(plain("same\n", "same\n"), "");
    }

    #[test]
    fn far_changes_are_hunks_of_their_own() {
        let old: String = (1..=30).map(|line| format!("{line}\n")).collect();
        let new = old.replace("3\n4\n", "3\nx\n4\n").replace("25\n", "");
        let text = plain(&old, &new);
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
    }

    #[test]
    fn secrets_are_hidden_in_whole_texts() {
        let hide = |text: &str| text.replace("one\ntwo", "***").replace("three\nfour", "***");
        let text = unified("f", Some(b"key: one\ntwo\n"), b"key: three\nfour\n", &hide);
        assert_eq!(text, "--- f\n+++ f\n(only secret values differ)\n");
        let text = unified("f", Some(b"a\n"), b"key: three\nfour\n", &hide);
        assert!(text.contains("+key: ***") && !text.contains("four"), "{text}");
    }

    #[test]
    fn bytes_that_are_no_text_are_not_shown() {
        assert!(unified("f", Some(b"\0"), b"\0\0", &str::to_owned).contains("(binary contents differ)"));
    }

    #[test]
    fn a_huge_difference_is_one_replacement() {
        let old: String = (0..5_000).map(|line| format!("a{line}\n")).collect();
        let new: String = (0..5_000).map(|line| format!("b{line}\n")).collect();
        let text = plain(&old, &new);
        assert_eq!((text.matches("\n-a").count(), text.matches("\n+b").count()), (5_000, 5_000));
    }

    proptest! {
        /// The edits, applied to the old lines, give the new ones, and nothing equal is said to differ needlessly.
        #[test]
        fn the_edits_lead_from_the_old_to_the_new(
            old in prop::collection::vec(0_u8..5, 0..40),
            new in prop::collection::vec(0_u8..5, 0..40),
        ) {
            let names: Vec<String> = (0..5).map(|number| format!("{number}\n")).collect();
            let old: Vec<&str> = old.iter().map(|at| names[usize::from(*at)].as_str()).collect();
            let new: Vec<&str> = new.iter().map(|at| names[usize::from(*at)].as_str()).collect();
            let (mut result, mut at) = (Vec::new(), 0);
            let mut changed = 0;
            for edit in edits(&old, &new) {
                result.extend_from_slice(&old[at..edit.old.start]);
                prop_assert_eq!(result.len(), edit.new.start);
                result.extend_from_slice(&new[edit.new.clone()]);
                changed += edit.old.len() + edit.new.len();
                at = edit.old.end;
            }
            result.extend_from_slice(&old[at..]);
            prop_assert_eq!(&result, &new);
            prop_assert_eq!(changed, old.len() + new.len() - 2 * longest_common(&old, &new));
        }
    }

    /// The textbook table, to hold the short way against.
    fn longest_common(old: &[&str], new: &[&str]) -> usize {
        let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
        for (row, line) in old.iter().enumerate() {
            for (column, other) in new.iter().enumerate() {
                table[row + 1][column + 1] = if line == other {
                    table[row][column] + 1
                } else {
                    table[row][column + 1].max(table[row + 1][column])
                };
            }
        }
        table[old.len()][new.len()]
    }
}
