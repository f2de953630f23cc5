"""What is said of requests: in one line, and why an assertion about them does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ._playlist import names_model, texts

_SHOWN_MAX = 10
_TEXT_MAX = 60


def find_asked(
    requests: Sequence[dict[str, Any]], wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The requests that have all that is wanted."""
    return [request for request in requests if not _differences(request, wanted)]


def explain(
    requests: Sequence[dict[str, Any]], wanted: Mapping[str, Any], found: int, times: Optional[int]
) -> str:
    """Why there are not as many of them."""
    what = ", ".join(f"{name}={value!r}" for name, value in wanted.items()) or "anything"
    count = "at least once" if times is None else _times(times)
    lines = [f"expected to be asked {count} for {what}; was {_times(found)}"]
    if not requests:
        lines.append("nothing was asked at all")
    for number, request in enumerate(requests[:_SHOWN_MAX], 1):
        lines.append(f"  {number}. {show_request(request)}")
        lines += [f"       {line}" for line in _differences(request, wanted)]
    if len(requests) > _SHOWN_MAX:
        lines.append(f"  and {len(requests) - _SHOWN_MAX} more")
    return "\n".join(lines)


def show_request(request: Mapping[str, Any]) -> str:
    """A request in one line."""
    all_texts = texts(request)
    said = f": {_short(all_texts[-1])}" if all_texts else ""
    return f"{request['operation']} of {_model(request)}{said}"


def _differences(request: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, value in wanted.items():
        if name == "model":
            if not names_model(request, value):
                lines.append(f"model: {_model(request)!r}, not {value!r}")
        elif name == "contains":
            if not any(value in text for text in texts(request)):
                lines.append(f"no text contains {value!r}")
        elif name not in request:
            lines.append(f"{name}: absent, not {value!r}")
        elif request[name] != value:
            lines.append(f"{name}: {_short(request[name])}, not {_short(value)}")
    return lines


def _model(request: Mapping[str, Any]) -> str:
    provider, model = request.get("provider", ""), request.get("model", "")
    return model if not model or model.startswith(f"{provider}/") else f"{provider}/{model}"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _TEXT_MAX else f"{shown[: _TEXT_MAX - 1]}…"


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
