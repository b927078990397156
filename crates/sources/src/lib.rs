//! Where values come from: Consul, Vault, Nomad, SSM, Secrets Manager, files, environment.
