#!/usr/bin/env bash
# `make demo`: one real response, streamed through every language, printed as it arrives.
# Without PROVIDER it needs no key: servers of the project respond, on a free loopback port, and
# end with this script. With PROVIDER (and MODEL, PROMPT) it is the user's provider and key.
# EMBED_MODEL names the model of the embedding with it; without that there is none.
# Environment: DEMO_PYTHON (has liter_llm), DEMO_C, DEMO_EMBED, DEMO_GO and DEMO_NODE (empty without the tool), MODEL_PYTHON (has xllamacpp, or is missing), MOCK.
set -euo pipefail
cd "$(dirname "$0")/../.."

provider=${PROVIDER:-}
model=${MODEL:-gpt-4o-mini}
prompt=${PROMPT:-Explain Rust ownership}
embed_model=${EMBED_MODEL:-}
work=$(mktemp -d)
server=
also=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The first line that a server prints; it ends when this script does, for its input ends then.
start_llama() {
  "$MODEL_PYTHON" tests/model/make_model.py "$work/tiny.gguf"
  coproc SERVER { exec "$MODEL_PYTHON" tests/model/serve_model.py "$work/tiny.gguf" 0 embeddings 2>"$work/log"; }
  server=$SERVER_PID
  read -r -t 60 address <&"${SERVER[0]}" || { cat "$work/log"; return 1; }
  base_url=$address/v1
  echo "-- llama.cpp's own server with a tiny generated model (it knows one text) at $address"
}

start_mock() {
  coproc SERVER { exec "$MOCK" 2>"$work/log"; }
  server=$SERVER_PID
  read -r -t 60 line <&"${SERVER[0]}" || { cat "$work/log"; return 1; }
  base_url=$("$DEMO_PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["http"])' "$line")
  base_url=$base_url/tokens~40~50~demo/v1
  echo "-- llama.cpp's wheel (xllamacpp) could not be installed here, see build/log/model.log:"
  echo "-- the project's mock provider responds instead, at $base_url"
}

if [ -z "$provider" ]; then
  provider=openai
  if [ -x "$MODEL_PYTHON" ]; then start_llama; else start_mock; fi
  export OPENAI_BASE_URL=$base_url OPENAI_API_KEY=none-needed
  export ANTHROPIC_BASE_URL=$base_url ANTHROPIC_API_KEY=none-needed
  also=anthropic
  embed_model=text-embedding-3-small
else
  echo "-- provider $provider, model $model, with your key"
fi

request=$("$DEMO_PYTHON" - "$model" "$prompt" <<'PYTHON'
import json, sys
message = {"role": "user", "content": sys.argv[2]}
print(json.dumps({"model": sys.argv[1], "messages": [message], "max_tokens": 200}))
PYTHON
)
echo "-- you: $prompt"
echo
echo "-- Python, tests/demo/demo.py:"
"$DEMO_PYTHON" tests/demo/demo.py "$provider" "$request"
if [ -n "$also" ]; then
  echo
  echo "-- the same on Anthropic's wire, which this server speaks too:"
  "$DEMO_PYTHON" tests/demo/demo.py "$also" "$request"
fi
echo
echo "-- C, tests/demo/demo.c:"
"$DEMO_C" "$provider" "$request"
if [ -n "$embed_model" ]; then
  embedding=$("$DEMO_PYTHON" - "$embed_model" "$prompt" <<'PYTHON'
import json, sys
print(json.dumps({"operation": "embed", "model": sys.argv[1], "input": sys.argv[2]}))
PYTHON
)
  echo
  echo "-- its embedding, C, tests/demo/embed.c:"
  "$DEMO_EMBED" "$provider" "$embedding"
fi
if [ -n "${DEMO_GO:-}" ]; then
  echo
  echo "-- Go, bindings/go/samples/invoke:"
  "$DEMO_GO" "$provider" "$request"
fi
if [ -n "${DEMO_NODE:-}" ]; then
  echo
  echo "-- Node, tests/demo/demo.mjs:"
  "$DEMO_NODE" tests/demo/demo.mjs "$provider" "$request"
fi
