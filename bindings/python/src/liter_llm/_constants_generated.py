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

CALL_OPTIONS = (
    "collect",
    "provider",
    "api_key",
    "base_url",
    "headers",
    "connect_timeout_ms",
    "headers_timeout_ms",
    "first_token_timeout_ms",
    "idle_timeout_ms",
    "total_timeout_ms",
    "retries_max",
    "lenient",
    "extra_body",
)
CALL_NAMES = frozenset(
    (
        *CALL_OPTIONS,
        "model",
        "messages",
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "seed",
        "tools",
        "tool_choice",
        "response_format",
        "reasoning_effort",
        "stream",
        "user",
        "metadata",
        "retry_after_max_ms",
        "stream_window_bytes",
        "queue_bytes_max",
        "event_bytes_max",
        "body_bytes_max",
        "error_body_bytes_max",
        "header_bytes_max",
        "request_bytes_max",
        "proxy",
        "ca_file",
        "client_certificate_file",
        "client_key_file",
        "allow_insecure_http",
        "deny_private",
        "pool_idle_timeout_ms",
        "pool_idle_connections_max",
        "http2_ping_interval_ms",
        "http2_ping_timeout_ms",
        "log_level",
        "log_bodies",
        "worker_threads",
    )
)
"""What a call may be given by keyword; the core refuses options of a client."""
