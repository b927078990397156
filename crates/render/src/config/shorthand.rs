//! Settings that are written as one text: `5s:20s`, `in:out:command`, `user:password`.

use std::time::Duration;

use super::go_text;

/// Reads `min` or `min:max`; without `max`, that is four times `min`.
///
/// # Errors
/// consul-template's words.
pub(crate) fn wait(text: &str) -> Result<(Duration, Duration), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("wait: cannot be empty".to_owned());
    }
    let parts: Vec<&str> = text.split(':').collect();
    let min = go_text::duration(parts[0].trim())?;
    let max = match parts[..] {
        [_] => min.saturating_mul(4),
        [_, max] => go_text::duration(max.trim())?,
        _ => return Err("wait: invalid format".to_owned()),
    };
    if max < min { Err("wait: min must be less than max".to_owned()) } else { Ok((min, max)) }
}

/// A template's source, destination and command.
pub(crate) type TemplateParts<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// Reads `source`, `source:destination` or `source:destination:command`; the command may hold colons itself.
///
/// # Errors
/// consul-template's words for an empty one.
pub(crate) fn template(text: &str) -> Result<TemplateParts<'_>, String> {
    let (source, rest) = first_part(text.trim());
    if source.is_empty() {
        return Err("template: cannot be empty".to_owned());
    }
    let (destination, command) = first_part(rest);
    let given = |text: &'_ str| !text.is_empty();
    Ok((source, Some(destination).filter(|text| given(text)), Some(command).filter(|text| given(text))))
}

/// What stands before the next colon, and what behind it.
fn first_part(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(':');
    text.split_once(':').unwrap_or((text, ""))
}

/// Reads `user` or `user:password`.
///
/// # Errors
/// consul-template's words for an empty one.
pub(crate) fn auth(text: &str) -> Result<(&str, Option<&str>), String> {
    if text.is_empty() {
        return Err("auth: cannot be empty".to_owned());
    }
    Ok(text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_a_least_and_a_most() {
        let seconds = Duration::from_secs;
        assert_eq!(wait("5s"), Ok((seconds(5), seconds(20))));
        assert_eq!(wait(" 1s : 3s "), Ok((seconds(1), seconds(3))));
        assert_eq!(wait(""), Err("wait: cannot be empty".to_owned()));
        assert_eq!(wait("1s:2s:3s"), Err("wait: invalid format".to_owned()));
        assert_eq!(wait("3s:1s"), Err("wait: min must be less than max".to_owned()));
        assert_eq!(wait("x"), Err("time: invalid duration \"x\"".to_owned()));
    }

    #[test]
    fn a_template_is_split_at_its_first_two_colons() {
        assert_eq!(template("a"), Ok(("a", None, None)));
        assert_eq!(template("in:out"), Ok(("in", Some("out"), None)));
        assert_eq!(template("a:b:c"), Ok(("a", Some("b"), Some("c"))));
        let ipv6 = "in:out:curl http://[::1]:80/";
        assert_eq!(template(ipv6), Ok(("in", Some("out"), Some("curl http://[::1]:80/"))));
        assert_eq!(template(" : "), Err("template: cannot be empty".to_owned()));
    }
}
