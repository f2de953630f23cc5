"""OutputRequest: what a call has beyond a plain one when it asks for an output: the schema in its
request, a builder that checks the response, and the requests that ask once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import InvalidArgumentError, InvalidRequestError, LlmError, OutputError
from ._invocation import Invocation
from ._output_builder import OutputBuilder
from ._shape import shape_of

if TYPE_CHECKING:
    from ._invocation import Opener
    from ._request import Fields

_FORMAT = "response_format"
_REPAIRED = ("invalid", "empty")
"""What can be better when it is asked for again; a refusal, or a response that was too long, would
be the same."""
_AGAIN = (
    "That is not JSON of the schema: {fault}. Answer again, with the whole corrected JSON and"
    " nothing else."
)


def find_output(hint: Any, retries: int) -> OutputRequest | LlmError:
    """What a call with these arguments asks for, or why it cannot, to be raised from a frame that
    holds no key."""
    try:
        return OutputRequest(hint, retries)
    except InvalidArgumentError as error:
        return error.with_traceback(None)


class OutputRequest:
    """The type that is asked for, and how often again."""

    def __init__(self, hint: Any, retries: int) -> None:
        if hint is None:
            raise InvalidArgumentError("output_retries: there is nothing to check; set output too")
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise InvalidArgumentError(
                f"output_retries: expected a whole number from 0, got {retries!r}"
            )
        self.retries = retries
        self.shape = shape_of(hint)

    def open(self, opener: Opener, fields: Fields) -> Invocation[Any]:
        """The call of a request, with the schema."""
        if fields.get(_FORMAT, None) is not None:
            raise InvalidRequestError(f"{_FORMAT}: output= sets it; leave one of the two out")
        if fields.collect is False:
            raise InvalidRequestError("collect: output= needs what was received; leave it out")
        return self._invocation(opener, fields.extended({_FORMAT: self.shape.response_format}))

    def repair(
        self, opener: Opener, used: Invocation[Any], error: BaseException
    ) -> Invocation[Any] | None:
        """A call that asks once more, with what was wrong; None if it is no use."""
        if not isinstance(error, OutputError) or error.reason not in _REPAIRED:
            return None
        messages = list(used._fields.get("messages", ()))
        if error.response is not None and error.reason == "invalid":
            fault = str(error).partition("output: ")[2]
            messages.append(error.response.message)
            messages.append({"role": "user", "content": _AGAIN.format(fault=fault)})
        return self._invocation(opener, used._fields.extended({"messages": messages}))

    def _invocation(self, opener: Opener, fields: Fields) -> Invocation[Any]:
        return Invocation(opener, fields, lambda: OutputBuilder(self.shape))
