"""gunicorn --worker-class gthread --threads 32 flask_stream:app"""

from flask import Flask, Response, request

from liter_llm import LiterLlm

app = Flask(__name__)
llm = LiterLlm()


@app.post("/chat")
def chat() -> Response:
    messages = [{"role": "user", "content": request.get_data(as_text=True)}]
    stream = llm.invoke({"model": "openai/gpt-4o-mini", "messages": messages})
    return Response(iter(stream), mimetype="text/plain")
