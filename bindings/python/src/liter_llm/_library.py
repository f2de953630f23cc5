"""The native module, and NativeClient: the header's functions with Python's errors.

Every call lets other Python threads run while it is in C. The core's threads run no Python code.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ._errors import ClosedError, make_error

if TYPE_CHECKING:
    from ._errors import LlmError
    from ._request import Sealed

_IN_SUB_INTERPRETER = (
    "liter_llm cannot be loaded in a sub-interpreter, because cffi cannot;"
    " use the main interpreter, a thread or a process"
)


def _is_sub_interpreter() -> bool:
    """Asked before 3.12 only: from then on cffi's own module refuses to be loaded."""
    try:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return False
    return bool(interpreters.get_current() != interpreters.get_main())


if sys.version_info < (3, 12) and _is_sub_interpreter():
    raise ImportError(_IN_SUB_INTERPRETER)
try:
    # The native module imports it from C, where no tool that freezes programs can see it.
    import _cffi_backend as _cffi_backend  # type: ignore[import-untyped, unused-ignore]

    from ._native import ffi as ffi
    from ._native import lib as lib
except ImportError as error:
    if "subinterpreter" in str(error):
        raise ImportError(_IN_SUB_INTERPRETER) from error
    raise


def check_abi(library: int, header: int) -> None:
    """A newer library only has more than the header that this package was built with."""
    if library < header:
        raise ImportError(
            f"liter_llm: built with version {header} of the header, but the library is of version"
            f" {library}; install both from one release"
        )


check_abi(lib.llm_abi_version(), lib.LLM_ABI_VERSION)

START: int = lib.LLM_EVENT_START
TEXT: int = lib.LLM_EVENT_TEXT
REASONING: int = lib.LLM_EVENT_REASONING
TOOL_DELTA: int = lib.LLM_EVENT_TOOL_DELTA
TOOL_CALL: int = lib.LLM_EVENT_TOOL_CALL
PART: int = lib.LLM_EVENT_PART
END: int = lib.LLM_EVENT_END
LOG: int = lib.LLM_EVENT_LOG


def version() -> str:
    """The version of the core, and of this package."""
    return str(ffi.string(lib.llm_version()).decode())


class NativeClient:
    """One LlmClient. Calls after free() do nothing; a start is refused with ClosedError."""

    __slots__ = ("_pointer", "events")

    def __init__(self, options: Sealed, wake_descriptor: int | None) -> None:
        """Rings by writing to wake_descriptor; without one, a thread has to block in poll."""
        wake = ctx = self._pointer = ffi.NULL
        if wake_descriptor is not None:
            wake = ffi.addressof(lib, "llm_wake_fd")
            ctx = ffi.cast("void *", wake_descriptor)
        self.events = ffi.new("const LlmEvent **")
        """Where the last poll put its events; they live until the next one."""
        client_out = ffi.new("LlmClient **")
        if lib.llm_client_new(options.data, wake, ctx, client_out) != 0:
            raise _last_error()
        self._pointer = client_out[0]

    def start(self, number: int, request: Sealed) -> None:
        if lib.llm_client_start(self._pointer, number, b"", request.data) != 0:
            error = _last_error()
            raise error if self._pointer else ClosedError("the client was closed")

    def cancel(self, number: int) -> None:
        lib.llm_client_cancel(self._pointer, number)

    def consumed(self, number: int, size: int) -> None:
        lib.llm_client_consumed(self._pointer, number, size)

    def poll(self, timeout_ms: int, counts: list[int]) -> None:
        """Appends how many events came. In one step, as Ctrl-C is noticed when a call returns: a
        number that is returned first could be lost, and the events with it."""
        arguments = (self._pointer,), (timeout_ms,), (self.events,)
        counts.extend(map(lib.llm_client_poll, *arguments))

    def close(self) -> None:
        lib.llm_client_close(self._pointer)

    def free(self) -> None:
        """Waits until the streams have let go: well under a second."""
        pointer, self._pointer = self._pointer, ffi.NULL
        lib.llm_client_free(pointer)

    def forget(self) -> None:
        """Lets go without a call: what fork left in a child."""
        self._pointer = ffi.NULL


def _last_error() -> LlmError:
    return make_error(json.loads(ffi.string(lib.llm_last_error())))
