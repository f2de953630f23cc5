"""Serves a GGUF file with llama.cpp's own HTTP server, from the prebuilt xllamacpp wheel.

    python serve_model.py tiny.gguf [PORT [chat|embeddings|rerank]]

Serves chat (OpenAI's two APIs, Anthropic's), or also embeddings, or reranking alone: a server of
llama.cpp makes one kind of vector. Prints the address in one line when it listens (port 0, the
default, lets the system choose). Ends at SIGTERM, or when its standard input ends, so that it never
outlives who started it.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

POOLING = {
    "embeddings": xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN,
    "rerank": xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK,
}


def start(path: str, port: int, kind: str) -> xllamacpp.Server:
    """A running server; it stops with the process."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"liter-llm-tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = 8
    params.n_ctx = 8192
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.use_jinja = True
    if kind in POOLING:
        params.embedding = True
        params.pooling_type = POOLING[kind]
    return xllamacpp.Server(params)


if __name__ == "__main__":
    path, port, kind, *_ = [*sys.argv[1:], *("0", "chat")[len(sys.argv) - 2 :]]
    server = start(path, int(port), kind)
    print(server.listening_address, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # the server's threads have nothing to save
