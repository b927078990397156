# what a service's own configuration looks like
consul {
  address = "consul.service:8500"   // the agent beside it
  retry { enabled = true attempts = 0 backoff = "250ms" max_backoff = "1m" }

  auth {
    enabled  = true
    username = "web"
    password = "p\"w"
  }
}

/* two templates,
   one inline */
template {
  source      = "/etc/app/config.py.ctmpl"
  destination = "/etc/app/config.py"
  perms       = 0640
  command     = "kill -HUP $(cat /run/app.pid), || true"
}

template {
  contents = <<-EOT
    {{ with service "web" }}
    upstream web { {{ range . }}server {{ .Address }}:{{ .Port }}; {{ end }} }
    {{ end }}
    EOT
  destination     = "/etc/nginx/conf.d/web.conf"
  left_delimiter  = "{{"
  function_denylist = ["plugin", "writeToFile",]
  exec { command = ["nginx", "-s", "reload"] timeout = "10s" }
}

exec {
  command = "/usr/bin/app --flag=${VALUE}"
  env { pristine = false custom = ["PATH=$PATH:/opt/bin"] }
}
