"""What embed(), rerank(), models(), count_tokens(), stats() and those of batch give.

All are frozen dataclasses with slots (without, on Python 3.9), and can be compared and pickled.
Their type hints resolve at run time, as those of the events do.
"""

from collections.abc import Mapping
from typing import Any, Optional

from ._events import Outcome, Tried, Usage, record
from ._record import Record
from ._vectors import AnyView, Vectors

Ranges = tuple[tuple[int, int], ...]
"""Inputs, as pairs of the first and the one behind the last."""


@record
class Reply(Record):
    """What the replies of all operations have."""

    outcome: Outcome
    """How the stream ended.

    Only "complete" is a whole reply; any other is in an error's `partial`."""
    id: Optional[str]
    """The provider's response id."""
    model: str
    """The model that responds, as the provider names it; else as the request named it."""
    provider: str
    """The provider of the request."""
    request_id: Optional[str]
    """The provider's request id."""
    rate_limit: Mapping[str, Any]
    """The values of the rate-limit headers, such as `requests_remaining`."""
    headers: Mapping[str, Any]
    """The response headers that the client's `report_headers` names, by lower-case name; a value is
    cut at 1 KiB."""
    warnings: tuple[str, ...]
    """What was left out or renamed on the way to the provider."""
    usage: Optional[Usage]
    """Tokens, as far as they are known."""
    attempts: int
    """How many requests were sent."""
    requests: int
    """Into how many HTTP requests the call was split, each with its own retries; absent for a
    chat."""
    total_ms: Optional[float]
    """When the stream ended, in milliseconds since the call."""
    queued_ms: Optional[float]
    """How long the call waited for its turn, all its requests together; absent where no pacing
    option is set."""
    tried: tuple[Tried, ...]
    """Every attempt of a call of one HTTP request, in order, where there were several or fallbacks;
    at most the last 64."""


@record
class EmbedResponse(Reply):
    """The vectors of embed(), or as many of them as were received.

    `numpy.asarray(response)` is an array of `count` rows of `dimensions` floats, without a copy."""

    vectors: Vectors
    """In the order of the inputs."""
    dimensions: int
    """Numbers in each vector."""
    count: int
    """How many vectors came."""
    truncated: tuple[int, ...]
    """Positions of the inputs that the provider cut, where it says so."""
    finished_ranges: Ranges
    """The inputs that the vectors belong to, in their order, where some have none: pairs of the
    first input and the one behind the last."""
    failed_ranges: Ranges
    """The inputs that have no vectors, as pairs of the first and the one behind the last."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.vectors.__array_interface__

    def __buffer__(self, flags: int) -> AnyView:
        return self.vectors.__buffer__(flags)


@record
class RerankResult(Record):
    """A document, and how well it answers the query."""

    index: int
    """Position among the documents of the request."""
    score: Optional[float]
    """How well it answers the query, by the model's own measure; absent where the provider sent no
    number."""
    document: Any
    """The document as the request has it."""


@record
class RerankResponse(Reply):
    """The documents of rerank()."""

    results: tuple[RerankResult, ...]
    """The best one first."""


@record
class Model(Record):
    """A model of a provider; None where the provider does not say."""

    id: str
    """What a request names it."""
    name: Optional[str]
    """Its name for people."""
    created: Optional[int]
    """When it was made, in seconds since 1970."""
    owner: Optional[str]
    """Who made it or has it."""
    input_tokens_max: Optional[int]
    """Tokens that a request may have."""
    output_tokens_max: Optional[int]
    """Tokens that a response may have."""
    capabilities: Optional[tuple[str, ...]]
    """What it can do, as far as the provider says: chat, embed, rerank, batch, tools, image_input,
    structured_output, reasoning."""
    deprecated: Optional[bool]
    """Whether it is deprecated."""
    retires_at: Optional[int]
    """When it is switched off, in seconds since 1970."""
    raw: Mapping[str, Any]
    """The provider's own object."""


@record
class ModelsResponse(Reply):
    """The models of models()."""

    models: tuple[Model, ...]
    """Of all pages of the provider's list."""


@record
class Batch(Record):
    """A batch of requests and how far it is; None where the provider does not say."""

    batch: str
    """The handle: text that finds the batch again, also after the process. It has no key, but may
    have a base URL."""
    id: str
    """The provider's id."""
    provider: str
    """The provider that has it."""
    state: str
    """validating, running, cancelling, ended (there may be results) or failed (nothing ran)."""
    state_raw: Any
    """The provider's own state."""
    counts: Mapping[str, int]
    """Rows, as far as they are counted: total, pending, succeeded, failed, cancelled, expired."""
    created_at: Optional[int]
    """When it was made, in seconds since 1970."""
    ended_at: Optional[int]
    """When it ended, in seconds since 1970."""
    expires_at: Optional[int]
    """When what has not run by then expires, in seconds since 1970."""
    model: Optional[str]
    """The model of all rows."""
    endpoint: Optional[str]
    """The address that all rows are for."""
    metadata: Mapping[str, Any]
    """The labels that it was submitted with; `liter_batch` is this library's."""
    error: Optional[Mapping[str, Any]]
    """Why it failed."""
    raw: Mapping[str, Any]
    """The provider's own object."""


@record
class BatchResult(Record):
    """What became of one row of a batch."""

    id: str
    """The row's id, as it was submitted."""
    outcome: str
    """succeeded, failed, cancelled or expired."""
    response: Optional[Mapping[str, Any]]
    """Of a chat text, reasoning, tool_calls, finish_reason and usage; of embeddings vectors and
    dimensions."""
    error: Optional[Mapping[str, Any]]
    """Of a row that failed: kind, message, retryable and what else an error has."""


@record
class TokenCount(Reply):
    """How many tokens a request has, counted by the provider."""

    input_tokens: int
    """Tokens of the request."""
    cached_input_tokens: Optional[int]
    """Those of them that would be read from a cache."""
    token_ids: Optional[tuple[int, ...]]
    """The tokens themselves, where the provider returns them."""
    details: Any
    """The number of tokens by kind of content, in the provider's words."""
    billable_characters: Optional[int]
    """Characters that are charged, where the provider charges those."""


@record
class MapResult(Record):
    """One request of map(), with its response or its error."""

    index: int
    """The request's position in the input, from 0."""
    request: Any
    """The request as it was read."""
    response: Any
    """A Response, or the reply of the request's operation; None when it failed."""
    error: Optional[Exception]
    """Why it failed: an LlmError, or what a function of `api_key` raised."""


@record
class ProviderStats(Record):
    """What was sent to one provider."""

    requests: int
    """HTTP requests, retries among them."""
    retries: int
    """Requests that were not the first attempt of their call."""
    rate_limited: int
    """Requests that the provider refused with 429, or as rate limited in its own words."""
    input_tokens: int
    """Tokens of requests, as far as receipts say."""
    output_tokens: int
    """Tokens of responses, as far as receipts say."""
    first_token_p50_ms: Optional[float]
    """Half of the chats had their first content sooner, in milliseconds since their request was
    sent and exact to 12 %; absent before the first one."""
    first_token_p99_ms: Optional[float]
    """The same for 99 of 100 chats."""


@record
class Stats(Record):
    """What the native client behind a stats() has done so far, and does now."""

    live: int
    """Calls that were started and have not ended, those that wait for their turn among them."""
    queued: int
    """Requests that wait for their turn, as the client's pacing options want it."""
    providers: Mapping[str, ProviderStats]
    """What was sent to each provider, by its name."""
