# The service's own files.
template {
  source               = "templates/config.py.ctmpl"
  destination          = "out/config.py"
  perms                = 0600
  error_on_missing_key = true
}

template {
  source      = "templates/uwsgi.ini.ctmpl"
  destination = "out/uwsgi.ini"
  perms       = 0644
  backup      = true
}

template {
  source      = "templates/environment.sh.ctmpl"
  destination = "out/environment.sh"
  perms       = "0640"

  # A file that is sourced by a shell should at least be one.
  exec {
    command = ["sh", "-n", "out/environment.sh"]
    timeout = "10s"
  }
}
