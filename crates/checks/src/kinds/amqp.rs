//! RabbitMQ and other servers of AMQP 0-9-1. Reply codes: AMQP 0-9-1 specification, section 1.2, and RabbitMQ's errata.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// RabbitMQ and other servers of AMQP 0-9-1.
pub static KIND: Kind = Kind {
    name: "amqp",
    title: "AMQP",
    aliases: &["rabbitmq", "rabbit", "amqps"],
    default_port: Some(5672),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Vhost,
        Attribute::Queue,
        Attribute::Topic,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "Logs in to the virtual host and opens a channel; QUEUE and the exchange that TOPIC names exist (declared \
             passively, which creates nothing and for which RabbitMQ asks no permission).",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("amqp", "AMQP");

/// Reply code 403 while logging in.
pub static BAD_PASSWORD: Class = Class::lasting(
    "amqp.bad_password",
    "The server refused the user name and password (reply code 403).",
    &[
        "the password was rotated and the container still has the old one",
        "the user does not exist on this broker",
        "the user guest, whom RabbitMQ lets in only from its own machine",
    ],
    "compare user name and password with the broker's: rabbitmqctl authenticate_user",
    &cures::CREDENTIALS,
);
/// Reply code 530: no such virtual host.
pub static NO_SUCH_VHOST: Class = Class::lasting(
    "amqp.no_such_vhost",
    "The virtual host does not exist (reply code 530).",
    &[
        "a spelling mistake in VHOST or in the URL's path",
        "a slash too many: the default virtual host is called /, in a URL %2F",
        "the virtual host was never created on this broker",
    ],
    "compare VHOST with rabbitmqctl list_vhosts",
    &cures::SERVER_SIDE,
);
/// Reply code 530: the virtual host is not this user's.
pub static VHOST_REFUSED: Class = Class::lasting(
    "amqp.vhost_refused",
    "The user may not enter the virtual host (reply code 530).",
    &["the user has no permissions in that virtual host", "the wrong virtual host"],
    "grant them: rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
    &cures::SERVER_SIDE,
);
/// Reply code 530: a limit is reached.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "amqp.too_many_connections",
    "A limit of connections is reached, of the user, the virtual host or the node (reply code 530).",
    &[
        "connections leak in some client",
        "more replicas than the limit was made for",
        "a limit of 0 closes the door",
    ],
    "close connections that are not needed, or raise the limit that the line names",
    &cures::SERVER_HEALTH,
);
/// Reply code 403 after the login.
pub static ACCESS_REFUSED: Class = Class::lasting(
    "amqp.access_refused",
    "The user is logged in but lacks a permission on the queue or exchange (reply code 403).",
    &["the user's configure, write or read pattern does not match the name", "a topic permission is missing"],
    "widen the user's permissions: rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ",
    &cures::SERVER_SIDE,
);
/// Reply code 404 for a queue.
pub static NO_SUCH_QUEUE: Class = Class::healing(
    "amqp.no_such_queue",
    "The queue does not exist in that virtual host (reply code 404).",
    &["the service that declares it has not started yet", "a spelling mistake", "the wrong virtual host"],
    "compare QUEUE with rabbitmqctl list_queues -p VHOST",
    &cures::SERVER_SIDE,
);
/// Reply code 404 for an exchange.
pub static NO_SUCH_EXCHANGE: Class = Class::healing(
    "amqp.no_such_exchange",
    "The exchange that TOPIC names does not exist in that virtual host (reply code 404).",
    &["the service that declares it has not started yet", "a spelling mistake", "the wrong virtual host"],
    "compare TOPIC with rabbitmqctl list_exchanges -p VHOST",
    &cures::SERVER_SIDE,
);
/// Reply code 405.
pub static RESOURCE_LOCKED: Class = Class::healing(
    "amqp.resource_locked",
    "The queue is exclusive to another connection (reply code 405).",
    &["another replica declared it as exclusive", "the connection that owned it has not timed out yet"],
    "let each replica use its own exclusive queue, or declare it without exclusive",
    &cures::SERVER_SIDE,
);
/// Reply code 320, or 541: the broker cannot serve now.
pub static NOT_READY: Class = Class::healing(
    "amqp.not_ready",
    "The broker closes connections at present: it starts, stops, or its virtual host or queue is down (reply code 320, 506 or 541).",
    &[
        "the broker is starting or shutting down",
        "an operator closed the connection",
        "a cluster node is down",
    ],
    "look at the broker's log and at rabbitmq-diagnostics check_running",
    &cures::SERVER_HEALTH,
);
/// The port speaks TLS only.
pub static TLS_REQUIRED: Class = Class::lasting(
    "amqp.tls_required",
    "The port speaks AMQP only inside TLS, and was spoken to in plain.",
    &[
        "SSLMODE is not set",
        "amqp instead of amqps in the URL",
        "the TLS port, usually 5671, instead of 5672",
    ],
    "set SSLMODE=verify-full, or use the plain port",
    &cures::ADDRESS,
);
/// The broker blocks publishers.
pub static BLOCKED: Class = Class::healing(
    "amqp.blocked",
    "The broker blocks connections that publish: it is short of memory or disk (connection.blocked).",
    &["messages pile up because nobody consumes them", "the disk is below its free limit"],
    "free memory or disk on the broker, or drain its queues",
    &cures::SERVER_HEALTH,
);

/// All of its own.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &NO_SUCH_VHOST,
    &VHOST_REFUSED,
    &TOO_MANY_CONNECTIONS,
    &ACCESS_REFUSED,
    &NO_SUCH_QUEUE,
    &NO_SUCH_EXCHANGE,
    &RESOURCE_LOCKED,
    &NOT_READY,
    &TLS_REQUIRED,
    &BLOCKED,
];
