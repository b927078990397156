//! HashiCorp Vault and OpenBao. Answers: <https://developer.hashicorp.com/vault/api-docs>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Vault.
pub static KIND: Kind = Kind {
    name: "vault",
    title: "Vault",
    aliases: &["openbao"],
    default_port: Some(8200),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Token,
        Attribute::Username,
        Attribute::Password,
        Attribute::Path,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The server is unsealed, takes the TOKEN (or the userpass login of USERNAME and PASSWORD), and lets it read \
             PATH, a path of the API such as secret/data/app; a key-value secret there must exist. Other engines are \
             never read, because that would create credentials.",
    classes: &[
        &SEALED,
        &NOT_INITIALIZED,
        &RECOVERY_SECONDARY,
        &BAD_TOKEN,
        &BAD_PASSWORD,
        &CREDENTIALS_REQUIRED,
        &TOKEN_EXPIRES_SOON,
        &NOT_PERMITTED,
        &NO_SUCH_SECRET,
        &RATE_LIMITED,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("vault", "Vault");

/// Sealed.
pub static SEALED: Class = Class::healing(
    "vault.sealed",
    "The server is sealed: it holds its secrets but cannot decrypt them (503).",
    &["it was restarted and nobody has unsealed it", "auto-unseal cannot reach its key (KMS)"],
    "unseal it (`vault operator unseal`), or look at why auto-unseal does not",
    &cures::SERVER_HEALTH,
);
/// Not initialized.
pub static NOT_INITIALIZED: Class = Class::healing(
    "vault.not_initialized",
    "The server has never been initialized: it holds nothing yet (501).",
    &["a new server", "its storage was lost or is another one's"],
    "initialize it (`vault operator init`), or check its storage",
    &cures::SERVER_HEALTH,
);
/// A secondary for disaster recovery.
pub static RECOVERY_SECONDARY: Class = Class::lasting(
    "vault.recovery_secondary",
    "The server is a disaster-recovery secondary, which serves nobody until it is promoted (472).",
    &["the address of the wrong cluster", "a failover that is not finished"],
    "use the primary cluster's address",
    &cures::ADDRESS,
);
/// The token is not valid.
pub static BAD_TOKEN: Class = Class::lasting(
    "vault.bad_token",
    "Vault does not take the token: it never existed here, was revoked, or has expired.",
    &["the token's TTL is over", "it or its parent was revoked", "the token of another cluster or namespace"],
    "issue a new token; `vault token lookup` shows what is left of one",
    &cures::CREDENTIALS,
);
/// The userpass login was refused.
pub static BAD_PASSWORD: Class = Class::lasting(
    "vault.bad_password",
    "The userpass login was refused: the user does not exist or has another password.",
    &["the password was rotated", "userpass is not enabled, or is mounted elsewhere"],
    "compare USERNAME and PASSWORD with what the server has",
    &cures::CREDENTIALS,
);
/// A path without credentials.
pub static CREDENTIALS_REQUIRED: Class = Class::lasting(
    "vault.credentials_required",
    "A PATH is to be read, but neither a token nor a login is given.",
    &["TOKEN is not set", "the agent that should provide the token did not run"],
    "set TOKEN, or USERNAME and PASSWORD",
    &cures::VALUE,
);
/// The token will end soon.
pub static TOKEN_EXPIRES_SOON: Class = Class::lasting(
    "vault.token_expires_soon",
    "The token is valid for less than another hour.",
    &["a short TTL that nothing renews", "the service renews it by itself, and all is well"],
    "let the service or an agent renew it, or issue it with a longer TTL",
    &cures::CREDENTIALS,
);
/// The token may not.
pub static NOT_PERMITTED: Class = Class::lasting(
    "vault.not_permitted",
    "No policy of the token lets it read that path.",
    &[
        "a policy is missing on the token or role",
        "a version 2 key-value engine wants data/ after the mount: secret/data/app",
        "another namespace",
    ],
    "add path \"…\" { capabilities = [\"read\"] } to a policy of the token",
    &cures::SERVER_SIDE,
);
/// The secret does not exist.
pub static NO_SUCH_SECRET: Class = Class::healing(
    "vault.no_such_secret",
    "There is no secret at that path, or its latest version is deleted.",
    &["it was not written yet", "a typing error in PATH", "a version 2 engine wants data/ after the mount"],
    "write the secret, or correct PATH",
    &cures::SERVER_SIDE,
);
/// Too many requests.
pub static RATE_LIMITED: Class = Class::healing(
    "vault.rate_limited",
    "Vault turns requests away because a rate limit quota is used up (429).",
    &["many containers start at once", "a low quota"],
    "spread the starts, or raise the quota",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "vault.tls_required",
    "The port speaks HTTPS only, and was spoken to in plain HTTP.",
    &["SCHEME or URL does not say https"],
    "set SCHEME=https",
    &cures::VALUE,
);
