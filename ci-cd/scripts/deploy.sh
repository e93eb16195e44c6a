#!/bin/sh
# Releases the backend: ECR login, image, push, task definitions, services, checks and verdict are one command.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.." && pwd)
usage() {
  cat <<'TEXT'
deploy.sh [env] [options]   build, push and release the backend; it succeeds only when the release serves

  env      local, dev, staging or prod (default prod; CLARITY_ENV changes the default)
  options  go to `clarity deploy` as they are: --dry-run, --wait <seconds>, --attach, --wait-approval, --json

exit codes: 0 succeeded, 1 failed, 2 usage, 4 locked, 5 needs approval, 6 rolled back, 7 superseded, 8 timed out,
9 preflight failed
TEXT
}
case ${1-} in
-h | --help) usage ;;
'' | -*) exec "$root/clarity" deploy "${CLARITY_ENV:-prod}" "$@" ;;
*) exec "$root/clarity" deploy "$@" ;;
esac
