"""What this package is called where packages are installed, and what to say where another one was
installed into the same folder: `liter-llm` on PyPI, of another project, has the same import name.

Both own `liter_llm/__init__.py`, and the one that was installed later has it.
"""

from __future__ import annotations

import os

DISTRIBUTION = "liter-llm-native"
OTHER = "liter-llm"

# Every release of the other one has this file, and none of ours; `__init__` looks for it too.
FILE_OF_OTHER = "_internal_bindings.pyi"

_FOLDER = os.path.dirname(__file__)  # noqa: PTH120
_REMEDY = f"pip uninstall -y {OTHER} && pip install --force-reinstall --no-deps {DISTRIBUTION}"


def warn_of_other() -> None:
    """Where ours was installed over the other one, or beside it: it works until either is removed
    or updated, which takes `__init__` along."""
    import warnings

    warnings.warn(
        f"liter_llm: {DISTRIBUTION} and {OTHER}, which is another project, are both installed in"
        f" {_FOLDER}, and each overwrites files of the other; keep one: {_REMEDY}",
        RuntimeWarning,
        stacklevel=3,
    )


def check_not_replaced() -> None:
    """Asked by modules that the other package does not have, and so has left in their place: the
    `__init__` that was imported before them may be the other one's, or none."""
    import liter_llm

    if hasattr(liter_llm, "LiterLlm"):
        return
    replaced = os.path.exists(f"{_FOLDER}/{FILE_OF_OTHER}")  # noqa: PTH110
    what = (
        f"{OTHER}, which is another project, has replaced files of {DISTRIBUTION}"
        if replaced
        else f"files of {DISTRIBUTION} are gone, as after the removal of {OTHER}"
    )
    raise ImportError(f"{what} in {_FOLDER}: {_REMEDY}")
