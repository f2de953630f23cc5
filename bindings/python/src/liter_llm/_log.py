"""The library's log lines, for logging.getLogger("liter_llm").

A native client is made with the level that is enabled at that time, so that disabled logging costs
nothing.
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
    """The lowest level that the logger takes, as the option log_level names it."""
    enabled = (name for name, level in _LEVELS.items() if _logger.isEnabledFor(level))
    return next(enabled, "off")


def write_log(fields: Mapping[str, Any]) -> None:
    """Logs a line, with all of its fields as `record.liter_llm`."""
    level = _LEVELS.get(fields.get("level", ""), logging.DEBUG)
    _logger.log(level, "%s", fields.get("message", ""), extra={"liter_llm": fields})
