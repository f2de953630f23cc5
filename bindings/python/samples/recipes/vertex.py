import threading

import google.auth
from google.auth.transport.requests import Request

from liter_llm import LiterLlm

credentials, project = google.auth.default(["https://www.googleapis.com/auth/cloud-platform"])
mutex = threading.Lock()


def token() -> str:
    with mutex:  # many calls may ask at the same time; one of them refreshes
        if not credentials.valid:
            credentials.refresh(Request())
        return credentials.token


llm = LiterLlm("vertex", api_key=token, vertex_project=project)
message = {"role": "user", "content": "Explain Rust ownership"}
print(llm.invoke({"model": "gemini-2.5-flash", "messages": [message]}).complete().text)
