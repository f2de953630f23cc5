"""Whether this interpreter can load the native module, asked when the package is imported.

The module itself is loaded when a client is first used, or the version asked for, so that a program
that only names types, or prints its own help, starts without it.
"""

from __future__ import annotations

import sys

_IN_SUB_INTERPRETER = (
    "liter_llm cannot be loaded in a sub-interpreter, because cffi cannot;"
    " use the main interpreter, a thread or a process"
)


def refuse_sub_interpreter() -> None:
    """Raises ImportError in a sub-interpreter."""
    if sys.version_info < (3, 12) and _is_sub_interpreter():
        raise ImportError(_IN_SUB_INTERPRETER)
    try:
        # The native module imports it from C, where no tool that freezes programs can see it.
        import _cffi_backend as _cffi_backend  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        if "subinterpreter" in str(error):
            raise ImportError(_IN_SUB_INTERPRETER) from error
        raise


def _is_sub_interpreter() -> bool:
    """Asked before 3.12 only: from then on cffi's own module refuses to be loaded."""
    try:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return False
    return bool(interpreters.get_current() != interpreters.get_main())
