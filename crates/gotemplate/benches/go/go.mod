module preflight/benches

go 1.24
