#!/usr/bin/env bash
#  CRITICAL:  set -e  to exit the script and prevent the service from being started if preflight exits
#  with a non-zero code
set -e

#  A shell that is process 1 passes no signal on by itself: the platform's stop would wait for its grace period and
#  then kill the service with its requests in flight. So each step runs where the shell can hear the signal.
child=
stopped=
trap 'trap "" TERM INT; stopped=yes; if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi' TERM INT

step() {
  local code=0 last=0
  "$@" &
  child=$!
  if [ -n "$stopped" ]; then kill -TERM "$child" 2>/dev/null || true; fi
  wait "$child" || code=$?
  if [ -n "$stopped" ]; then
    #  The signal ended the first wait, not the child. 127: the child had ended already, with the code at hand.
    wait "$child" || last=$?
    if [ "$last" -ne 127 ]; then code=$last; fi
  fi
  child=
  return "$code"
}

step preflight
echo "YOU SHOULD NOT SEE ME IF preflight FAILS"
exit_code=0
step mock-service start || exit_code=$?
preflight finalize --exit-code "$exit_code" # log task metadata just before closing the task
exit "$exit_code"
