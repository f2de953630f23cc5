"""Keys from functions: how the function behind `api_key` is called, and what it may return.

On an event loop a coroutine function is awaited there, and any other function runs in the loop's
executor, so that neither blocks the loop, and thousands of calls share few threads. Without a loop
the function runs in the thread that reads the stream. What it returns is a secret: nothing here
shows it, and no error is raised from a frame that holds it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Coroutine, Mapping
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ._errors import ConfigError
from ._host import get_running_loop
from ._request import SecretJson

if TYPE_CHECKING:
    from ._api_key import KeyFunction
    from ._request import Fields

_OPTION = "api_key"
_NEEDS_LOOP = (
    "api_key: an async function needs an event loop; iterate with async for or await the stream,"
    " or give a function that is not async"
)
_EXPECTED = (
    "expected text, or a mapping with aws_access_key_id, aws_secret_access_key and, if there is"
    " one, aws_session_token"
)


def find_key_function(fields: Fields, options: Fields) -> KeyFunction | None:
    """What the call says, else what the client says; None for a key that is text."""
    key: Any = options.api_key if fields.api_key is None else fields.api_key
    return key if callable(key) else None


def is_async(function: KeyFunction) -> bool:
    """Also for an object whose __call__ is a coroutine function."""
    import inspect

    call = getattr(function, "__call__", None)  # noqa: B004 - it is looked at, not called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


async def ask_on_loop(function: KeyFunction) -> SecretJson:
    """Asks on the running event loop."""
    if is_async(function):
        return _encode(await function())  # type: ignore[misc]
    loop = get_running_loop()
    value = await loop.run_in_executor(None, copy_context().run, _call, function)
    return _encode(await value if isinstance(value, Awaitable) else value)


def ask_on_thread(function: KeyFunction) -> SecretJson:
    """Asks in the calling thread."""
    value = _call(function)
    if isinstance(value, Awaitable):
        if isinstance(value, Coroutine):
            value.close()  # else Python warns that nobody awaited it
        raise ConfigError(_NEEDS_LOOP)
    return _encode(value)


NOBODY = SecretJson(b'{"error": "api_key asks for a key, and is no function"}')
"""The answer for a request that says so in JSON of its own."""


def refusal(error: BaseException) -> SecretJson:
    """The answer when there is no key. The error itself is raised to the caller; its text, which
    may hold anything, does not travel."""
    message = f"the function of api_key raised {type(error).__name__}"
    return SecretJson(json.dumps({"error": message}).encode())


def _call(function: KeyFunction) -> object:
    """Calls it. These two errors would end a loop over the stream as if that were whole."""
    try:
        return function()
    except (StopIteration, StopAsyncIteration) as error:
        raise RuntimeError(f"the function of api_key raised {type(error).__name__}") from error


def _encode(value: object) -> SecretJson:
    """What a function returned, as the library takes it."""
    if isinstance(value, str):
        return SecretJson(json.dumps({_OPTION: value}).encode())
    parts = value.values() if isinstance(value, Mapping) else [value]
    if isinstance(value, Mapping) and all(part is None or isinstance(part, str) for part in parts):
        return SecretJson(json.dumps(dict(value)).encode())
    name = type(value).__name__
    del value  # tools that report exceptions print the locals of every frame
    raise ConfigError(f"api_key: the function returned a value of type {name}; {_EXPECTED}")
