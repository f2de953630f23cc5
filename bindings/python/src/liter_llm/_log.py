"""LOG events of the core, for logging.getLogger("liter_llm").

The native client is asked for the levels that are enabled when it is made, so that a silent
logger costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_logger = logging.getLogger("liter_llm")
_logger.addHandler(logging.NullHandler())


def enabled_level() -> str:
    """The lowest level, as the option log_level names it, that the logger takes."""
    enabled = (name for name, level in _LEVELS.items() if _logger.isEnabledFor(level))
    return next(enabled, "off")


def write_log(fields: Mapping[str, Any]) -> None:
    """Hands a line over, with the core's fields as `record.liter_llm`."""
    level = _LEVELS.get(fields.get("level", ""), logging.DEBUG)
    _logger.log(level, "%s", fields.get("message", ""), extra={"liter_llm": fields})
