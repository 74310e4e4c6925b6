#!/bin/sh
# Makes the secrets of docker-compose.yml in .env beside it, for its owner's eyes only. What is there already stays as it is.
# Keep a copy of .env elsewhere: without MASTER_KEY the TSIG keys in the database cannot be read any more.
set -eu
umask 077
cd "$(dirname "$0")/../.."
touch .env
add() {
  grep -q "^$1=" .env || printf '%s=%s\n' "$1" "$2" >>.env
}
for name in POSTGRES_PASSWORD NATS_WRITER_PASSWORD NATS_EDGE_1_PASSWORD NATS_EDGE_2_PASSWORD API_TOKEN METRICS_TOKEN; do
  add "$name" "$(openssl rand -hex 24)"
done
add MASTER_KEY "$(openssl rand -base64 32)"
