"""Shows a response as it arrives, and says how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _events
from .._errors import LlmError
from . import event_lines, exit_codes

if TYPE_CHECKING:
    from .. import Stream
    from .output import Output

_NOT_SHOWN = ("image", "audio")
_ENDS = {
    "length": "warning: the response is cut: it ends at a token limit (--max-tokens)",
    "pause": "warning: the model paused; the response is not whole",
    "content_filter": "warning: a filter held the response back",
    "error": "the model failed",
}


def show_one(stream: Stream, output: Output, *, as_json: bool, reasoning: bool) -> int:
    """Reads to the end; the exit code. Raises what the stream raises; the connection is closed
    then."""
    with stream:
        if not as_json:
            return show_text(stream, output, reasoning)
        try:
            return _show_events(stream, output)
        except LlmError as error:
            output.line(event_lines.describe_failure(error))
            raise
        except KeyboardInterrupt:
            output.line({"type": "end", "outcome": "cancelled"})
            raise


def show_text(stream: Stream, output: Output, reasoning: bool) -> int:
    """Text; tool calls are lines of JSON, since they are a part of the response too."""
    code = exit_codes.OK
    try:
        for event in stream.events():
            if isinstance(event, _events.Text):
                output.text(event.text)
            elif isinstance(event, _events.Reasoning):
                if reasoning:
                    output.reasoning(event.text)
            elif isinstance(event, _events.ToolCall):
                output.line(event_lines.describe(event))
            elif isinstance(event, _events.Start):
                _warn(event.warnings, output)
            elif isinstance(event, _events.Part):
                if event.type in _NOT_SHOWN:
                    output.warn(f"warning: {event.type} left out; --json shows it")
            elif isinstance(event, _events.End):
                code = _end(event, stream.response, output)
    finally:
        output.end_reasoning()
        output.end_line()
    return code


def _show_events(stream: Stream, output: Output) -> int:
    code = exit_codes.OK
    for event in stream.events():
        output.line(event_lines.describe(event))
        if isinstance(event, _events.End):
            code = _end(event, stream.response, output)
    return code


def _end(event: _events.End, response: _events.Response, output: Output) -> int:
    """What is to be said after the response."""
    output.end_line()
    _warn(event.warnings, output)
    output.tell(summary(response))
    if response.refusal is not None:
        output.fail(f"the model refused: {response.refusal}")
        return exit_codes.REFUSED
    code = exit_codes.of_finish_reason(event.finish_reason)
    if code:
        output.warn(_ENDS[event.finish_reason or ""])
    return code


def summary(response: _events.Response) -> str:
    """Model, tokens and times, for -v."""
    usage = response.usage
    said: list[Any] = [f"{response.provider}/{response.model}"]
    if usage is not None:
        tokens = (("in", usage.input_tokens), ("out", usage.output_tokens))
        said += [f"{number} tokens {way}" for way, number in tokens if number is not None]
        if usage.reasoning_tokens:
            said.append(f"{usage.reasoning_tokens} of them reasoning")
    times = (("first token", response.first_token_ms), ("total", response.total_ms))
    said += [f"{name} {time / 1000:.2f} s" for name, time in times if time is not None]
    if response.attempts > 1:
        said.append(f"{response.attempts} attempts")
    return ", ".join(said)


def _warn(warnings: tuple[str, ...], output: Output) -> None:
    for warning in warnings:
        output.warn(f"warning: {warning}")
