"""uvicorn fastapi_sse:app"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from liter_llm import LiterLlm, LlmError, Stream


class Question(BaseModel):
    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with LiterLlm() as app.state.llm:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/chat")
async def chat(question: Question) -> Any:
    messages = [{"role": "user", "content": question.text}]
    stream = app.state.llm.invoke({"model": "openai/gpt-4o-mini", "messages": messages})
    try:
        first = await anext(stream, "")  # its errors still have a status of their own
    except LlmError as error:
        status = 503 if error.retryable else 502
        return JSONResponse({"error": error.kind}, status)
    return StreamingResponse(lines(first, stream), media_type="text/event-stream")


async def lines(first: str, stream: Stream) -> AsyncIterator[str]:
    """Server-sent events. When the browser goes away, the request to the provider ends too."""
    async with stream:
        try:
            yield f"data: {json.dumps(first)}\n\n"
            async for token in stream:
                yield f"data: {json.dumps(token)}\n\n"
        except LlmError as error:
            yield f"event: error\ndata: {json.dumps(error.kind)}\n\n"
        else:
            yield "event: done\ndata: {}\n\n"
