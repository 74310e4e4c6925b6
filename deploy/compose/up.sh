#!/bin/sh
# Everything on one Docker engine with one command: makes the secrets at the first run, builds the image, starts, and returns once all
# is healthy. More arguments go to `docker compose up`.
set -eu
cd "$(dirname "$0")/../.."
deploy/compose/make-secrets.sh
exec docker compose up --build --detach --wait "$@"
