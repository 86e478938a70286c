#!/usr/bin/env bash
# Measures Debezium beside the relay: builds, runs it tuned and with its defaults, prints one line of JSON.
# Settings: PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE (a server with wal_level=logical), KAFKA_BROKERS,
# and the sizes in Settings.java.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target=../../target/debezium

mvn -q -B compiler:compile dependency:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$PWD/$target/libs" >&2

# A process each: memory and warm-up of one would otherwise be the other's.
# Kept quiet: while draining, that its statistics do not keep up; at the start, that it tries the slot again.
measure() {
  java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -Dorg.slf4j.simpleLogger.log.io.debezium.metrics.stats=error \
    -Dorg.slf4j.simpleLogger.log.io.debezium.connector.postgresql.connection=error \
    -cp "$target/classes:$target/libs/*" flotilla.debezium.Main "$1"
}

tuned=$(measure tuned)
default=$(measure default)
echo "${tuned%\}},${default#\{}"
