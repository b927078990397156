//! What stands between `%` and the verb, and padding to a width.

use crate::strconv::rune_count;

/// Flags, width and precision of one directive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`: structs with the names of their fields.
    pub(super) plus_v: bool,
    /// `%#v`: Go syntax.
    pub(super) sharp_v: bool,
    /// In runes.
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Spec {
    /// Whether nothing is asked for but the verb.
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// `%v` and `%w` take `+` and `#` for what they print, not for how numbers look.
    pub(super) fn for_general_verb(mut self) -> Self {
        (self.sharp_v, self.sharp) = (self.sharp, false);
        (self.plus_v, self.plus) = (self.plus, false);
        self
    }

    pub(super) fn without_zero(mut self) -> Self {
        self.zero = false;
        self
    }

    /// Appends `text`, padded to the width.
    pub(super) fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let missing = match self.width {
            None | Some(0) => 0,
            Some(width) => width.saturating_sub(rune_count(text)),
        };
        if self.minus {
            out.extend_from_slice(text);
            self.append_padding(out, missing);
        } else {
            self.append_padding(out, missing);
            out.extend_from_slice(text);
        }
    }

    /// Appends `count` zeros if they are asked for and can stand on the left, else spaces.
    pub(super) fn append_padding(&self, out: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + count, byte);
    }
}
