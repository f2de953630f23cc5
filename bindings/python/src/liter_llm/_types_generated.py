# Written by generate_types.py from core/schema/schema.json; do not edit.
"""The options of a LiterLlm and of one call, and the fields of a request."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union

from ._api_key import ApiKey
from ._message_types import AnyTool, ResponseFormat, ToolChoice
from ._typed_dict import TypedDict


class Options(TypedDict, total=False):
    """Options of a LiterLlm. All are optional."""

    api: str
    """Which of the provider's APIs requests use that name none, such as `chat`, `responses` or
    `native`; by default the provider's first."""

    api_key: ApiKey
    """API key of requests without one, or a function that is asked for it before each attempt;
    takes precedence over the environment, and does not go to the address of another provider than
    the client's."""

    auth: str
    """How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or `none`
    (not at all, and none is required). Default: 'key'."""

    base_url: str
    """Base URL of requests without one; takes precedence over the environment, and may be the whole
    address of the API."""

    headers: Mapping[str, str]
    """Headers of every request; they override the library's own."""

    report_headers: Sequence[str]
    """Names of response headers that START reports in `headers`, such as a gateway's `x-litellm-
    response-cost`; at most 32."""

    key_timeout_ms: int
    """Longest time that a function behind `api_key` may take; 0 is off. Default: 30_000."""

    connect_timeout_ms: int
    """Longest time for name lookup, TCP, a proxy's tunnel and TLS; 0 is off. Default: 10_000."""

    headers_timeout_ms: int
    """Longest time from the connection to the response's headers, sending the request included; 0
    is off. Default: 600_000."""

    first_token_timeout_ms: int
    """Longest time from the headers to the first content, pings not counted; 0 is off. Default:
    600_000."""

    idle_timeout_ms: int
    """Longest gap between events once content has started, 1 KiB of a longer event counting as one;
    0 is off. Default: 60_000."""

    total_timeout_ms: int
    """Longest time for the whole call, retries and their waits included; by default 10 minutes for
    a whole response and off for a stream; 0 is off."""

    retries_max: int
    """How many times a transient failure is retried. Default: 5."""

    aws_region: str
    """AWS: the region; else AWS_REGION, AWS_DEFAULT_REGION or that of the model's ARN."""

    aws_access_key_id: str
    """AWS: the access key's id; else AWS_ACCESS_KEY_ID, or the shared credentials file."""

    aws_secret_access_key: str
    """AWS: the secret access key; else AWS_SECRET_ACCESS_KEY, or the shared credentials file."""

    aws_session_token: str
    """AWS: the token of temporary credentials; else AWS_SESSION_TOKEN."""

    aws_profile: str
    """AWS: the profile in the shared credentials file; else AWS_PROFILE, else `default`."""

    aws_signing_url: str
    """AWS: the base URL that a request is signed for, where `base_url` is a gateway that forwards
    it."""

    vertex_project: str
    """Vertex AI: the project; else GOOGLE_CLOUD_PROJECT."""

    vertex_location: str
    """Vertex AI: the location, by default `global`; else GOOGLE_CLOUD_LOCATION."""

    vertex_quota_project: str
    """Vertex AI: the project that is charged for the quota, where it is another one."""

    fallbacks: Sequence[Union[str, Mapping[str, Any]]]
    """What is tried in order when a chat fails before content: models, or objects with the fields
    of its request that differ."""

    retry_budget: int
    """How many retries all calls together may be ahead of successes, each of which gives a fifth of
    one back; a retry after a timeout counts twice, one that waited as a 429 asked a fifth; 0 lets
    no call retry. Default: 100."""

    retry_after_max_ms: int
    """Longest wait that a provider may request; a longer one fails the call at once. Default:
    60_000."""

    requests_per_minute: int
    """Requests that may be sent in any 60 seconds, retries included, for each provider, key and
    model, a sixth of them but at least ten at once; further ones wait."""

    tokens_per_minute: int
    """Tokens that requests may use in any 60 seconds, for each provider, key and model: by
    estimate, a quarter of the request's bytes and its longest response (1000 where it sets none),
    and by the usage once the response has ended."""

    streams_max: int
    """Requests of the client that may be under way at once, until their responses have ended."""

    pacing: str
    """Whether requests also wait for what the provider says: `headers` learns from rate-limit
    headers, 429 and Retry-After; `off` does not. Default: 'off'."""

    queued_max: int
    """Requests that may wait for their turn; one more fails with OVERLOADED. Default: 100_000."""

    tape: Mapping[str, Any]
    """A file of exchanges that is recorded, or played without network and key: its name, or an
    object with `file`, `mode` (`auto`, `record` or `replay`), `pace` and `file_bytes_max` (the
    guide's Tests without a key)."""

    script: Any
    """What provider `script` answers: a list of answers, each for one request, or one answer for
    all; without it, it repeats what it is told (the guide's Tests without a key)."""

    lenient: bool
    """Drop request fields that the provider does not support and list them in `warnings`, instead
    of failing. Default: False."""

    stream_window_bytes: int
    """Bytes that a stream may have delivered without acknowledgement; past it the stream is not
    read. Default: 262_144."""

    queue_bytes_max: int
    """Bytes of events that may wait to be polled, over all streams of the client. Default:
    67_108_864."""

    event_bytes_max: int
    """Longest event of a stream. Default: 16_777_216."""

    body_bytes_max: int
    """Longest whole response, after decompression. Default: 33_554_432."""

    error_body_bytes_max: int
    """How much of an error's body is read, for at most two seconds. Default: 65_536."""

    header_bytes_max: int
    """Longest header block of a response; at most 262144. Default: 65_536."""

    request_bytes_max: int
    """Longest request body. Default: 67_108_864."""

    proxy: bool
    """Use the proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name. Default: True."""

    ca_file: str
    """A PEM file of certificates to trust beside the platform's."""

    client_certificate_file: str
    """A PEM file with the client's certificate chain, for mutual TLS; needs `client_key_file`."""

    client_key_file: str
    """A PEM file with the client's private key, for mutual TLS; needs `client_certificate_file`."""

    allow_insecure_http: bool
    """Send keys over plain http to other machines, where others could read them. Default: False."""

    deny_private: bool
    """Refuse to connect to private addresses. Default: False."""

    pool_idle_timeout_ms: int
    """How long an unused connection is kept; 0 keeps none (HTTP/2: one second at least). Default:
    50_000."""

    pool_idle_connections_max: int
    """How many unused HTTP/1.1 connections are kept to one origin (scheme, host, port), past which
    the oldest is closed; 0 keeps none. Default: 10_000."""

    http2_ping_interval_ms: int
    """How often an HTTP/2 server is pinged while requests wait for it; 0 is off. Default:
    20_000."""

    http2_ping_timeout_ms: int
    """How long an HTTP/2 ping may go unanswered before the connection is closed; 0 is off. Default:
    10_000."""

    log_level: Literal["off", "error", "warn", "info", "debug"]
    """Which lines are logged. Default: 'off'."""

    log_bodies: bool
    """Log request bodies too, their first 64 KiB, at `debug`. Default: False."""

    worker_threads: int
    """Threads of the library's runtime, 1 to 4, by default 2 to 4 depending on the number of
    processors; set by the process's first client."""

    collect: bool
    """Keep what was received, for `response` and `error.partial`; False keeps only how the response
    began and ended. Default: True."""


class CallOptions(TypedDict, total=False):
    """Options of one call, given in the request or as keywords of invoke(). Where one is not given,
    that of the LiterLlm applies."""

    provider: str
    """The provider to send to; an object of this name goes to the provider's body as it is."""

    api: str
    """Which of the provider's APIs to use, such as `chat`, `responses` or `native`; by default the
    provider's first."""

    api_key: ApiKey
    """The key for this call, or a function that is asked for it before each attempt."""

    auth: str
    """How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or `none`
    (not at all, and none is required)."""

    base_url: str
    """The base URL for this call."""

    headers: Mapping[str, str]
    """Headers of this call, merged with the client's and overriding them."""

    key_timeout_ms: int
    """Longest time that a function behind `api_key` may take; 0 is off."""

    connect_timeout_ms: int
    """Longest time for name lookup, TCP, a proxy's tunnel and TLS; 0 is off."""

    headers_timeout_ms: int
    """Longest time from the connection to the response's headers, sending the request included; 0
    is off."""

    first_token_timeout_ms: int
    """Longest time from the headers to the first content, pings not counted; 0 is off."""

    idle_timeout_ms: int
    """Longest gap between events once content has started, 1 KiB of a longer event counting as one;
    0 is off."""

    total_timeout_ms: int
    """Longest time for the whole call, retries and their waits included; by default 10 minutes for
    a whole response and off for a stream; 0 is off."""

    retries_max: int
    """How many times a transient failure is retried."""

    aws_region: str
    """AWS: the region; else AWS_REGION, AWS_DEFAULT_REGION or that of the model's ARN."""

    aws_access_key_id: str
    """AWS: the access key's id; else AWS_ACCESS_KEY_ID, or the shared credentials file."""

    aws_secret_access_key: str
    """AWS: the secret access key; else AWS_SECRET_ACCESS_KEY, or the shared credentials file."""

    aws_session_token: str
    """AWS: the token of temporary credentials; else AWS_SESSION_TOKEN."""

    aws_profile: str
    """AWS: the profile in the shared credentials file; else AWS_PROFILE, else `default`."""

    aws_signing_url: str
    """AWS: the base URL that a request is signed for, where `base_url` is a gateway that forwards
    it."""

    vertex_project: str
    """Vertex AI: the project; else GOOGLE_CLOUD_PROJECT."""

    vertex_location: str
    """Vertex AI: the location, by default `global`; else GOOGLE_CLOUD_LOCATION."""

    vertex_quota_project: str
    """Vertex AI: the project that is charged for the quota, where it is another one."""

    fallbacks: Sequence[Union[str, Mapping[str, Any]]]
    """What a chat or a rerank tries in order when it fails before content: models, or objects with
    the fields that differ."""

    script: Any
    """What provider `script` answers this call: a list, one answer for each of its attempts, or one
    answer for all."""

    lenient: bool
    """Drop request fields that the provider does not support and list them in `warnings`, instead
    of failing."""

    extra_body: Mapping[str, Any]
    """Fields for the provider's body that win over everything else; null takes a field out."""

    collect: bool
    """Keep what was received, for `response` and `error.partial`; False keeps only how the response
    began and ended."""


class RequestFields(TypedDict, total=False):
    """Fields of a request. What is not set is not sent."""

    max_tokens: int
    """Maximum number of tokens in the response; `max_completion_tokens` is the same, and wins."""

    temperature: float
    """Sampling temperature."""

    top_p: float
    """Nucleus sampling."""

    stop: Union[str, Sequence[str]]
    """Texts at which the response stops; one text counts as a list of one."""

    seed: int
    """Seed of sampling, a signed or unsigned 64-bit integer."""

    tools: Sequence[AnyTool]
    """Tools that the model may call."""

    tool_choice: ToolChoice
    """Which tool the model calls: `auto`, `none`, `required`, or an object that names one."""

    response_format: ResponseFormat
    """The shape of the response, such as a JSON schema."""

    reasoning_effort: str
    """How hard to think: `low`, `medium`, `high`, or the provider's own value."""

    stream: bool
    """Whether the response is streamed; by default true, except where a function returns it
    whole."""

    user: str
    """The end user on whose behalf the request is sent."""

    metadata: Mapping[str, str]
    """Labels for the provider's own records."""
