#!/bin/sh
# Run once, where the primary's cluster is made: lets the replica follow it.
set -eu
echo "host replication all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
