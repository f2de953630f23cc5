"""uvicorn starlette_text:app"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from liter_llm import LiterLlm

llm = LiterLlm()


async def chat(request: Request) -> StreamingResponse:
    messages = [{"role": "user", "content": (await request.body()).decode()}]
    stream = llm.invoke({"model": "openai/gpt-4o-mini", "messages": messages})
    return StreamingResponse(aiter(stream), media_type="text/plain")


app = Starlette(routes=[Route("/chat", chat, methods=["POST"])])
