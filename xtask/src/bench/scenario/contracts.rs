//! The task of a scenario in each program's own words.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// A `preflight.yaml`, and the variables for it.
pub(super) type Contract = (String, Vec<(String, String)>);

const HEAD: &str = "organization: Bench\nteam: DevOps\n";

/// Twenty variables as a service has them: most are only there, some have rules, three are secret.
pub(super) fn twenty_variables() -> Contract {
    let mut contract = format!("{HEAD}checked_environment_variables:\n");
    let mut variables = Vec::new();
    for (name, rules, value) in VARIABLES {
        let rules = if rules.is_empty() { String::new() } else { format!(", {rules}") };
        contract.push_str(&format!("  - {{ name: {name}{rules} }}\n"));
        variables.push((name.to_owned(), value.to_owned()));
    }
    (contract, variables)
}

const VARIABLES: [(&str, &str, &str); 20] = [
    ("SERVICE_NAME", "", "pickles"),
    ("SERVICE_OWNER", "type: email", "pickles@example.com"),
    ("DEPLOYMENT", "one_of: [staging, production]", "production"),
    ("LOG_LEVEL", "one_of: [debug, info, warn, error]", "info"),
    ("LOG_FORMAT", "", "json"),
    ("LISTEN_HOST", "type: hostname", "0.0.0.0"),
    ("LISTEN_ON", "type: port", "8080"),
    ("WORKERS", "type: integer, min: 1, max: 64", "8"),
    ("SAMPLE_RATE", "type: number, min: 0, max: 1", "0.05"),
    ("FEATURE_X", "type: boolean", "true"),
    ("PUBLIC_ORIGIN", "type: url", "https://pickles.example.com/"),
    ("SHUTDOWN_AFTER", "type: duration", "30s"),
    ("DATA_FOLDER", "type: path", "/var/lib/pickles"),
    ("TENANTS", "type: json", r#"["hot","sweet"]"#),
    ("BUILD", "pattern: '^[0-9a-f]{8}$'", "0d1c2b3a"),
    ("TIME_ZONE", "", "Etc/UTC"),
    ("ROLE", "type: arn", "arn:aws:iam::123456789012:role/pickles"),
    ("SESSION_SECRET", "secret: true, min_length: 32", "kq8Zp2vN5sX1wB7rT4yU9cE3aH6jL0mD"),
    ("SIGNING_KEY", "secret: true", "k3/9d+Q0x=Zz7Yh5Rr2Tt8Uu1Ii4Oo6P"),
    ("WEBHOOK_SALT", "secret: true", "p@ss:w/ord%20\"+"),
];

/// One connection an address, declared by its two variables as the grammar has them.
pub(super) fn ports(addresses: &[SocketAddr], wait: Duration) -> Contract {
    let mut contract = format!("{HEAD}wait: {}s\nchecked_environment_variables:\n", wait.as_secs());
    let mut variables = Vec::new();
    for (number, address) in addresses.iter().enumerate() {
        let parts = [("ADDRESS", address.ip().to_string()), ("PORT", address.port().to_string())];
        for (attribute, value) in parts {
            let name = format!("TCP_TARGET{number}_{attribute}");
            contract.push_str(&format!("  - {name}\n"));
            variables.push((name, value));
        }
    }
    (contract, variables)
}

/// The same ports as a gossfile.
pub(super) fn goss(addresses: &[SocketAddr], wait: Duration) -> String {
    let patience = if wait.is_zero() { 5000 } else { wait.as_millis() };
    let mut gossfile = "addr:\n".to_owned();
    for address in addresses {
        // Writing to a String cannot fail.
        let _ = write!(gossfile, "  tcp://{address}:\n    reachable: true\n    timeout: {patience}\n");
    }
    gossfile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_one_connection_with_an_address_and_a_port() {
        let (contract, variables) = ports(&["127.0.0.1:4321".parse().unwrap()], Duration::from_secs(2));
        assert!(contract.contains("wait: 2s") && contract.contains("- TCP_TARGET0_ADDRESS\n"), "{contract}");
        assert_eq!(variables[1], ("TCP_TARGET0_PORT".to_owned(), "4321".to_owned()));
    }

    #[test]
    fn every_program_is_given_every_port() {
        let addresses: Vec<SocketAddr> =
            (1..=500).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        assert_eq!(ports(&addresses, Duration::ZERO).1.len(), 1000);
        assert_eq!(goss(&addresses, Duration::ZERO).matches("reachable").count(), 500);
    }
}
