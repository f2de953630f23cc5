"""Tests without a key, in the suites of programs that use liter_llm.

`with scripted("Hello") as script:` answers every LiterLlm of the process from a script, whatever
its provider is; `script.requests` and `script.assert_asked()` show what was asked.
`with taped("weather.jsonl"):` records what real providers answer, once, and plays it from then on.
make_response() and make_error() build what a call returns or raises. pytest has the fixtures
`llm_script` and `llm_tape` as soon as this package is installed.
"""

from .._distribution import check_not_replaced

check_not_replaced()  # pytest's plugin comes here, whichever package `liter_llm` is

from ._answers import Answer  # noqa: E402
from ._builders import make_error, make_response  # noqa: E402
from ._script import Script, scripted  # noqa: E402
from ._tape import Tape, TapeMode, taped  # noqa: E402

__all__ = [
    "Answer",
    "Script",
    "Tape",
    "TapeMode",
    "make_error",
    "make_response",
    "scripted",
    "taped",
]
