//! The functions of address templates.

use std::sync::LazyLock;

use preflight_gotemplate::strconv::quote;
use preflight_gotemplate::{CallError, Functions, Type, Value, fmt};

use super::address::Address;
use super::values::{all_of, list, list_type, of};
use super::{change, interfaces, networks, select};
use crate::surroundings::Surroundings;
use crate::table::{Given as _, Table, fail};

pub(super) static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    let mut functions = Functions::new();
    // These functions ask for nothing but the interfaces, which they read themselves.
    let find = |_: &preflight_gotemplate::Call<'_>| -> Result<&dyn Surroundings, CallError> {
        fail("address templates have no surroundings")
    };
    let mut table = Table::new(&mut functions, "", find);
    register_sources(&mut table);
    register_texts(&mut table);
    register_selection(&mut table);
    register_parts(&mut table);
    functions
});

type Source = fn(Vec<Address>) -> Vec<Address>;

fn all() -> Result<Vec<Address>, CallError> {
    interfaces::all().map_err(|fault| CallError::new(fault.to_string()))
}

fn register_sources(table: &mut Table<'_>) {
    let sources: [(&str, Source); 4] = [
        ("GetAllInterfaces", |all| all),
        ("GetDefaultInterfaces", |all| {
            all.into_iter().filter(|address| address.interface.is_default).collect()
        }),
        ("GetPrivateInterfaces", |all| forwarded(all, true)),
        ("GetPublicInterfaces", |all| forwarded(all, false)),
    ];
    for (name, source) in sources {
        table.add(name, [], list_type(), move |_, _| {
            let no_route = name == "GetDefaultInterfaces" && interfaces::default_interface().is_none();
            if no_route {
                return fail("No default interface found");
            }
            Ok(list(source(all()?)))
        });
    }
}

/// Addresses that can be reached from elsewhere, private or public, those of the default route first.
fn forwarded(all: Vec<Address>, private: bool) -> Vec<Address> {
    let fits = |address: &Address| {
        networks::is_forwardable(address)
            && address.interface.flags.up
            && networks::is_private(address) == private
    };
    let fitting: Vec<Address> = all.into_iter().filter(fits).collect();
    select::sort("default,type,size", &fitting).unwrap_or(fitting)
}

/// The same as text: one address, or all with spaces between.
fn register_texts(table: &mut Table<'_>) {
    for (name, private) in [("GetPrivateIP", true), ("GetPublicIP", false)] {
        table.add(name, [], Type::String, move |_, _| Ok(first(&forwarded(all()?, private)).into()));
    }
    for (name, private) in [("GetPrivateIPs", true), ("GetPublicIPs", false)] {
        table.add(name, [], Type::String, move |_, _| {
            let fits = |address: &Address| {
                networks::is_private(address) == private && (!private || networks::is_forwardable(address))
            };
            let fitting: Vec<Address> = all()?.into_iter().filter(fits).collect();
            Ok(joined(&select::sort("type,size", &fitting)?).into())
        });
    }
    table.add("GetInterfaceIP", [Type::String], Type::String, |_, given| {
        let (named, _) = select::choose("name", &text(given, 0), &all()?, "include")?;
        let (forwardable, _) = select::choose("flags", "forwardable", &named, "include")?;
        Ok(first(&select::sort("+type,+size", &forwardable)?).into())
    });
    table.add("GetInterfaceIPs", [Type::String], Type::String, |_, given| {
        let (named, _) = select::choose("name", &text(given, 0), &all()?, "include")?;
        Ok(joined(&select::sort("+type,+size", &named)?).into())
    });
}

fn first(addresses: &[Address]) -> String {
    addresses.first().map(|address| address.ip.to_string()).unwrap_or_default()
}

fn joined(addresses: &[Address]) -> String {
    addresses.iter().map(|address| address.ip.to_string()).collect::<Vec<_>>().join(" ")
}

fn text(given: &[Value], index: usize) -> String {
    String::from_utf8_lossy(given.text(index)).into_owned()
}

fn register_selection(table: &mut Table<'_>) {
    let selected = || [Type::String, Type::String, list_type()];
    for verb in ["include", "exclude"] {
        table.add(verb, selected(), list_type(), move |_, given| {
            let (fitting, others) =
                select::choose(&text(given, 0), &text(given, 1), &all_of(given.value(2)), verb)?;
            Ok(list(if verb == "include" { fitting } else { others }))
        });
    }
    table.add("sort", [Type::String, list_type()], list_type(), |_, given| {
        Ok(list(select::sort(&text(given, 0), &all_of(given.value(1)))?))
    });
    table.add("unique", [Type::String, list_type()], list_type(), |_, given| {
        Ok(list(select::unique(&text(given, 0), &all_of(given.value(1)))?))
    });
    table.add("math", selected(), list_type(), |_, given| {
        let (operation, value) = (text(given, 0), text(given, 1));
        let changed = all_of(given.value(2)).into_iter().map(|address| {
            change::change(&operation, &value, &address).map_err(|fault| {
                format!("unable to perform an IPMath operation on {}: {fault}", address.describe())
            })
        });
        Ok(list(changed.collect::<Result<Vec<_>, _>>()?))
    });
}

fn register_parts(table: &mut Table<'_>) {
    table.add("attr", [Type::String, Type::Any], Type::String, |_, given| {
        let value = given.value(1);
        let address = match (of(value), value.type_of()) {
            (Some(address), _) => Some(address),
            (None, Some(ty)) if ty == list_type() => all_of(value).into_iter().next(),
            _ => {
                let (name, shown) =
                    (text(given, 0), fmt::sprintf("%T (%v)", &[value.clone(), value.clone()]));
                let shown = String::from_utf8_lossy(&shown).into_owned();
                return fail(format!("unable to obtain attribute {name} from type {shown}"));
            }
        };
        let found = address.map(|address| attribute(&address, &text(given, 0))).transpose()?;
        Ok(found.unwrap_or_default().into())
    });
    table.add("join", [Type::String, Type::String, list_type()], Type::String, |_, given| {
        let (name, between) = (text(given, 0), text(given, 1));
        let parts = all_of(given.value(2)).into_iter().map(|address| attribute(&address, &name));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.join(&between).into())
    });
    table.add("limit", [Type::UINT, list_type()], list_type(), |_, given| {
        let most = given.value(0).as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        Ok(list(all_of(given.value(1)).into_iter().take(most).collect()))
    });
    table.add("offset", [Type::INT, list_type()], list_type(), |_, given| {
        let (offset, all) = (given.int(0), all_of(given.value(1)));
        let (distance, count) = (usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX), all.len());
        if distance > count {
            let distance = offset.unsigned_abs();
            return fail(format!("unable to seek past the end of the interface array: offset ({distance}) exceeds the number of interfaces ({count})"));
        }
        let start = if offset < 0 { count - distance } else { distance };
        Ok(list(all[start..].to_vec()))
    });
}

fn attribute(address: &Address, name: &str) -> Result<String, CallError> {
    let lower = name.to_lowercase();
    let found = address.attribute(&lower);
    found.ok_or_else(|| CallError::new(format!("unsupported attribute name {}", quote(lower.as_bytes()))))
}
