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
# While draining, Debezium warns thousands of times that its statistics do not keep up: not our business.
measure() {
  java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -Dorg.slf4j.simpleLogger.log.io.debezium.metrics.stats=error \
    -cp "$target/classes:$target/libs/*" flotilla.debezium.Main "$1"
}

tuned=$(measure tuned)
default=$(measure default)
echo "${tuned%\}},${default#\{}"
