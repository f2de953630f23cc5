#!/usr/bin/env bash
# run.sh LOGS: has every language play the faults and its lifecycle tests; table.py reads the logs.
# A runner that fails has reported it in its log.
set -u
cd "$(dirname "$0")/../.." || exit 1
logs=$1
export LITER_LLM_MOCK=$PWD/tests/mock/target/release/liter-llm-mock
python=$PWD/build/venv/bin/python
names='echo or order or cancel_ends_once or close_ends_all or error_kinds or unread_is_bounded
  or exit_with_live_stream or fork_child_works'

echo "-- Rust"
cargo test -q --locked --manifest-path core/Cargo.toml --target-dir core/target -p liter-llm \
  --test faults -- --nocapture >"$logs/rust.log" 2>&1
echo "-- C"
make -s -C tests/c build >"$logs/c-build.log" 2>&1
build/c/plain/boundary echo order cancel_ends_once close_ends_all error_kinds unread_is_bounded \
  exit_with_live_stream fork_child_works >"$logs/c-lifecycle.log" 2>&1
build/c/plain/boundary slow >>"$logs/c-lifecycle.log" 2>&1
PYTHONPATH=bindings/python/tests "$python" -m pytest -v tests/faults >"$logs/c.log" 2>&1
echo "-- Python"
(cd bindings/python && "$python" -m pytest -v tests/test_faults.py >"$logs/python.log" 2>&1
  "$python" -m pytest -v -k "$(echo $names)" >"$logs/python-lifecycle.log" 2>&1
  "$python" -m pytest -v -m slow -k ten_thousand_streams >>"$logs/python-lifecycle.log" 2>&1)
echo "-- Go"
(cd bindings/go && go test -parallel 8 -count=1 -v -run TestFaults . >"$logs/go.log" 2>&1
  LITER_LLM_SLOW=1 go test -count=1 -v . \
    -run 'Echo|Order|CancelEnds|CloseEnds|ErrorKinds|UnreadIs|TenThousand|ExitWith' \
    >"$logs/go-lifecycle.log" 2>&1)
echo "-- Node"
(cd bindings/node && node --test --test-reporter=tap test/faults.test.mjs >"$logs/node.log" 2>&1
  SLOW=1 node --expose-gc --test --test-reporter=tap test/lifecycle.test.mjs \
    >"$logs/node-lifecycle.log" 2>&1)
exit 0
