"""run_tools(): runs the calls of one response, and gives their results as messages. It does not ask
the model again; that loop is the caller's."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import enum
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from typing import Any, Union

from . import _lazy_types as late
from ._errors import InvalidArgumentError
from ._host import is_on_trio
from ._tools import Tool as Tool
from ._tools import tool as tool

AnyTools = Iterable[Union[Tool[..., Any], Callable[..., Any], Mapping[str, Any]]]
CONCURRENCY = 16
"""How many calls of one response run at a time."""

_log = logging.getLogger("liter_llm")


def run_tools(
    response: Union[late.Response, Iterable[late.ToolCall]],
    tools: AnyTools,
    *,
    concurrency: int = CONCURRENCY,
) -> ToolRun:
    """Returns the run of the calls of a response: await it, or complete() it, for a list of
    messages, one for each call and in their order, which go behind `response.message`.

    Calls run side by side, at most `concurrency` at a time: `async` functions on the event loop,
    others in threads. A call that fails has its error as its result, so that the model can correct
    itself: arguments that do not fit, an unknown tool, or what the function raised.

    tools: those of the request: what tool() made, or functions, of which it makes tools. Tools that
    are dicts have no function; a call of one fails."""
    if concurrency < 1:
        raise InvalidArgumentError(
            f"concurrency: expected a whole number from 1, got {concurrency!r}"
        )
    calls: Any = getattr(response, "tool_calls", response)
    return ToolRun(tuple(calls), _by_name(tools), concurrency)


class ToolRun:
    """The calls of one response. Nothing runs before the first use.

    ```
    messages += await run_tools(response, tools)
    messages += run_tools(response, tools).complete()      without an event loop
    ```
    """

    __slots__ = ("_calls", "_concurrency", "_tools")

    def __init__(
        self,
        calls: tuple[late.ToolCall, ...],
        tools: Mapping[str, Tool[..., Any]],
        concurrency: int,
    ) -> None:
        self._calls = calls
        self._tools = tools
        self._concurrency = concurrency

    def __await__(self) -> Generator[Any, None, list[late.Message]]:
        return self._run().__await__()

    def complete(self) -> list[late.Message]:
        """Blocks until all have run. An `async` function runs in an event loop of its own."""
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(self._threads(), "liter-llm-tool")
        try:
            runs = [
                pool.submit(contextvars.copy_context().run, self._call, call)
                for call in self._calls
            ]
            return [run.result() for run in runs]
        finally:  # at once for Ctrl-C: a thread cannot be stopped
            pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> list[late.Message]:
        return await (self._run_on_trio() if is_on_trio() else self._run_on_asyncio())

    async def _run_on_asyncio(self) -> list[late.Message]:
        from concurrent.futures import ThreadPoolExecutor

        room = asyncio.Semaphore(self._concurrency)
        pool = ThreadPoolExecutor(self._threads(), "liter-llm-tool")
        loop = asyncio.get_running_loop()

        async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
            run = contextvars.copy_context().run
            return await loop.run_in_executor(pool, run, function, *arguments)

        async def one(call: late.ToolCall) -> late.Message:
            async with room:
                return await self._call_on_loop(call, in_thread)

        try:
            return await asyncio.gather(*map(one, self._calls))
        finally:
            pool.shutdown(wait=False)  # a thread cannot be stopped

    async def _run_on_trio(self) -> list[late.Message]:
        import trio

        messages: dict[int, late.Message] = {}
        room = trio.Semaphore(self._concurrency)

        async def one(position: int, call: late.ToolCall) -> None:
            async with room:
                messages[position] = await self._call_on_loop(call, trio.to_thread.run_sync)

        async with trio.open_nursery() as nursery:
            for position, call in enumerate(self._calls):
                nursery.start_soon(one, position, call)
        return [messages[position] for position in range(len(self._calls))]

    def _threads(self) -> int:
        return max(1, min(self._concurrency, len(self._calls)))

    def _call(self, call: late.ToolCall) -> late.Message:
        """The result of a call, or its failure."""
        try:
            result = self._find(call.name).call_json(call.arguments)
            if inspect.isawaitable(result):
                result = asyncio.run(_as_coroutine(result))
            return _message(call, _text(result))
        except Exception as error:
            return _failure(call, error)

    async def _call_on_loop(
        self, call: late.ToolCall, in_thread: Callable[..., Awaitable[Any]]
    ) -> late.Message:
        try:
            function = self._find(call.name)
            if _is_async(function.function):
                return _message(call, _text(await function.call_json(call.arguments)))
            result = await in_thread(function.call_json, call.arguments)
            result = await result if inspect.isawaitable(result) else result
            return _message(call, _text(result))
        except Exception as error:
            return _failure(call, error)

    def _find(self, name: str) -> Tool[..., Any]:
        found = self._tools.get(name)
        if found is None:
            known = ", ".join(sorted(self._tools)) or "none"
            raise LookupError(f"there is no tool {name!r}; there are: {known}")
        return found


def _by_name(tools: AnyTools) -> dict[str, Tool[..., Any]]:
    if isinstance(tools, Mapping) or inspect.isroutine(tools):
        raise InvalidArgumentError("tools: expected a list of tools, got one of them")
    named: dict[str, Tool[..., Any]] = {}
    for each in tools:
        if isinstance(each, Tool):
            named[each.name] = each
        elif callable(each):
            made = Tool(each)
            named[made.name] = made
    return named


def _is_async(function: Any) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - of an object that can be called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


async def _as_coroutine(result: Any) -> Any:
    return await result


def _message(call: late.ToolCall, text: str) -> late.Message:
    return {"role": "tool", "tool_call_id": call.id, "content": text}


def _failure(call: late.ToolCall, error: Exception) -> late.Message:
    """What the model reads: the message, and no traceback, which is in the log. Providers that have
    a mark for failures get it."""
    _log.info("the tool %s failed", call.name, exc_info=error)
    text = str(error)
    if not text:
        text = type(error).__name__
    elif not isinstance(error, (ValueError, LookupError)):
        text = f"{type(error).__name__}: {text}"
    return {**_message(call, f"error: {text}"), "is_error": True}


def _text(result: Any) -> str:
    """A text as it is, everything else as JSON."""
    if isinstance(result, str):
        return result
    return json.dumps(result, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """What JSON has no form for: models, dataclasses and sets as what they hold, anything else as
    its text."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    return str(value)
