#!/bin/bash
# Builds the fuzzers and runs them: run.sh SECONDS-PER-TARGET [TARGET ...]. RUNS bounds the runs too.
# SEED=1 makes runs alike as far as RUNS, so that a test is no game of chance; 0 is another each time.
# Two at a time, each with bounded memory. What was found stays under target/: corpus, logs, and a
# file per crash. Ends with the line that tests/summary.py counts.
set -eu -o pipefail
cd "$(dirname "$0")"

seconds=${1:?seconds per target}
shift
if [ $# = 0 ]; then
  mapfile -t all < <(cd targets && printf '%s\n' *.rs | sed 's/\.rs$//')
  set -- "${all[@]}"
fi
host=$(rustc -vV | sed -n 's/^host: //p')
export BINARIES=target/$host/release SECONDS_MAX=$seconds RUNS=${RUNS:--1} SEED=${SEED:-0}

# Addresses steer libFuzzer's table of compares; a container may refuse to fix them.
export FIXED=
if [ "$SEED" != 0 ] && setarch -R true 2>/dev/null; then FIXED="setarch -R"; fi

mkdir -p target/log target/crashes
echo "-- the fuzzers (the first time takes minutes)"
cargo build -q --release --locked
echo "-- what the fuzzers are made of, tested"
cargo test -q --release --locked --lib >target/log/tests.log 2>&1 || { cat target/log/tests.log; exit 1; }
"${PYTHON:-python3}" seeds.py ../../tests/vectors target/corpus

run() { # one target; its exit code
  local target=$1 log=target/log/$1.log code=0
  timeout -k 5 $((SECONDS_MAX + 60)) $FIXED "$BINARIES/$target" "target/corpus/$target" \
    -dict=target/corpus/dictionary -max_total_time="$SECONDS_MAX" -runs="$RUNS" -seed="$SEED" \
    -reload=0 -max_len=2048 -rss_limit_mb=2048 -timeout=45 -artifact_prefix="target/crashes/$target-" \
    -print_final_stats=1 >"$log" 2>&1 || code=$?
  local runs memory
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  if [ $code = 0 ]; then
    echo "$target: passed, $(sed -n 's/^Done //p' "$log"), at most $memory MiB"
  else
    echo "$target: failed after ${runs:-some} runs; core/fuzz/$log says more"
    grep -E -A3 'panicked at|ERROR: libFuzzer|Test unit written' "$log" | cut -c -2000 || true
  fi
  return $code
}
export -f run

passed=0 failed=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
printf '%s\n' "$@" | results=$results xargs -P 2 -I '{}' bash -c \
  'run {} && touch "$results/{}.passed" || touch "$results/{}.failed"'
for target in "$@"; do
  if [ -e "$results/$target.passed" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
