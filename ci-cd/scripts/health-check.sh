#!/bin/sh
# Asks the backend, what it depends on and the load balancer how they are.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.." && pwd)
usage() {
  cat <<'TEXT'
health-check.sh [env] [options]   the smoke suite against what serves, and the health of every target

  env      local, dev, staging or prod (default prod; CLARITY_ENV changes the default)
  options  go to `clarity health` as they are: --json

exit codes: 0 healthy, 1 failed, 2 usage, 3 unhealthy
TEXT
}
case ${1-} in
-h | --help) usage ;;
'' | -*) exec "$root/clarity" health "${CLARITY_ENV:-prod}" "$@" ;;
*) exec "$root/clarity" health "$@" ;;
esac
