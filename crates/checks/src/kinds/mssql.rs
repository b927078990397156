//! Microsoft SQL Server and Azure SQL. Error numbers: "Database Engine events and errors" of its documentation.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// SQL Server.
pub static KIND: Kind = Kind {
    name: "mssql",
    title: "SQL Server",
    aliases: &["sqlserver", "azuresql", "tds"],
    default_port: Some(1433),
    address: Address::Required,
    attributes: &[
        Attribute::Username,
        Attribute::Password,
        Attribute::Address,
        Attribute::Port,
        Attribute::Database,
        Attribute::Url,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Timeout,
    ],
    proves: "The user is let into the database, encrypted as SSLMODE says (the login only, when it says nothing), and \
             a SELECT is answered; a database that takes no writes is a warning. Without USERNAME only that it takes logins.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_EXPIRED,
        &LOGIN_DISABLED,
        &UNTRUSTED_DOMAIN,
        &NO_SUCH_DATABASE,
        &NOT_PERMITTED,
        &HOST_DENIED,
        &DATABASE_UNAVAILABLE,
        &SHUTTING_DOWN,
        &TOO_MANY_CONNECTIONS,
        &READ_ONLY,
    ],
    common: Some(&COMMON),
};

common_classes!("mssql", "SQL Server");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "mssql.bad_password",
    "The server refused the login (error 18456).",
    &[
        "the password is wrong, or was rotated after the container started",
        "the login does not exist: the server does not tell the difference",
        "only Windows authentication is enabled on the server",
        "a contained user, whose database is not given as DATABASE",
    ],
    "compare user and password with the server's; the state in the server's log says which of the causes it is",
    &cures::CREDENTIALS,
);
/// The password must be changed.
pub static PASSWORD_EXPIRED: Class = Class::lasting(
    "mssql.password_expired",
    "The password has expired or must be changed before the first login (error 18487, 18488).",
    &["CHECK_EXPIRATION is on for the login", "it was made with MUST_CHANGE"],
    "`ALTER LOGIN … WITH PASSWORD = …, CHECK_EXPIRATION = OFF`",
    &cures::CREDENTIALS,
);
/// The login is disabled.
pub static LOGIN_DISABLED: Class = Class::lasting(
    "mssql.login_disabled",
    "The login is disabled or locked (error 18470, 18486).",
    &["it was disabled on purpose", "too many failed logins"],
    "`ALTER LOGIN … ENABLE` or `… UNLOCK`",
    &cures::SERVER_SIDE,
);
/// Windows authentication.
pub static UNTRUSTED_DOMAIN: Class = Class::lasting(
    "mssql.untrusted_domain",
    "The server took the login for one of an untrusted domain (error 18452).",
    &["no user is given", "only Windows authentication is enabled on the server"],
    "enable SQL Server authentication (mixed mode), and set USERNAME and PASSWORD",
    &cures::SERVER_SIDE,
);
/// The database cannot be opened.
pub static NO_SUCH_DATABASE: Class = Class::lasting(
    "mssql.no_such_database",
    "The login was taken, but the database does not exist or the login has no user in it (error 4060, 4064, 911).",
    &[
        "a typing error in the name",
        "migrations did not run",
        "no user was made for the login in that database",
    ],
    "create the database or, in it, a user for the login; or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "mssql.not_permitted",
    "The user lacks the right for that (error 229, 230, 262, 300, 916).",
    &["a grant or a role is missing"],
    "grant it, for instance `ALTER ROLE db_datareader ADD MEMBER …`",
    &cures::SERVER_SIDE,
);
/// The firewall of Azure SQL.
pub static HOST_DENIED: Class = Class::lasting(
    "mssql.host_denied",
    "The server's firewall does not let this address in (error 40615, 40914, 47073).",
    &[
        "no firewall rule for this network's outgoing address",
        "public access is off, and there is no private endpoint",
    ],
    "add a firewall rule, a virtual network rule or a private endpoint",
    &cures::ROUTE,
);
/// The database is not ready.
pub static DATABASE_UNAVAILABLE: Class = Class::healing(
    "mssql.database_unavailable",
    "The database is there but cannot be opened now (error 921, 922, 927, 942, 40197, 40613 and their like).",
    &[
        "it is starting, recovering or being restored",
        "it is offline",
        "Azure SQL: it wakes up or is being moved",
    ],
    "wait for it, for instance with `wait: 60s`",
    &cures::SERVER_HEALTH,
);
/// It is stopping.
pub static SHUTTING_DOWN: Class = Class::healing(
    "mssql.shutting_down",
    "The server is being stopped, is paused, or lets in one administrator only (error 6005, 17142, 18451, 18461).",
    &["a restart or an update", "single-user mode"],
    "wait for it, for instance with `wait: 60s`",
    &cures::SERVER_HEALTH,
);
/// No connection is free.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "mssql.too_many_connections",
    "The server has no connection or worker left (error 10928, 10929, 10936, 17809, 17810, 40501).",
    &["too many containers, or pools that are too large", "the service tier's limit is reached"],
    "make the pools smaller, or take a larger tier",
    &cures::SERVER_HEALTH,
);
/// It only reads.
pub static READ_ONLY: Class = Class::lasting(
    "mssql.read_only",
    "The database takes no writes: it is read-only, or a readable secondary (error 978, 979, 3906).",
    &["the secondary of an availability group or failover group", "it is meant to be so"],
    "use the listener or the primary if the service writes",
    &cures::ADDRESS,
);
