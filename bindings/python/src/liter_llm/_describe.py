"""The repr of a LiterLlm: what it talks to. An address may hold a password, and headers a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._request import Fields

_SHOWN = ("provider", "base_url")


def describe_client(options: Fields | None, closed: bool) -> str:
    """`<liter_llm.LiterLlm, openai, https://host, with api_key and headers, closed>`."""
    if options is None:
        return "<liter_llm.LiterLlm>"
    shown = [options.get("provider", None), _origin(options.get("base_url", None))]
    others = [name for name in options.names() if name not in _SHOWN]
    if others:
        *before, last = others
        shown.append(f"with {', '.join(before)}{' and ' if before else ''}{last}")
    if closed:
        shown.append("closed")
    return ", ".join(["<liter_llm.LiterLlm", *filter(None, shown)]) + ">"


def _origin(address: Any) -> str | None:
    """Scheme, host and port."""
    from urllib.parse import urlsplit

    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.hostname}{port}"
