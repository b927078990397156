//! `${VARIABLE}` in the values of `checks:`.

/// Variables that a text needs and that have no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} not set", names.join(", "))]
pub struct UnsetVariables {
    /// Their names, each once, in the order of the text.
    pub names: Vec<String>,
}

/// Replaces `${X}` by the value of X, `${X:-default}` by its value or the default when it is unset or empty, and `$$`
/// by one dollar sign. Anything else stays as it is; `$X` without braces does too.
///
/// # Errors
/// With all names that have no value and no default. An empty value counts as set.
pub fn interpolate(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, UnsetVariables> {
    let mut unset = Vec::new();
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(after) = rest.strip_prefix("$$") {
            result.push('$');
            rest = after;
        } else if let Some((name, default, after)) = reference(rest) {
            match (lookup(name), default) {
                (Some(value), default) if !value.is_empty() || default.is_none() => result.push_str(&value),
                (_, Some(default)) => result.push_str(default),
                _ if unset.iter().any(|known| known == name) => {}
                _ => unset.push(name.to_owned()),
            }
            rest = after;
        } else {
            result.push('$');
            rest = &rest[1..];
        }
    }
    result.push_str(rest);
    if unset.is_empty() { Ok(result) } else { Err(UnsetVariables { names: unset }) }
}

/// The names that a text refers to, in its order.
pub fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('$')?..];
            if let Some(after) = rest.strip_prefix("$$") {
                rest = after;
            } else if let Some((name, _, after)) = reference(rest) {
                rest = after;
                return Some(name);
            } else {
                rest = &rest[1..];
            }
        }
    })
}

/// Name, default and rest of a text that begins with `${`.
fn reference(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (inner, rest) = text.strip_prefix("${")?.split_once('}')?;
    let (name, default) =
        inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
    let named = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    named.then_some((name, default, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, Vec<String>> {
        let lookup = |name: &str| match name {
            "HOST" => Some("db".to_owned()),
            "EMPTY" => Some(String::new()),
            "PRICE" => Some("${HOST}".to_owned()),
            _ => None,
        };
        interpolate(text, lookup).map_err(|unset| unset.names)
    }

    #[test]
    fn values_defaults_and_dollars() {
        assert_eq!(filled("http://${HOST}/x"), Ok("http://db/x".to_owned()));
        assert_eq!(filled("${NONE:-a}${EMPTY:-b}${HOST:-c}"), Ok("abdb".to_owned()));
        assert_eq!(filled("$$ $${HOST} $HOST $ ${ ${} ${1}"), Ok("$ ${HOST} $HOST $ ${ ${} ${1}".to_owned()));
        assert_eq!(filled("[${EMPTY}]"), Ok("[]".to_owned()));
    }

    #[test]
    fn a_value_is_not_interpolated_again() {
        assert_eq!(filled("${PRICE}"), Ok("${HOST}".to_owned()));
    }

    #[test]
    fn all_unset_names_are_reported_once() {
        assert_eq!(filled("${A} ${B} ${A} ${HOST}"), Err(vec!["A".to_owned(), "B".to_owned()]));
        assert_eq!(references("${A:-x} $$ ${B}").collect::<Vec<_>>(), ["A", "B"]);
    }
}
