"""What is wrong, in one line: with the run, or with one row."""

from __future__ import annotations


class BulkError(Exception):
    """The run cannot begin or go on. Nothing was overwritten; exit code 2."""


class RowError(Exception):
    """A row that no request can be made of. It becomes an error row; the run goes on."""
