"""Actors: Complete and Embed, which answer the rows of one batch after the other. Own retries and
reservations of a row, and which settings may travel to a worker; errors are rows."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow

from .._client import LiterLlm
from .._errors import LlmError
from .._types import Options
from ..bulk.lines import answered_line, failed_line, invalid_line
from ..bulk.options import FOR_MANY_ROWS
from ..bulk.rows import Row
from .columns import make_recipe, make_table

if TYPE_CHECKING:
    from ..shared_limits import Reservation, SharedLimits

TRY_AGAIN_SECONDS_MAX = 60.0
TRIES = 3
TRIES_LIMITED = 9
CHARACTERS_PER_TOKEN = 4
"""For the estimate that is reserved; the usage settles it."""
_EVERY_ROW = ("CONFIG", "AUTHENTICATION", "QUOTA_EXCEEDED")
"""Errors that the next row would get as well: the others of the batch are not sent."""
_OWN = ("provider", "api_key", "base_url")
"""A row with one of these has such an error for itself."""
_CUT = "TRUNCATED"
_TEXTS = ("content", "text", "tool_calls", "function", "arguments")
"""Parts of a message that are text; a picture's data is none."""
_SECRET_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie")


class Complete:
    """For `Dataset.map_batches(Complete, batch_format="pyarrow", fn_constructor_kwargs={...})`.

    Columns in: `custom_id`, and `body` (an object or its JSON), `messages`, `prompt`, or those of
    `template`. Columns out: `id`, `custom_id`, `response`, `error`, `liter_llm` (JSON texts, as the
    lines of `liter-llm map`), `text`, and the columns of the input that `keep` names."""

    operation: ClassVar[str] = "chat"

    def __init__(
        self,
        provider: str | None = None,
        model: str | None = None,
        *,
        system: str | None = None,
        template: str | None = None,
        id: str | None = None,  # noqa: A002  (as --id)
        fields: Mapping[str, Any] | None = None,
        keep: Sequence[str] = (),
        concurrency: int = 64,
        tries: int | None = None,
        limits: SharedLimits | None = None,
        output_tokens: int = 256,
        **options: Any,
    ) -> None:
        """provider, options: as for LiterLlm, but for the key, which each worker reads from its
        environment; `api_key` may be a function that workers can import.
        model, system, template, id, fields: as -m, -s, -t, --id and --set of `liter-llm map`.
        concurrency: rows in flight in this actor.
        tries: of a row, each with the client's own retries: 3; with limits 9 of one request each,
        as each of them has to reserve for itself.
        limits: shared with other actors.
        output_tokens: that a response is expected to have, where the request sets no maximum."""
        _refuse_secrets(options)
        known = Options.__annotations__
        many = {name: value for name, value in FOR_MANY_ROWS.items() if name in known}
        if limits is not None:
            many["retries_max"] = 0
        self._options = {**many, **options}
        if provider is not None:
            self._options["provider"] = provider
        self._recipe_arguments = (provider, model, system, template, id, self.operation)
        self._fields = dict(fields or {})
        _refuse_secrets(self._fields)
        self._keep = tuple(keep)
        self._concurrency = concurrency
        self._tries = tries if tries is not None else TRIES if limits is None else TRIES_LIMITED
        self._limits = limits
        self._output_tokens = output_tokens
        self._set_up()

    def _set_up(self) -> None:
        self._recipe = make_recipe(*self._recipe_arguments, self._fields)
        self._llm: LiterLlm | None = None
        self._slots: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy has a client of its own, where it is used."""
        made = ("_recipe", "_llm", "_slots")
        return {name: value for name, value in vars(self).items() if name not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._set_up()

    async def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        """The batch with its answers, in its order."""
        loop = asyncio.get_running_loop()
        if self._llm is None:
            self._llm = LiterLlm(**self._options)
        if self._limits is not None:
            self._limits.connect()
        if self._slots is None or self._slots[0] is not loop:
            self._slots = (loop, asyncio.Semaphore(self._concurrency))
        run = _Batch(self, self._llm, self._slots[1])
        rows = self._recipe.rows(batch)
        answers = await asyncio.gather(*(run.answer(row) for row in rows))
        lines = [line for line, _ in answers]
        kept = {name: batch.column(name) for name in self._keep}
        return make_table(lines, kept, self.show([reply for _, reply in answers]))

    async def aclose(self) -> None:
        """Closes the client; for use without Ray, whose actors end with their process."""
        llm, self._llm = self._llm, None
        if llm is not None:
            await llm.aclose()
        if self._limits is not None:
            await self._limits.aclose()

    async def send(self, llm: LiterLlm, request: Any) -> Any:
        """One request."""
        return await llm.invoke(request)

    def line(self, row: Row, reply: Any) -> dict[str, Any]:
        """The line of an answered row."""
        return answered_line(row, reply)

    def show(self, replies: Sequence[Any]) -> dict[str, list[Any]]:
        """The columns beside those of a line."""
        return {"text": [None if reply is None else reply.text for reply in replies]}

    def estimate(self, request: Mapping[str, Any]) -> int:
        """Tokens of a request and its response, roughly."""
        maximum = request.get("max_completion_tokens") or request.get("max_tokens")
        output = maximum if isinstance(maximum, int) else self._output_tokens
        return _text_length(request.get("messages")) // CHARACTERS_PER_TOKEN + 1 + output


class Embed(Complete):
    """As Complete, for `prompt`, or `input` in a body. The column `embeddings` has the vectors of
    each row's inputs as 32-bit floats; `response` has them not, and what write() writes has."""

    operation: ClassVar[str] = "embed"

    async def send(self, llm: LiterLlm, request: Any) -> Any:
        return await llm.embed(request)

    def line(self, row: Row, reply: Any) -> dict[str, Any]:
        # As JSON a vector has three times its bytes, and takes longer to write than to get.
        return answered_line(row, dataclasses.replace(reply, vectors=()))

    def show(self, replies: Sequence[Any]) -> dict[str, list[Any]]:
        return {"embeddings": [None if it is None else it.vectors.tolist() for it in replies]}

    def estimate(self, request: Mapping[str, Any]) -> int:
        return _text_length(request.get("input")) // CHARACTERS_PER_TOKEN + 1


class _Batch:
    """The rows of one call, each with its line and its reply."""

    def __init__(self, actor: Complete, llm: LiterLlm, slots: asyncio.Semaphore) -> None:
        self._actor = actor
        self._llm = llm
        self._slots = slots
        self._for_all: LlmError | None = None

    async def answer(self, row: Row) -> tuple[dict[str, Any], Any]:
        line, reply = await self._answer(row)
        line["liter_llm"].pop("line")  # of a file
        return line, reply

    async def _answer(self, row: Row) -> tuple[dict[str, Any], Any]:
        if row.fault is not None:
            return invalid_line(row), None
        number = 0
        while True:
            number += 1
            try:
                async with self._slots:
                    if self._for_all is not None:
                        return failed_line(row, self._for_all), None
                    reply = await self._try(row.request)
                return self._actor.line(row, reply), reply
            except LlmError as error:
                if error.kind in _EVERY_ROW and not any(name in row.request for name in _OWN):
                    self._for_all = error
                again = error.retryable or error.kind == _CUT
                if not again or number >= self._actor._tries:
                    return failed_line(row, error), None
                wait = float(2 ** (number - 1)) * random.uniform(0.5, 1.0)
                wait = max(wait, (error.retry_after_ms or 0) / 1000)
            except Exception as error:
                # What a function of api_key raised, or the limits: of this row alone.
                return failed_line(row, error), None
            await asyncio.sleep(min(wait, TRY_AGAIN_SECONDS_MAX))

    async def _try(self, request: Mapping[str, Any]) -> Any:
        limits = self._actor._limits
        if limits is None:
            return await self._actor.send(self._llm, request)
        reservation = await limits.reserve(self._actor.estimate(request))
        try:
            reply = await self._actor.send(self._llm, request)
        except LlmError as error:
            await _settle_failed(reservation, error)
            raise
        await reservation.settle(_tokens(reply), reply.attempts)
        return reply


async def _settle_failed(reservation: Reservation, error: LlmError) -> None:
    used = _tokens(error.partial)
    if used is None and not error.maybe_executed and not getattr(error.partial, "text", ""):
        used = 0
    await reservation.settle(used, error.attempts)


def _tokens(reply: Any) -> int | None:
    usage = getattr(reply, "usage", None)
    if usage is None:
        return None
    if usage.total_tokens is not None:
        return int(usage.total_tokens)
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def _text_length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_text_length(value[name]) for name in _TEXTS if name in value)
    if isinstance(value, (list, tuple)):
        return sum(_text_length(one) for one in value)
    return 0


def _refuse_secrets(options: Mapping[str, Any]) -> None:
    """Settings are pickled, and Ray keeps what it pickles."""
    key = options.get("api_key")
    if key is not None and not callable(key):
        raise ValueError(
            "api_key: keys are read on the workers, from their environment, such as OPENAI_API_KEY,"
            " or by a function that they can import"
        )
    for name in options.get("headers") or {}:
        if name.lower() in _SECRET_HEADERS:
            raise ValueError(f"headers: {name} is not pickled; keys are read on the workers")
