//! MySQL, MariaDB and what speaks their protocol.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// MySQL.
pub static KIND: Kind = Kind {
    name: "mysql",
    title: "MySQL",
    aliases: &["mariadb", "maria", "percona", "aurora-mysql", "auroramysql", "proxysql", "tidb", "vitess"],
    default_port: Some(3306),
    address: Address::Required,
    attributes: &[
        Attribute::Username,
        Attribute::Password,
        Attribute::Address,
        Attribute::Port,
        Attribute::Database,
        Attribute::Url,
        Attribute::Sslmode,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Sslrootcertpath,
        Attribute::Timeout,
    ],
    proves: "The user is let into the database, encrypted as SSLMODE says (prefer when it says nothing), and a SELECT \
             is answered; a server that takes no writes is a warning. Without USERNAME only that it greets.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("mysql", "MySQL");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "mysql.bad_password",
    "The server refused the user's credentials (error 1045 or 1698).",
    &[
        "the password is wrong, or was rotated after the container started",
        "the user exists only for other hosts ('pat'@'10.0.%'): the server does not tell the difference",
        "the user must use TLS (REQUIRE SSL), a client certificate, or a socket",
    ],
    "compare user, password and the user's host part with the server's; after a rotation start the container anew",
    &cures::CREDENTIALS,
);
/// No password is given and one is wanted.
pub static NO_PASSWORD: Class = Class::lasting(
    "mysql.no_password",
    "The server refused the user, and no password is given (error 1045).",
    &["the password's variable is not declared or not set", "the URL holds no password"],
    "set the connection's PASSWORD",
    &cures::VALUE,
);
/// The password has expired.
pub static PASSWORD_EXPIRED: Class = Class::lasting(
    "mysql.password_expired",
    "The password was right but has expired and must be changed (error 1820 or 1862).",
    &["a password lifetime is set for the user or the server", "it was expired by an administrator"],
    "`ALTER USER … IDENTIFIED BY …`, and `PASSWORD EXPIRE NEVER` for a service's user",
    &cures::CREDENTIALS,
);
/// The account is locked.
pub static ACCOUNT_LOCKED: Class = Class::lasting(
    "mysql.account_locked",
    "The user's account is locked (error 3118, 3955 or 4151).",
    &["it was locked on purpose (ACCOUNT LOCK)", "too many failed logins"],
    "`ALTER USER … ACCOUNT UNLOCK`, or log in as another user",
    &cures::SERVER_SIDE,
);
/// The way of logging in is not available.
pub static UNSUPPORTED_LOGIN: Class = Class::lasting(
    "mysql.unsupported_login",
    "The server asks this user for a way of logging in that is not spoken here.",
    &[
        "the user has an authentication plugin for Kerberos, LDAP, FIDO or passwords of MySQL 4.0",
        "a password in clear \
       is asked for over a connection that is not verified",
    ],
    "use caching_sha2_password or mysql_native_password; where the password goes in clear (IAM) set SSLMODE=verify-full",
    &cures::SERVER_SIDE,
);
/// The server insists on TLS.
pub static TLS_REQUIRED: Class = Class::lasting(
    "mysql.tls_required",
    "The server lets this user in only over TLS, and SSLMODE forbids it.",
    &[
        "SSLMODE is disable",
        "require_secure_transport is on (error 3159)",
        "the user was made with REQUIRE SSL",
    ],
    "set SSLMODE to require, or better to verify-full with SSLROOTCERTPATH",
    &cures::VALUE,
);
/// The database does not exist.
pub static NO_SUCH_DATABASE: Class = Class::lasting(
    "mysql.no_such_database",
    "The user was let in, but the server has no database of that name (error 1049).",
    &[
        "a typing error in the name",
        "names are case-sensitive on Linux",
        "migrations or the init script did not run",
        "the wrong server",
    ],
    "create the database, or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "mysql.not_permitted",
    "The user lacks the right for that (error 1044, 1142, 1227 or 1370).",
    &[
        "nothing was granted on this database",
        "the database does not exist, and the user may not know",
        "a grant is missing",
    ],
    "grant it, for instance `GRANT SELECT, INSERT, UPDATE, DELETE ON database.* TO …`",
    &cures::SERVER_SIDE,
);
/// This client's address is blocked.
pub static HOST_BLOCKED: Class = Class::lasting(
    "mysql.host_blocked",
    "The server has blocked this address after too many connections that were broken off (error 1129).",
    &["a health check connects and hangs up", "the network breaks connections", "max_connect_errors is low"],
    "run FLUSH HOSTS (`mariadb-admin flush-hosts`) on the server, and find what breaks connections off",
    &cures::SERVER_SIDE,
);
/// No user may come from this address.
pub static HOST_DENIED: Class = Class::lasting(
    "mysql.host_denied",
    "No user of the server may connect from this address (error 1130).",
    &["all users are made for other hosts", "the container's network has changed", "the wrong server"],
    "make the user for this network, for instance 'pat'@'10.0.%'",
    &cures::SERVER_SIDE,
);
/// No connection is free.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "mysql.too_many_connections",
    "The server or the user has no connection left (error 1040, 1203 or 1226).",
    &[
        "max_connections is reached: too many containers, or pools that are too large",
        "MAX_USER_CONNECTIONS of the user is reached",
        "connections of dead clients still count",
    ],
    "make the pools smaller, put a proxy before it, or raise the limit",
    &cures::SERVER_HEALTH,
);
/// It has no memory or threads left.
pub static NO_RESOURCES: Class = Class::healing(
    "mysql.no_resources",
    "The server has no memory or threads left (error 1037, 1038, 1041 or 1135).",
    &["the instance is too small", "a limit of the system is reached"],
    "free or add memory on the server",
    &cures::SERVER_HEALTH,
);
/// It is stopping.
pub static SHUTTING_DOWN: Class = Class::healing(
    "mysql.shutting_down",
    "The server is being stopped, or an administrator ended the connection (error 1053, 1077, 1079, 1927 or 3169).",
    &["a restart, an update or a failover"],
    "wait for it, for instance with `wait: 60s`",
    &cures::SERVER_HEALTH,
);
/// It only reads.
pub static READ_ONLY: Class = Class::lasting(
    "mysql.read_only",
    "The server takes no writes (read_only or innodb_read_only is on).",
    &["the reader endpoint instead of the writer's", "a failover made it a replica", "it is meant to be so"],
    "use the writer's endpoint if the service writes",
    &cures::ADDRESS,
);

/// All of them, without the common ones.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &NO_PASSWORD,
    &PASSWORD_EXPIRED,
    &ACCOUNT_LOCKED,
    &UNSUPPORTED_LOGIN,
    &TLS_REQUIRED,
    &NO_SUCH_DATABASE,
    &NOT_PERMITTED,
    &HOST_BLOCKED,
    &HOST_DENIED,
    &TOO_MANY_CONNECTIONS,
    &NO_RESOURCES,
    &SHUTTING_DOWN,
    &READ_ONLY,
];
