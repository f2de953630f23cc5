"""Writes what fuzzers begin with: `python seeds.py VECTORS CORPUS`.

The bodies, headers and requests of the vectors become one folder of files per target, and the words
of their JSON a dictionary beside the folders.
"""

from __future__ import annotations

import base64
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WAITS = (
    "1", "1.5", "-5", "nan", "1e29", "1e999", "99999999999999999999", "Zun, 29 Foo 2026 99:00 GMT",
    "Tue, 15 Nov 1994 08:12:41 GMT", "Tuesday, 15-Nov-94 08:12:41 GMT", "Tue Nov 15 08:12:41 1994",
    "retry-after-ms: 1250", "date: Tue, 15 Nov 1994 08:12:31 GMT\nTue, 15 Nov 1994 08:12:41 GMT",
    "x-should-retry: true", "x-ratelimit-limit-requests: 500\nx-ratelimit-reset-tokens: 6m0s",
    "anthropic-ratelimit-input-tokens-remaining: 20000", "x-trial-endpoint-call-limit: 20",
    "x-request-id: a\napim-request-id: b",
)  # fmt: skip
HEADS = (
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n",
    "HTTP/1.1 429 Slow\r\ncontent-length: 5, 5\r\nconnection: close, x\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "HTTP/1.1 204 None\r\n\r\n", "HTTP/1.1 101 Other\r\n\r\n", "HTTP/1.1 600 x\r\n\r\n",
    "5\r\nhello\r\n1 ; name=x\r\n!\r\n0\r\nA: b\r\n\r\nnext", "fffffffffffffffff\r\n", "0\r\n\r\n",
)  # fmt: skip
VECTORS = (
    '{"data":[{"index":1,"embedding":[0.5,-0.25]},{"index":0,"embedding":[1e-3,2]}],"model":"m",'
    '"usage":{"prompt_tokens":4,"total_tokens":4}}',
    '{"data":[{"embedding":"AACAPwAAAEA=","index":0}],"usage":{"total_tokens":0}}',
    '{"embeddings":{"float":[[1,2],[3,4]]},"meta":{"billed_units":{"input_tokens":9}}}',
    '{"embeddings":[{"values":[1.5]}],"usageMetadata":{"promptTokenCount":4}}',
    '{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":1,'
    '"truncated":true}}}]}',
    '{"embedding":[1,2],"embeddingsByType":{"float":[1,2]},"inputTextTokenCount":3}', "[[1,2]]",
)  # fmt: skip
OPERATIONS = (
    '{"id":"x","results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":0.25}],'
    '"meta":{"billed_units":{"search_units":1}}}', '[{"index":0,"score":NaN,"text":"t"}]',
    '{"data":[{"id":"m","created":5,"owned_by":"o"}],"has_more":true,"last_id":"m"}',
    '{"models":[{"name":"models/m","inputTokenLimit":5,"thinking":true}],"nextPageToken":"t"}',
    '{"data":[{"id":"m","created_at":"2026-07-01T00:00:00Z","max_input_tokens":5}]}',
    '{"totalTokens":6,"promptTokensDetails":[{"modality":"TEXT","tokenCount":6}]}',
    '{"tokens":[5,6],"token_strings":["a","b"]}', '[[{"id":5,"text":"a"}]]', '{"input_tokens":5}',
)  # fmt: skip
# What follows a byte that has these bits is an answer as it is; else bytes choose one.
HYPER_RAW = (b"\x0e", b"\x0f")
HYPER_CHOICES = 200
WORD_BYTES_MAX = 40
# Targets by the request's API, else by the provider, else OpenAI's chat, which all others speak.
OF_API = {"responses": "openai_responses", "native": "ollama"}
OF_PROVIDER = {
    "anthropic": "anthropic",
    "gemini": "gemini",
    "vertex": "gemini",
    "bedrock": "bedrock",
}
OF_TYPE = {"ndjson": "ndjson", "stream+json": "ndjson", "amazon.eventstream": "eventstream"}
DECODER = json.JSONDecoder()
NDJSON = ("cohere_v1", "ollama")


def body_of(response: dict[str, Any]) -> bytes:
    """The body of one response of a vector."""
    if "body_base64" in response:
        return base64.b64decode(response["body_base64"])
    return str(response.get("body", "")).encode("utf-8", "surrogatepass")


def lines_of(stream: bytes) -> bytes:
    """The messages of an event stream as the target reads them: a name and a document a line."""
    pattern = rb"(?:event|(exception))-type\x07..([A-Za-z-]+).*?(\{.*?\})(?=....\x00\x00|....$)"
    found = re.finditer(pattern, stream, re.DOTALL)
    return b"\n".join((b"!" if one[1] else b"") + one[2] + b" " + one[3] for one in found)


def decoder_of(vector: dict[str, Any]) -> str:
    """The target that decodes the responses of a vector, by its provider and its API."""
    provider, name = vector["provider"], vector["name"]
    request = vector["request"]
    if request.get("operation", "chat") != "chat":
        return "operations"
    # Claude on Vertex, whose name is in the model.
    if provider == "vertex" and "claude" in f"{name} {request.get('model')}":
        return "anthropic"
    if provider == "cohere":
        return "cohere_v1" if "cohere_v1" in name else "cohere_v2"
    return OF_API.get(request.get("api", "")) or OF_PROVIDER.get(provider, "openai")


def framing_of(response: dict[str, Any], decoder: str) -> str:
    """The target that frames a response: what its type says, else what its wire has."""
    headers = {name.lower(): value for name, value in response.get("headers", [])}
    kind = headers.get("content-type", "")
    known = [framing for word, framing in OF_TYPE.items() if word in kind]
    return known[0] if known else "ndjson" if decoder in NDJSON else "sse"


def seeds_of(vector: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Targets, and a seed for each."""
    yield "request", json.dumps(vector["request"]).encode()
    decoder = decoder_of(vector)
    for response in vector.get("responses", []):
        body = body_of(response)
        if vector["provider"] == "bedrock":
            yield "eventstream", body
            yield "bedrock", lines_of(body)
            yield "bedrock", body
            continue
        lines = (f"{name}: {value}" for name, value in response.get("headers", []))
        yield "retry_after", "\n".join(lines).encode()
        yield decoder, body
        if decoder == "operations":
            # A target of one operation alone begins with the same bodies.
            yield vector["request"]["operation"], body
        if body.startswith((b"{", b"[")) or response.get("status", 200) >= 400:
            yield "error_body", body
        yield framing_of(response, decoder), body


def words_of(value: object) -> Iterator[str]:
    """Names and short texts of a JSON document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)
    elif isinstance(value, str):
        yield value


def documents_of(seed: bytes) -> Iterator[object]:
    """The JSON documents among the lines of a seed, or inside them where frames are binary."""
    for line in seed.decode("utf-8", "replace").splitlines():
        begins = [0, *(match.start() for match in re.finditer(r'(?<=[^ :,\[{]){"', line))]
        for begin in begins:
            try:
                yield DECODER.raw_decode(line[begin:].removeprefix("data:").strip())[0]
            except ValueError:
                continue


def main(vectors: Path, corpus: Path) -> None:
    """Writes all seeds, and the dictionary."""
    words = {"data: ", "event: ", "[DONE]", "\\ud83d", "\\ud800"}
    seeds = [("retry_after", wait.encode()) for wait in WAITS]
    seeds += [("http1", head.encode()) for head in HEADS]
    seeds += [("http1_hyper", raw + head.encode()) for raw in HYPER_RAW for head in HEADS]
    seeds += [("embeddings", body.encode()) for body in VECTORS]
    seeds += [("operations", body.encode()) for body in OPERATIONS]
    chance = random.Random(1)
    choices = (chance.randbytes(chance.randrange(100)) for _ in range(HYPER_CHOICES))
    seeds += [("http1_hyper", choice) for choice in choices]
    for path in sorted(vectors.glob("*.json")):
        seeds += seeds_of(json.loads(path.read_text(encoding="utf-8")))
    for number, (target, seed) in enumerate(seeds):
        folder = corpus / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{number}").write_bytes(seed)
        words |= {word for document in documents_of(seed) for word in words_of(document)}
    short = sorted(word for word in words if re.fullmatch(r"[!-~ ]+", word))
    quoted = (json.dumps(word) for word in short if len(word) <= WORD_BYTES_MAX)
    (corpus / "dictionary").write_text("\n".join(quoted) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
