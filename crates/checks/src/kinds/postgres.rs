//! PostgreSQL and what speaks its protocol.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// PostgreSQL.
pub static KIND: Kind = Kind {
    name: "postgres",
    title: "PostgreSQL",
    aliases: &[
        "postgresql",
        "pg",
        "pgsql",
        "psql",
        "aurora",
        "timescale",
        "timescaledb",
        "pgbouncer",
        "cockroach",
        "cockroachdb",
        "redshift",
    ],
    default_port: Some(5432),
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
             is answered; a server that takes no writes is a warning. Without USERNAME only that it takes logins.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("postgres", "PostgreSQL");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "postgres.bad_password",
    "The server refused the user's credentials (SQLSTATE 28P01).",
    &[
        "the password is wrong, or was rotated after the container started",
        "the user does not exist: the server does not tell the difference",
        "the password has expired (VALID UNTIL), or the user has none",
    ],
    "compare user and password with the server's; after a rotation start the container anew",
    &cures::CREDENTIALS,
);
/// No password is given and one is wanted.
pub static NO_PASSWORD: Class = Class::lasting(
    "postgres.no_password",
    "The server asks for a password, and none is given.",
    &["the password's variable is not declared or not set", "the URL holds no password"],
    "set the connection's PASSWORD",
    &cures::VALUE,
);
/// The user does not exist.
pub static NO_SUCH_USER: Class = Class::lasting(
    "postgres.no_such_user",
    "The server knows no user of that name (SQLSTATE 28000).",
    &["a typing error in the name", "the user was not created on this server", "the wrong server"],
    "create the user, or correct its name",
    &cures::SERVER_SIDE,
);
/// The user exists and may not log in.
pub static LOGIN_NOT_PERMITTED: Class = Class::lasting(
    "postgres.login_not_permitted",
    "The user exists, but may not log in (SQLSTATE 28000, NOLOGIN).",
    &["it is a role for privileges only", "it was locked on purpose"],
    "log in as another user, or `ALTER ROLE … LOGIN`",
    &cures::SERVER_SIDE,
);
/// The server's access rules do not let this client in.
pub static HBA_REJECTED: Class = Class::lasting(
    "postgres.hba_rejected",
    "The server's access rules (pg_hba.conf) let this user into this database neither from this address nor this way \
     (SQLSTATE 28000).",
    &[
        "no line of pg_hba.conf matches user, database and this container's address",
        "the lines that match ask for TLS, or for none",
        "a line rejects it on purpose",
    ],
    "add a line to pg_hba.conf for this user, database and network, and reload the server",
    &cures::SERVER_SIDE,
);
/// The server refused who we are in another way.
pub static REFUSED: Class = Class::lasting(
    "postgres.refused",
    "The server refused the login for the reason in the line (SQLSTATE 28000).",
    &["see what the server says"],
    "look at the server's log: it says more than it tells the client",
    &cures::CREDENTIALS,
);
/// The server insists on TLS.
pub static TLS_REQUIRED: Class = Class::lasting(
    "postgres.tls_required",
    "The server lets this user in only over TLS, and SSLMODE forbids it.",
    &[
        "SSLMODE is disable",
        "the server has only `hostssl` lines (RDS: rds.force_ssl is 1, the default since 15)",
    ],
    "set SSLMODE to require, or better to verify-full with SSLROOTCERTPATH",
    &cures::VALUE,
);
/// The database does not exist.
pub static NO_SUCH_DATABASE: Class = Class::lasting(
    "postgres.no_such_database",
    "The user was let in, but the server has no database of that name (SQLSTATE 3D000).",
    &[
        "a typing error in the name",
        "migrations or the init script did not run",
        "no DATABASE is given and there is none with the user's name",
        "the wrong server",
    ],
    "create the database, or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// The database takes no connections.
pub static DATABASE_CLOSED: Class = Class::lasting(
    "postgres.database_closed",
    "The database exists, but accepts no connections (SQLSTATE 55000, ALLOW_CONNECTIONS false).",
    &["it is a template", "it was closed for maintenance or before it is dropped"],
    "`ALTER DATABASE … ALLOW_CONNECTIONS true`, or use another database",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "postgres.not_permitted",
    "The user lacks the right for that (SQLSTATE 42501).",
    &["CONNECT on the database was revoked from PUBLIC and not granted to this user", "a grant is missing"],
    "grant it, for instance `GRANT CONNECT ON DATABASE … TO …`",
    &cures::SERVER_SIDE,
);
/// It is not ready yet.
pub static STARTING_UP: Class = Class::healing(
    "postgres.starting_up",
    "The server runs, but takes no connections yet or no more (SQLSTATE 57P03): it starts, recovers or stops.",
    &[
        "it has just been started",
        "it recovers after a crash or a failover",
        "a standby is not consistent yet",
    ],
    "wait for it, for instance with `wait: 60s`",
    &cures::SERVER_HEALTH,
);
/// It is stopping.
pub static SHUTTING_DOWN: Class = Class::healing(
    "postgres.shutting_down",
    "The server ended the connection because it is being stopped or has crashed (SQLSTATE 57P01, 57P02).",
    &["a restart, an update or a failover", "an administrator ended the connection"],
    "wait for it, for instance with `wait: 60s`",
    &cures::SERVER_HEALTH,
);
/// No connection is free.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "postgres.too_many_connections",
    "The server, the database or the user has no connection left (SQLSTATE 53300).",
    &[
        "max_connections is reached: too many containers, or pools that are too large",
        "CONNECTION LIMIT of the role or database is reached",
        "connections of dead clients still count",
    ],
    "make the pools smaller, put a pooler before it, or raise the limit",
    &cures::SERVER_HEALTH,
);
/// It has no memory or disk left.
pub static NO_RESOURCES: Class = Class::healing(
    "postgres.no_resources",
    "The server has no memory or disk space left (SQLSTATE class 53).",
    &["the volume is full", "the instance is too small"],
    "free or add space or memory on the server",
    &cures::SERVER_HEALTH,
);
/// It only reads.
pub static READ_ONLY: Class = Class::lasting(
    "postgres.read_only",
    "The server or the user's session takes no writes: it is a standby, or default_transaction_read_only is on.",
    &["the reader endpoint instead of the writer's", "a failover made it a standby", "it is meant to be so"],
    "use the writer's endpoint if the service writes",
    &cures::ADDRESS,
);

/// All of them, without the common ones.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &NO_PASSWORD,
    &NO_SUCH_USER,
    &LOGIN_NOT_PERMITTED,
    &HBA_REJECTED,
    &REFUSED,
    &TLS_REQUIRED,
    &NO_SUCH_DATABASE,
    &DATABASE_CLOSED,
    &NOT_PERMITTED,
    &STARTING_UP,
    &SHUTTING_DOWN,
    &TOO_MANY_CONNECTIONS,
    &NO_RESOURCES,
    &READ_ONLY,
];
