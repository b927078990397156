//! URLs as Go's `net/url` takes them apart and puts them together.

use std::net::IpAddr;

use preflight_gotemplate::strconv::quote;
use preflight_gotemplate::{CallError, Type, Value};

use crate::table::{Given as _, Table, fail};

pub(super) fn register(table: &mut Table<'_>) {
    table.add("urlParse", [Type::String], Type::any_map(), |_, given| {
        let text = given.text(0);
        let url = Url::parse(text).map_err(|fault| {
            // The part before the fragment is named, as that is what is read first.
            let shown = if fault.in_fragment { text } else { before(text, b'#').0 };
            CallError::new(format!("unable to parse url: parse {}: {}", quote(shown), fault.message))
        })?;
        Ok(url.into_value())
    });
    table.add("urlJoin", [Type::any_map()], Type::String, |_, given| join(given.value(0)).map(Into::into));
}

#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

struct Fault {
    message: String,
    in_fragment: bool,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { message, in_fragment: false }
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// Which characters stand for themselves in a part of a URL, letters, digits and `-_.~` apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    Zone,
    Fragment,
}

impl Part {
    fn allows(self, byte: u8) -> bool {
        let others: &[u8] = match self {
            Self::Path => b"$&+,/:;=@",
            Self::User => b"$&+,;=",
            Self::Host | Self::Zone => b"!$&'()*+,;=:[]<>\"",
            Self::Fragment => b"$&+,/:;=?@!()*",
        };
        byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || others.contains(&byte)
    }

    fn escape(self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        for byte in text {
            if self.allows(*byte) {
                out.push(*byte);
            } else {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
        out
    }

    fn unescape(self, text: &[u8]) -> Result<Vec<u8>, String> {
        let in_host = matches!(self, Self::Host | Self::Zone);
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            if byte != b'%' {
                if in_host && byte.is_ascii() && !self.allows(byte) {
                    return Err(format!("invalid character {} in host name", quote(&text[at..=at])));
                }
                out.push(byte);
                at += 1;
                continue;
            }
            let shown = &text[at..text.len().min(at + 3)];
            let invalid = || format!("invalid URL escape {}", quote(shown));
            let value = hexadecimal(shown).ok_or_else(invalid)?;
            let bad_in_host = match self {
                Self::Host => value < 0x80 && shown != b"%25",
                Self::Zone => shown != b"%25" && value != b' ' && !Self::Host.allows(value),
                _ => false,
            };
            if bad_in_host {
                return Err(invalid());
            }
            out.push(value);
            at += 3;
        }
        Ok(out)
    }
}

/// The value of `%XX`.
fn hexadecimal(escape: &[u8]) -> Option<u8> {
    let [b'%', high, low] = escape else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A text before and after the first of a byte.
fn before(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|found| *found == byte) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

impl Url {
    fn parse(text: &[u8]) -> Result<Self, Fault> {
        let (text, fragment) = before(text, b'#');
        let mut url = Self::without_fragment(text)?;
        let fragment = Part::Fragment.unescape(fragment.unwrap_or_default());
        url.fragment = fragment.map_err(|message| Fault { message, in_fragment: true })?;
        Ok(url)
    }

    fn without_fragment(text: &[u8]) -> Result<Self, Fault> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".into());
        }
        if text == b"*" {
            return Ok(Self { path: text.to_vec(), ..Self::default() });
        }
        let (scheme, rest) = scheme(text)?;
        let (rest, query) = before(rest, b'?');
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            query: query.unwrap_or_default().to_vec(),
            ..Self::default()
        };
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if before(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".into());
            }
        }
        let has_authority = rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///"));
        let mut path = rest;
        if has_authority {
            let end = rest[2..].iter().position(|byte| *byte == b'/').map_or(rest.len(), |at| at + 2);
            url.authority(&rest[2..end])?;
            path = &rest[end..];
        }
        url.path = Part::Path.unescape(path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &[u8]) -> Result<(), Fault> {
        let at = text.iter().rposition(|byte| *byte == b'@');
        self.host = host(&self.scheme, at.map_or(text, |at| &text[at + 1..]))?;
        let Some(user) = at.map(|at| &text[..at]) else { return Ok(()) };
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
        if !user.iter().all(valid) {
            return Err("net/url: invalid userinfo".into());
        }
        let (name, password) = before(user, b':');
        let password = password.map(|password| Part::User.unescape(password)).transpose();
        self.user = Some(User { name: Part::User.unescape(name)?, password: password? });
        Ok(())
    }

    fn into_value(self) -> Value {
        let hostname = hostname(&self.host).to_vec();
        let user = self.user.map(User::into_text).unwrap_or_default();
        Value::map(
            [
                ("scheme", self.scheme),
                ("host", self.host),
                ("hostname", hostname),
                ("path", self.path),
                ("query", self.query),
                ("opaque", self.opaque),
                ("fragment", self.fragment),
                ("userinfo", user),
            ]
            .map(|(name, part)| (name, Value::from(part))),
        )
    }

    fn into_text(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let (query, fragment) = (std::mem::take(&mut self.query), std::mem::take(&mut self.fragment));
        if !self.scheme.is_empty() {
            out.extend_from_slice(&[&self.scheme[..], b":"].concat());
        }
        if self.opaque.is_empty() {
            self.append_place(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !query.is_empty() {
            out.extend_from_slice(&[b"?", &query[..]].concat());
        }
        if !fragment.is_empty() {
            out.extend_from_slice(&[b"#", &Part::Fragment.escape(&fragment)[..]].concat());
        }
        out
    }

    fn append_place(self, out: &mut Vec<u8>) {
        let has_host = !self.host.is_empty();
        let (has_scheme, has_user) = (!self.scheme.is_empty(), self.user.is_some());
        if (has_scheme && !self.path.is_empty()) || has_host || has_user {
            out.extend_from_slice(b"//");
            if let Some(user) = self.user {
                out.extend_from_slice(&[&user.into_text()[..], b"@"].concat());
            }
            out.extend_from_slice(&Part::Host.escape(&self.host));
        }
        let path = if self.path == b"*" { self.path } else { Part::Path.escape(&self.path) };
        if has_host && !path.is_empty() && !path.starts_with(b"/") {
            out.push(b'/');
        }
        if out.is_empty() && before(&path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(&path);
    }
}

impl User {
    fn into_text(self) -> Vec<u8> {
        let mut out = Part::User.escape(&self.name);
        if let Some(password) = self.password {
            out.push(b':');
            out.extend_from_slice(&Part::User.escape(&password));
        }
        out
    }
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    match text.iter().rposition(|byte| *byte == b'[') {
        Some(0) => return bracketed_host(text),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let colons: Vec<usize> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at).collect();
    // consul-template was built for a Go that allows several colons everywhere.
    let _ = scheme;
    if let Some(last) = colons.last() {
        check_port(&text[*last..])?;
    }
    Part::Host.unescape(text)
}

fn check_port(port: &[u8]) -> Result<(), String> {
    let valid = match port.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    };
    if valid { Ok(()) } else { Err(format!("invalid port {} after host", quote(port))) }
}

/// `[address]` or `[address%25zone]`, and a port.
fn bracketed_host(text: &[u8]) -> Result<Vec<u8>, String> {
    let Some(end) = text.iter().rposition(|byte| *byte == b']') else {
        return Err("missing ']' in host".to_owned());
    };
    let (inside, port) = (&text[1..end], &text[end + 1..]);
    check_port(port)?;
    let zone = crate::text::find(inside, b"%25").unwrap_or(inside.len());
    let address = Part::Host.unescape(&inside[..zone])?;
    match std::str::from_utf8(&address).ok().and_then(|text| text.parse().ok()) {
        Some(IpAddr::V6(_)) => {}
        Some(IpAddr::V4(_)) => return Err("invalid IP-literal".to_owned()),
        None => {
            let shown = quote(&address);
            return Err(format!("invalid host: ParseAddr({shown}): unable to parse IP"));
        }
    }
    let zone = Part::Zone.unescape(&inside[zone..])?;
    Ok([b"[", &address[..], &zone, b"]", port].concat())
}

/// A host without its port and brackets.
fn hostname(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let name = match colon {
        Some(colon) if check_port(&host[colon..]).is_ok() => &host[..colon],
        _ => host,
    };
    name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]")).unwrap_or(name)
}

fn join(parts: &Value) -> Result<Vec<u8>, CallError> {
    let part = |name: &str| match parts.as_map().and_then(|map| map.get_str(name)) {
        None => Ok(Vec::new()),
        Some(value) => match value.as_bytes() {
            Some(text) => Ok(text.to_vec()),
            None => {
                let kind = value.kind().name();
                fail(format!("unable to parse {name} key, must be of type string, but {kind} found"))
            }
        },
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let whole = [b"proto://", &user[..], b"@host"].concat();
        let parsed = Url::parse(&whole).map_err(|fault| {
            let message = fault.message;
            CallError::new(format!("unable to parse userinfo in dict: parse {}: {message}", quote(&whole)))
        })?;
        url.user = parsed.user;
    }
    Ok(url.into_text())
}
