"""Script: what a test has every client of the process answer, and what was asked.

Each call goes to the core's provider `script`, through the streams of every provider: retries,
timers, limits, fallbacks and cancellation are real. Nothing is sent, whatever the clients' options.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from .. import _overrides
from .._client import LiterLlm
from .._constants_generated import CALL_OPTIONS
from .._errors import ConfigError, InvalidRequestError
from ._answers import Answer
from ._playlist import Entry, Playlist
from ._report import explain, find_asked, show_request

if TYPE_CHECKING:
    from .._request import Fields, SecretJson

Operation = Literal["chat", "embed", "rerank", "models", "count_tokens"]

_RETRIES_MAX = 5  # the default of `retries_max`
_UNTOUCHED = frozenset(("stats", "script"))
"""Operations that ask nobody."""
_WHERE = frozenset(
    name
    for name in CALL_OPTIONS
    if name in ("provider", "api", "api_key", "auth", "base_url", "script", "fallbacks")
    or name.startswith(("aws_", "vertex_"))
)
"""Fields that say who is asked, and as whom."""
_NOT_SHOWN = frozenset(CALL_OPTIONS) - {"extra_body"}


class Script:
    """Answers, each for one attempt of a call, in their order. A call that finds none fails with
    ConfigError."""

    def __init__(self) -> None:
        self._playlist = Playlist()
        self._requests: list[dict[str, Any]] = []
        self._clients: list[LiterLlm] = []

    def __call__(self, answers: Union[Answer, Iterable[Answer]]) -> Script:
        """Adds answers, one or several."""
        if isinstance(answers, (str, Mapping)) or not isinstance(answers, Iterable):
            return self.add(answers)
        for answer in answers:
            self.add(answer)
        return self

    def add(
        self,
        answer: Optional[Answer] = None,
        *,
        model: Optional[str] = None,
        operation: Optional[Operation] = None,
        contains: Optional[str] = None,
        repeat: bool = False,
        **fields: Any,
    ) -> Script:
        """Adds an answer: text, an error such as `RateLimitedError("slow", retry_after_ms=5)`, a
        Response of make_response(), a dict, or a function that gets the request and returns one of
        these.

        model, operation, contains: only for such requests; `contains` is something in the last
        message of the user, or in an input, a query or documents.
        repeat: for every such request, not for one alone.
        fields: those of an answer in the guide, such as `tool_calls`, `usage`, `delay_ms`, `cut` or
        `embeddings`. A tool call may be `("weather", {"city": "Rome"})`."""
        if fields:
            if callable(answer) or not isinstance(answer, (str, Mapping, type(None))):
                raise TypeError(f"{next(iter(fields))}: an answer with fields is text or a dict")
            own = {"text": answer} if isinstance(answer, str) else answer or {}
            entry = Entry({**own, **fields})
        elif answer is None:
            raise TypeError("add() takes an answer, or fields of one")
        else:
            entry = Entry(answer)
        named = {"model": model, "operation": operation, "contains": contains}
        when = {name: value for name, value in named.items() if value is not None}
        entry.limit({**entry.when, **when}, repeat or entry.repeat)
        self._playlist.add(entry)
        return self

    @property
    def client(self) -> LiterLlm:
        """A LiterLlm for tests that hand one over; any other is answered as well."""
        if not self._clients:
            self._clients.append(LiterLlm("openai"))
        return self._clients[0]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked, a dict for each call, in order: the fields of its request, `operation`
        and `provider`. Keys, headers and other options of the call are not among them."""
        return list(self._requests)

    @property
    def unused(self) -> list[str]:
        """The answers that no call got, as text to read."""
        return [repr(entry) for entry in self._playlist.unused()]

    def assert_asked(
        self,
        *,
        model: Optional[str] = None,
        operation: Optional[Operation] = None,
        contains: Optional[str] = None,
        times: Optional[int] = None,
        **fields: Any,
    ) -> list[dict[str, Any]]:
        """Returns the requests with all of this; AssertionError when there is none, or not `times`
        of them.

        model: with or without its provider: "gpt-4o-mini" or "openai/gpt-4o-mini".
        contains: something in any message, input, document or query.
        fields: of the request, such as `temperature=0`."""
        __tracebackhide__ = True  # pytest shows the test's own line
        wanted = {"model": model, "operation": operation, "contains": contains}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        found = find_asked(self._requests, {**wanted, **fields})
        if len(found) != times if times is not None else not found:
            raise AssertionError(explain(self._requests, {**wanted, **fields}, len(found), times))
        return found

    def assert_all_used(self) -> None:
        """AssertionError when answers are left that no call got."""
        __tracebackhide__ = True
        unused = self.unused
        if unused:
            lines = "\n".join(f"  {line}" for line in unused)
            raise AssertionError(
                f"{len(unused)} of {len(self._playlist)} answers of the script were not used:\n"
                f"{lines}"
            )

    def close(self) -> None:
        """Closes `client`."""
        for client in self._clients:
            client.close()
        self._clients.clear()

    def options(self) -> Mapping[str, object]:
        """Nothing: a script is in the requests."""
        return {}

    def encode(
        self,
        call: _overrides.Asking,
        options: Fields,
        fields: Fields,
        defaults: Mapping[str, object],
    ) -> SecretJson:
        """The request for provider `script`, with its answers."""
        operation = str(fields.operation or defaults.get("operation") or "chat")
        if operation in _UNTOUCHED or fields.get("script", None) is not None:
            return fields.encode(defaults)
        if operation == "batch":
            raise InvalidRequestError("batch: a script answers no batches; record a tape of them")
        asked = _as_asked(operation, options, fields)
        self._requests.append(asked)
        fallbacks = _fallbacks(fields, options)
        given = fields.get("retries_max", options.get("retries_max", None))
        attempts_max = 1 + (given if isinstance(given, int) else _RETRIES_MAX)
        requests = [asked, *({**asked, **patch} for patch in fallbacks)]
        answers = self._playlist.take(call, requests, attempts_max)
        if not answers[0]:
            raise ConfigError(self._missing(asked))
        first, *others = [
            {**_route(request), "script": script, "auth": "none"}
            for request, script in zip(requests, answers)
        ]
        if fallbacks:
            first["fallbacks"] = [{**patch, **to} for patch, to in zip(fallbacks, others)]
        if options.get("api", None) is not None:
            first["api"] = "chat"  # the only one that the provider has
        first["base_url"] = "https://script.invalid"  # not that of the client
        return fields.without(_WHERE).extended(first).encode(defaults)

    def _missing(self, asked: dict[str, Any]) -> str:
        count, left = len(self._playlist), len(self._playlist.unused())
        what = f"request {len(self._requests)} ({show_request(asked)})"
        if left:
            return f"script: none of the {left} answers left is for {what}"
        return (
            f"script: all answers are used up ({count}), and this is {what}; add answers, or"
            " repeat=True to one"
        )


@contextlib.contextmanager
def scripted(*answers: Answer, allow_unused: bool = False) -> Iterator[Script]:
    """Has a script answer every LiterLlm of this process, whatever its provider, until the end of
    the block. Then AssertionError when answers are left that no call got.

    allow_unused: whether answers may be left."""
    script = Script()
    script(answers)
    _overrides.activate(script)
    try:
        yield script
    finally:
        _overrides.deactivate(script)
        script.close()
    if not allow_unused:
        script.assert_all_used()


def _as_asked(operation: str, options: Fields, fields: Fields) -> dict[str, Any]:
    """The request as its caller wrote it, as a test may look at it later."""
    provider = fields.get("provider", None) or options.get("provider", None)
    if provider is None:
        provider = str(fields.get("model", "")).partition("/")[0]
    shown = {"operation": operation, "provider": provider}
    asked: dict[str, Any] = json.loads(fields.without(_NOT_SHOWN).encode(shown).data)
    return asked


def _route(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Where it goes instead."""
    if "model" not in asked:
        return {"provider": "script"}
    provider, model = f"{asked['provider']}/", asked["model"]
    bare = model[len(provider) :] if str(model).startswith(provider) else model
    return {"provider": "script", "model": bare}


def _fallbacks(fields: Fields, options: Fields) -> list[dict[str, Any]]:
    """What is asked in place of the request, as changes to it. No key is among them."""
    given = fields.get("fallbacks", None) or options.get("fallbacks", None) or ()
    return [_patch({"model": one} if isinstance(one, str) else one) for one in given]


def _patch(given: Mapping[str, Any]) -> dict[str, Any]:
    patch = {k: v for k, v in given.items() if k not in _WHERE and k != "headers"}
    prefix, slash, _ = str(given.get("model", "")).partition("/")
    provider = given.get("provider") or (prefix if slash else None)
    return patch if provider is None else {**patch, "provider": provider}
