# Where the values come from. Every file of this directory is read, in the order of their names.
consul {
  address = "127.0.0.1:8500"

  retry {
    enabled     = true
    attempts    = 12
    backoff     = "250ms"
    max_backoff = "1m"
  }
}

log_level = "warn"

# Wait for five quiet seconds before writing, thirty at most.
wait {
  min = "5s"
  max = "30s"
}
