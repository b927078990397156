//! Constraints: `>=1.2, <2 || ^3.1`, with `x` and `*` for any number.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::version::{Version, order_of_prereleases};

/// Any of these must hold, each with all its parts.
#[derive(Debug)]
pub(super) struct Constraints {
    alternatives: Vec<Vec<Constraint>>,
}

#[derive(Debug)]
struct Constraint {
    operator: Operator,
    version: Version,
    /// The first number that is missing or `x`.
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Major,
    Minor,
    Patch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

const VERSION: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
/// In this order, as the first that fits is taken.
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

struct Shapes {
    one: Regex,
    range: Regex,
    valid: Regex,
    find: Regex,
}

static SHAPES: LazyLock<Option<Shapes>> = LazyLock::new(|| {
    let shape = |pattern: String| Regex::new(&pattern).ok();
    Some(Shapes {
        one: shape(format!(r"^\s*({OPERATORS})\s*({VERSION})\s*$"))?,
        range: shape(format!(r"\s*({VERSION})\s+-\s+({VERSION})\s*"))?,
        valid: shape(format!(
            r"^(\s*({OPERATORS})\s*({VERSION})\s*)((?:\s+|,\s*)({OPERATORS})\s*({VERSION})\s*)*$"
        ))?,
        find: shape(format!(r"({OPERATORS})\s*({VERSION})"))?,
    })
});

impl Constraints {
    /// # Errors
    /// The text is no constraint; the text is that of the original.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let improper = |part: &str| format!("improper constraint: {part}");
        let shapes = SHAPES.as_ref().ok_or_else(|| improper(text))?;
        let text = with_ranges_rewritten(text, shapes);
        let mut alternatives = Vec::new();
        for part in text.split("||") {
            if !shapes.valid.is_match(part) {
                return Err(improper(part));
            }
            let parts = shapes.find.find_iter(part).map(|found| Constraint::parse(found.as_str(), shapes));
            alternatives.push(parts.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Self { alternatives })
    }

    pub(super) fn hold_for(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| all.iter().all(|one| one.holds_for(version)))
    }
}

/// `1.2 - 1.4` means `>= 1.2, <= 1.4`.
fn with_ranges_rewritten(text: &str, shapes: &Shapes) -> String {
    let mut out = text.to_owned();
    for groups in shapes.range.captures_iter(text) {
        let part = |index: usize| groups.get(index).map_or("", |group| group.as_str());
        out = out.replacen(part(0), &format!(">= {}, <= {}", part(1), part(11)), 1);
    }
    out
}

impl Constraint {
    fn parse(text: &str, shapes: &Shapes) -> Result<Self, String> {
        let groups = shapes.one.captures(text).ok_or_else(|| format!("improper constraint: {text}"))?;
        let part = |index: usize| groups.get(index).map_or("", |group| group.as_str());
        let any = |number: &str| matches!(number.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (major, minor, patch, suffix) = (part(3), part(4), part(5), part(6));
        let (open, version) = if any(major) {
            (Some(Open::Major), format!("0.0.0{suffix}"))
        } else if any(minor) {
            (Some(Open::Minor), format!("{major}.0.0{suffix}"))
        } else if any(patch) {
            (Some(Open::Patch), format!("{major}{minor}.0{suffix}"))
        } else {
            (None, part(2).to_owned())
        };
        let version = Version::parse(&version).map_err(|_| "constraint Parser Error".to_owned())?;
        Ok(Self { operator: operator(part(1)), version, open })
    }

    fn holds_for(&self, version: &Version) -> bool {
        let prerelease = !version.prerelease.is_empty() && self.version.prerelease.is_empty();
        // Who does not ask for prereleases does not get any.
        if prerelease && (self.operator != Operator::NotEqual || self.open.is_some()) {
            return false;
        }
        let order = version.order(&self.version);
        match self.operator {
            Operator::Equal if self.open.is_some() => self.tilde(version, order),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => self.differs(version, order),
            Operator::Greater => self.greater(version, order),
            Operator::Less => order.is_lt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::LessOrEqual => self.less_or_equal(version, order),
            Operator::Tilde => self.tilde(version, order),
            Operator::Caret => self.caret(version, order),
        }
    }

    fn differs(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        match self.open {
            None => order.is_ne(),
            Some(_) if own.major != version.major => true,
            Some(Open::Minor) => false,
            Some(_) if own.minor != version.minor => true,
            Some(Open::Patch) => order_of_prereleases(&version.prerelease, &own.prerelease).is_ne(),
            Some(Open::Major) => order.is_ne(),
        }
    }

    fn greater(&self, version: &Version, order: Ordering) -> bool {
        match (self.open, version.major.cmp(&self.version.major)) {
            (None, _) => order.is_gt(),
            (Some(_), Ordering::Greater) => true,
            (Some(_), Ordering::Less) | (Some(Open::Minor), _) => false,
            (Some(Open::Patch), _) => version.minor > self.version.minor,
            (Some(Open::Major), _) => order.is_gt(),
        }
    }

    fn less_or_equal(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        match self.open {
            None => order.is_le(),
            Some(open) => {
                let minor_counts = version.major == own.major && open != Open::Minor;
                version.major <= own.major && !(minor_counts && version.minor > own.minor)
            }
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if order.is_lt() {
            return false;
        }
        let partly_open = matches!(self.open, Some(Open::Minor | Open::Patch));
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !partly_open {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Some(Open::Minor))
    }

    fn caret(&self, version: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if order.is_lt() {
            return false;
        }
        if own.major > 0 || self.open == Some(Open::Minor) {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.open == Some(Open::Patch) {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

fn operator(text: &str) -> Operator {
    match text {
        "!=" => Operator::NotEqual,
        ">" => Operator::Greater,
        "<" => Operator::Less,
        ">=" | "=>" => Operator::GreaterOrEqual,
        "<=" | "=<" => Operator::LessOrEqual,
        "~" | "~>" => Operator::Tilde,
        "^" => Operator::Caret,
        _ => Operator::Equal,
    }
}
