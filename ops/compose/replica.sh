#!/bin/bash
# Begins as a copy of the primary, and follows it from then on.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "${PGDATA:?}"/*
  pg_basebackup -h primary -U postgres -D "$PGDATA" -R -X stream -c fast
  chmod 0700 "$PGDATA"
fi
exec "$@"
