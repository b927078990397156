# What stands in front of the service, and between it and its databases.
template {
  source          = "templates/nginx.conf.ctmpl"
  destination     = "out/nginx.conf"
  command         = "touch out/nginx.reloaded"
  command_timeout = "15s"
}

template {
  source      = "templates/haproxy.cfg.ctmpl"
  destination = "out/haproxy.cfg"

  wait {
    min = "2s"
    max = "10s"
  }
}

# Small enough to be written down here.
template {
  contents = <<EOT
{{- range services }}
{{ .Name }} {{ .Tags | join "," }}
{{- end }}
EOT
  destination     = "out/services.txt"
  left_delimiter  = "{{"
  right_delimiter = "}}"
}
