"""Tape: a file of real exchanges for every client of the process, recorded once and played from
then on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from .. import _overrides
from .._errors import ConfigError

if TYPE_CHECKING:
    from .._request import Fields, SecretJson

TapeMode = Literal["record", "replay", "auto"]

VARIABLE = "LITER_LLM_TAPE"
_MODES: tuple[TapeMode, ...] = ("record", "replay", "auto")


class Tape:
    """What the clients record, or play."""

    def __init__(self, file: Union[str, os.PathLike[str]], mode: Optional[str] = None) -> None:
        """mode: None takes it from the variable LITER_LLM_TAPE; without one a file that is there is
        played, and one that is not is recorded, except where CI is set."""
        self.file = Path(file)
        self.mode = _choose_mode(self.file, mode)
        if self.mode == "replay":
            if not self.file.exists():
                raise ConfigError(
                    f"tape: {self.file} is not there; record it with a key, by"
                    f" {VARIABLE}=record or pytest --llm-tape=record"
                )
        else:
            self.file.parent.mkdir(parents=True, exist_ok=True)

    def options(self) -> Mapping[str, object]:
        """The option of the native clients."""
        return {"tape": {"file": str(self.file), "mode": self.mode}}

    def encode(
        self,
        call: _overrides.Asking,
        options: Fields,
        fields: Fields,
        defaults: Mapping[str, object],
    ) -> SecretJson:
        """The request as it is."""
        return fields.encode(defaults)

    def __repr__(self) -> str:
        return f"<liter_llm.testing.Tape {str(self.file)!r}, {self.mode}>"


@contextlib.contextmanager
def taped(file: Union[str, os.PathLike[str]], mode: Optional[TapeMode] = None) -> Iterator[Tape]:
    """Has every LiterLlm of this process use the tape until the end of the block, except those with
    an own option `tape`. Streams that are live at either end of the block end with ClosedError.

    mode: as for Tape."""
    tape = Tape(file, mode)
    _overrides.activate(tape)
    try:
        yield tape
    finally:
        _overrides.deactivate(tape)


def _choose_mode(file: Path, mode: Any) -> TapeMode:
    chosen = mode or os.environ.get(VARIABLE)
    for known in _MODES:
        if chosen == known:
            return known
    if chosen:
        raise ConfigError(f"tape: mode {chosen!r} is none of {', '.join(_MODES)}")
    # A tape without the answer is not sent for where it is there already.
    return "replay" if file.exists() or os.environ.get("CI") else "auto"
