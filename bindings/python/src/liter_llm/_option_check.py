"""Finds wrong options of a client when it is made. The core checks them: it does so first of all
when a native client is made, before it starts a thread, reads a file or opens anything.

So that a check never gets further, it asks for a client with one header more, which no request may
have. The core looks at headers last: where it refuses this one, the options are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._library import ffi, last_error, lib

if TYPE_CHECKING:
    from ._request import Fields

_HEADER = "~check"
_VALUE = "\x7f"
_REFUSED = f"headers.{_HEADER} "


def check_options(options: Fields) -> None:
    """Raises what is wrong with them, as the first request would."""
    client_out = ffi.new("LlmClient **")
    encoded = options.with_headers({_HEADER: _VALUE}, options).encode({})
    if lib.llm_client_new(encoded.data, ffi.NULL, ffi.NULL, client_out) == 0:
        lib.llm_client_free(client_out[0])  # of a core that looks at headers later
        return
    error = last_error()
    if not str(error).startswith(_REFUSED):
        raise error
