"""The exchanges of the corpus: which of our wires each API is, what we ask for an exchange, and
which exchanges are not covered, with the reason.

The recordings are no part of the project: LITER_LLM_RECORDINGS names the folder.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

FOLDER = Path(os.environ.get("LITER_LLM_RECORDINGS", "no recordings"))
Row = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """A wire of ours: the provider that speaks it, and the path of the base URL."""

    provider: str
    path: str
    options: dict[str, str] = field(default_factory=dict)
    # The provider is the one that the row names: a vendor on another's wire.
    by_row: bool = False


RESPONSES = {"api": "responses"}
NATIVE = {"api": "native"}
AWS = {"aws_region": "us-east-1"}
SIGNED = {
    "aws_access_key_id": "AKIDEXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}
VERTEX = {"vertex_project": "test-project", "vertex_location": "us-central1"}
APIS = {
    "openai-chat": Api("openai", "/v1"),
    "openai-compat-chat": Api("openai", "/v1"),
    "azure-openai-chat": Api("azure", "/openai/v1"),
    "mistral-chat": Api("mistral", "/v1"),
    "anthropic-messages": Api("anthropic", "/v1"),
    "cohere-v2-chat": Api("cohere", "/v2"),
    "cohere-v1-chat": Api("cohere", "/v1"),
    "openai-responses": Api("openai", "/v1", RESPONSES),
    "openai-compat-responses": Api("openai", "/v1", RESPONSES),
    "gemini-generate": Api("gemini", "/v1beta"),
    "bedrock-converse": Api("bedrock", "", AWS),
    "ollama-chat": Api("ollama", "", NATIVE),
    "openai-embeddings": Api("openai", "/v1"),
    "openai-compat-embeddings": Api("openai", "/v1", by_row=True),
    "azure-openai-embeddings": Api("azure", "/openai/v1"),
    "mistral-embeddings": Api("mistral", "/v1"),
    "cohere-v2-embed": Api("cohere", "/v2"),
    "cohere-v1-embed": Api("cohere", "/v1"),
    "gemini-embed": Api("gemini", "/v1beta"),
    "vertex-embed": Api("vertex", "/v1", VERTEX),
    "voyage-embeddings": Api("voyage", "/v1"),
    "jina-embeddings": Api("jina", "/v1"),
    "bedrock-embed": Api("bedrock", "", AWS),
    "ollama-embed": Api("ollama", "", NATIVE),
    "tei-embed": Api("tei", ""),
    "cohere-v2-rerank": Api("cohere", "/v2"),
    "cohere-v1-rerank": Api("cohere", "/v1"),
    "jina-rerank": Api("jina", "/v1"),
    "voyage-rerank": Api("voyage", "/v1"),
    "openai-compat-rerank": Api("openai", "/v1", by_row=True),
    "bedrock-rerank": Api("bedrock", "", AWS),
    "tei-rerank": Api("tei", ""),
    "openai-models": Api("openai", "/v1"),
    "openai-compat-models": Api("openai", "/v1", by_row=True),
    "anthropic-models": Api("anthropic", "/v1"),
    "cohere-models": Api("cohere", "/v2"),
    "gemini-models": Api("gemini", "/v1beta"),
    "ollama-models": Api("ollama", "", NATIVE),
    "openai-count": Api("openai", "/v1", RESPONSES),
    "anthropic-count": Api("anthropic", "/v1"),
    "gemini-count": Api("gemini", "/v1beta"),
    "bedrock-count": Api("bedrock", "", AWS),
    "cohere-count": Api("cohere", "/v1"),
    "openai-batch": Api("openai", "/v1"),
    "anthropic-batch": Api("anthropic", "/v1"),
    "gemini-batch": Api("gemini", "/v1beta"),
    "mistral-batch": Api("mistral", "/v1"),
    "xai-batch": Api("xai", "/v1"),
}
OPERATIONS = {
    "embeddings": "embed",
    "rerank": "rerank",
    "models": "models",
    "count": "count_tokens",
}
NOT_COVERED = {
    "sse": "framing alone, which tests/vectors/openai_sse_* and the fuzz targets hold",
}
# The embeddings of one text that a provider asks for in another way than we do.
FOREIGN = {
    "/v1/score": "scores of pairs are another API than rerank",
    "/api/show": "one model, not a list",
    "/api/embeddings": "the API that /api/embed replaced",
}


def read(row: Row, name: str) -> Row:
    """One file of an exchange."""
    found: Row = json.loads((FOLDER / row["dir"] / name).read_text())
    return found


def index() -> list[Row]:
    """All rows; none without the recordings."""
    path = FOLDER / "index.json"
    rows: list[Row] = json.loads(path.read_text())["exchanges"] if path.exists() else []
    return rows


def reason_against(row: Row) -> str | None:
    """Why an exchange is not covered."""
    if row["kind"] in NOT_COVERED:
        return NOT_COVERED[row["kind"]]
    if row["api"] not in APIS:
        return "no wire of ours"
    path = read(row, "request.json")["path"].split("?")[0]
    if row["kind"] == "models" and re.search(r"/models/[^/]+$", path):
        return "one model, not a list"
    return next((reason for end, reason in FOREIGN.items() if path.endswith(end)), None)


def exchanges() -> list[Row]:
    """The rows that speak a wire of ours."""
    return [row for row in index() if reason_against(row) is None]


def options_of(row: Row) -> dict[str, Any]:
    """The options of the client, but its key and address."""
    api = APIS[row["api"]]
    provider = row["provider"] if api.by_row else api.provider
    if row["id"].startswith("vertex-"):
        return {"provider": "vertex", **VERTEX}
    return {"provider": provider, **api.options}


def request_of(row: Row) -> dict[str, Any]:
    """What we ask for the exchange, beside what belongs to the client."""
    own = {"api": api} if (api := APIS[row["api"]].options.get("api")) else {}
    asked = read(row, "request.json")
    if row["kind"] == "chat":
        messages = [{"role": "user", "content": "hello"}]
        return {**own, "model": "any", "messages": messages, "stream": row["stream"]}
    request = {**own, "operation": OPERATIONS[row["kind"]]}
    body = asked["body"] or {}
    if row["kind"] == "models":
        return request
    request["model"] = model_of(asked["path"], body)
    if row["kind"] == "count":
        return {**request, "messages": [{"role": "user", "content": "hello"}]}
    if row["kind"] == "rerank":
        return {**request, **rerank_of(body)}
    return {**request, **embed_of(row, body)}


def model_of(path: str, body: Row) -> str:
    """The model that was asked, in the body or in the path."""
    in_path = re.search(r"/models?/([^/:]+)[/:]", path)
    deployment = re.search(r"/deployments/([^/]+)/", path)
    found = body.get("model") or (in_path or deployment or [None, "any"])[1]
    return unquote(str(found)).removeprefix("models/")


def rerank_of(body: Row) -> Row:
    """In our words."""
    documents = body.get("documents") or body["texts"]
    top = body.get("top_n") or body.get("top_k")
    return {"query": body["query"], "documents": documents, **({"top_n": top} if top else {})}


def embed_of(row: Row, body: Row) -> Row:
    """In our words; Cohere's models and Nova do not answer without a type of input."""
    request: Row = {"input": inputs_of(body)}
    named = ("dimensions", "output_dimension", "outputDimensionality")
    requests = body.get("requests") or [{}]
    places = (body, requests[0], body.get("parameters") or {}, body.get("embedContentConfig") or {})
    asked = [place[name] for place in places for name in named if place.get(name)]
    nova = body.get("singleEmbeddingParams") or {}
    asked += [nova["embeddingDimension"]] if "embeddingDimension" in nova else []
    if asked:
        request["dimensions"] = asked[0]
    if nova or ("cohere" in row["id"] and not row["api"].startswith("azure")):
        request["input_type"] = "document"
    return request


def inputs_of(body: Row) -> Any:
    """The inputs, whatever the shape that the recorded client used."""
    if "requests" in body:
        return [content_of(request["content"]) for request in body["requests"]]
    if "content" in body:
        return [content_of(body["content"])]
    if "instances" in body:
        return [instance["content"] for instance in body["instances"]]
    if "singleEmbeddingParams" in body:
        return [body["singleEmbeddingParams"]["text"]["value"]]
    names = ("input", "texts", "inputs", "inputText", "prompt")
    found = next(body[name] for name in names if body.get(name) is not None)
    return [found] if isinstance(found, list) and isinstance(found[0], int) else found


def content_of(content: Row) -> Any:
    """The parts of a content of Gemini's, which make one vector."""
    parts = content["parts"]
    if [list(part) for part in parts] == [["text"]]:
        return parts[0]["text"]
    return [part_of(part) for part in parts]


def part_of(part: Row) -> Row:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    data = part.get("inline_data") or part["inlineData"]
    kind = data.get("mime_type") or data["mimeType"]
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data['data']}"}}
