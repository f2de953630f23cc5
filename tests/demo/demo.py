"""`python demo.py PROVIDER REQUEST_JSON`: streams one response, then prints how it ended."""

from __future__ import annotations

import asyncio
import json
import sys

from liter_llm import LiterLlm, LlmError


async def chat(provider: str, request: str) -> int:
    """Prints the tokens as they arrive; returns the exit code."""
    call = LiterLlm(provider=provider).invoke(json.loads(request))
    try:
        async for token in call:
            print(token, end="", flush=True)
    except LlmError as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    response = call.response
    usage = response.usage
    tokens = f"{usage.input_tokens} tokens in, {usage.output_tokens} out" if usage else "unknown"
    first, total = response.first_token_ms or 0, response.total_ms or 0
    print(f"\n   finish reason: {response.finish_reason}; usage: {tokens}")
    print(f"   first token after {first:.1f} ms, whole after {total:.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(chat(sys.argv[1], sys.argv[2])))
