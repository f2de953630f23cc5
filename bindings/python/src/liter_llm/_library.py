"""The native module: its functions and constants, and the error that it kept for this thread.

Every call lets other Python threads run while it is in C. The library's threads run no Python code.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ._errors import make_error

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
VECTORS: int = lib.LLM_EVENT_VECTORS
RESULT: int = lib.LLM_EVENT_RESULT
KEY: int = lib.LLM_EVENT_KEY


def version() -> str:
    """The version of the core, and of this package."""
    return str(ffi.string(lib.llm_version()).decode())


def last_error() -> LlmError:
    """Why the last call of this thread was refused."""
    return make_error(json.loads(ffi.string(lib.llm_last_error())))
