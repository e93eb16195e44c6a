#!/bin/sh
# The mission's way to deploy: ./deploy.sh ships production; see ci-cd/scripts/deploy.sh --help.
exec "$(dirname -- "$(readlink -f -- "$0")")/ci-cd/scripts/deploy.sh" "$@"
