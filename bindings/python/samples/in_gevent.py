from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402 - the patch comes first

from liter_llm import LiterLlm  # noqa: E402

QUESTIONS = ["What is a borrow?", "What is a lifetime?", "What is a move?"]
llm = LiterLlm(provider="openai")


def ask(question: str) -> str:
    message = {"role": "user", "content": question}
    return "".join(llm.invoke({"model": "gpt-4o-mini", "messages": [message]}))


greenlets = [gevent.spawn(ask, question) for question in QUESTIONS]
for question, greenlet in zip(QUESTIONS, greenlets):
    print(question, greenlet.get())
