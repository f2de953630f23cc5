# Written by generate_types.py from core/schema/schema.json; do not edit.
"""Defaults and names of the core that the code needs."""

STREAM_WINDOW_BYTES = 262_144
ERROR_DETAILS = (
    "provider",
    "status",
    "code",
    "retryable",
    "retry_after_ms",
    "attempts",
    "phase",
    "timer",
    "request_id",
    "maybe_executed",
    "detail",
)
"""What an error carries beside its kind and message."""
