"""uvicorn django_view:app"""

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from liter_llm import LiterLlm

llm = LiterLlm()


@csrf_exempt
async def chat(request: HttpRequest) -> StreamingHttpResponse:
    messages = [{"role": "user", "content": request.body.decode()}]
    stream = llm.invoke({"model": "openai/gpt-4o-mini", "messages": messages})
    return StreamingHttpResponse(aiter(stream), content_type="text/plain")


urlpatterns = [path("chat", chat)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"], SECRET_KEY="of your own")
django.setup()
app = get_asgi_application()
