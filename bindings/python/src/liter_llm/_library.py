"""The native module, and NativeClient: the header's functions with Python's errors.

Every call lets other Python threads run while it is in C. The core's threads run no Python code.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ._errors import ClosedError, make_error

if TYPE_CHECKING:
    from ._errors import LlmError

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
    from ._native import ffi as ffi
    from ._native import lib as lib
except ImportError as error:
    if "subinterpreter" in str(error):
        raise ImportError(_IN_SUB_INTERPRETER) from error
    raise

if lib.llm_abi_version() != lib.LLM_ABI_VERSION:
    raise ImportError("liter_llm: the native part and its header are of different versions")

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

    __slots__ = ("_events_out", "_pointer")

    def __init__(self, options: bytes, wake_descriptor: int | None) -> None:
        """Rings by writing to wake_descriptor; without one, a thread has to block in poll."""
        wake = ctx = ffi.NULL
        if wake_descriptor is not None:
            wake = ffi.addressof(lib, "llm_wake_fd")
            ctx = ffi.cast("void *", wake_descriptor)
        client_out = ffi.new("LlmClient **")
        if lib.llm_client_new(options, wake, ctx, client_out) != 0:
            raise _last_error()
        self._pointer = client_out[0]
        self._events_out = ffi.new("const LlmEvent **")

    def start(self, number: int, request: bytes) -> None:
        if lib.llm_client_start(self._pointer, number, b"", request) != 0:
            error = _last_error()
            raise error if self._pointer else ClosedError("the client was closed")

    def cancel(self, number: int) -> None:
        lib.llm_client_cancel(self._pointer, number)

    def consumed(self, number: int, size: int) -> None:
        lib.llm_client_consumed(self._pointer, number, size)

    def poll(self, timeout_ms: int) -> tuple[Any, int]:
        """The events and how many they are; they live until the next poll."""
        count: int = lib.llm_client_poll(self._pointer, timeout_ms, self._events_out)
        return self._events_out[0], count

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
