#!/bin/sh
# Takes a release back: stops what is in flight or bakes, or returns to the last release that worked.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.." && pwd)
usage() {
  cat <<'TEXT'
rollback.sh [env] [options]   back to the last release that worked, of both services

  env      local, dev, staging or prod (default prod; CLARITY_ENV changes the default)
  options  go to `clarity rollback` as they are: --to <release>, --dry-run, --wait <seconds>, --json

exit codes: 0 succeeded, 1 failed, 2 usage, 4 locked, 8 timed out
TEXT
}
case ${1-} in
-h | --help) usage ;;
'' | -*) exec "$root/clarity" rollback "${CLARITY_ENV:-prod}" "$@" ;;
*) exec "$root/clarity" rollback "$@" ;;
esac
