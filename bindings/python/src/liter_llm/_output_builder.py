"""OutputBuilder: builds the response of a request that asked for an output, and finds out whether
it is of that type. A response that is not counts as failed, with an OutputError."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ._errors import OutputError
from ._events import Response
from ._json_type_errors import ValueMismatchError
from ._output_type import Output
from ._response_builder import ResponseBuilder

if TYPE_CHECKING:
    from ._shape import Shape


class OutputResponse(Response[Output]):
    """A whole response with its output, or with why it has none."""

    __slots__ = ("_failure", "_output")

    _failure: OutputError | None
    _output: Any

    def __init__(self, plain: Response, output: Any, failure: OutputError | None) -> None:
        super().__init__(*[getattr(plain, field.name) for field in fields(Response)])
        object.__setattr__(self, "_output", output)
        object.__setattr__(self, "_failure", failure)

    @property
    def output(self) -> Output:
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        output: Output = self._output
        return output

    def __reduce__(self) -> tuple[Any, ...]:
        values = [getattr(self, field.name) for field in fields(Response)]
        return _restore, (values, self._output, self._failure)


def _restore(values: list[Any], output: Any, failure: OutputError | None) -> Response:
    return OutputResponse(Response(*values), output, failure)


class OutputBuilder(ResponseBuilder):
    """The response is checked when its reader asks for it, in the reader's thread."""

    __slots__ = ("_has_failed", "_result", "shape")

    def __init__(self, shape: Shape) -> None:
        self._has_failed = False
        self._result: OutputResponse[Any] | None = None
        self.shape = shape
        super().__init__()

    @property
    def failed(self) -> bool:
        if self._has_failed:
            return True
        response = self.response()
        if not isinstance(response, OutputResponse):
            return False
        failure = response._failure
        return failure is not None and failure.reason != "tool_calls"

    @failed.setter
    def failed(self, failed: bool) -> None:
        self._has_failed = failed

    def error(self) -> BaseException:
        if not self._has_failed:
            response = self.response()
            if isinstance(response, OutputResponse) and response._failure is not None:
                return response._failure.with_traceback(None)
        return super().error()

    def response(self) -> Response:
        """With its output, once it is whole."""
        if self._result is not None:
            return self._result
        plain = super().response()
        if plain.outcome != "complete" or not self.read_receipt():
            return plain
        output, failure = _check(plain, self.shape)
        self._result = OutputResponse(plain, output, failure)
        return self._result


def _check(response: Response, shape: Shape) -> tuple[Any, OutputError | None]:
    """The output, or why there is none."""
    if response.tool_calls:
        return None, _failure(response, "tool_calls", "the response calls tools; run them first")
    if response.refusal:
        return None, _failure(response, "refused", f"the model refused: {response.refusal}")
    try:
        return shape.read(response.text), None
    except ValueMismatchError as error:
        fault = str(error)
    if response.finish_reason == "length":
        return None, _failure(response, "cut", "the response was cut; raise max_tokens")
    if response.finish_reason == "content_filter":
        return None, _failure(response, "refused", "the provider filtered the response")
    if not response.text.strip():
        return None, _failure(response, "empty", "the response has no text")
    return None, _failure(response, "invalid", fault)


def _failure(response: Response, reason: Any, message: str) -> OutputError:
    line = "; ".join(message.splitlines())
    error = OutputError(f"{response.provider}: output: {line}")
    error.reason = reason
    error.text = response.text
    error.partial = response
    error.provider = response.provider
    error.request_id = response.request_id
    error.attempts = response.attempts
    error.tried = response.tried
    error.maybe_executed = True
    # The model may do better the next time.
    error.retryable = reason in ("invalid", "empty")
    return error
