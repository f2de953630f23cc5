# Written by generate_types.py from core/schema/schema.json; do not edit.
"""The requests of the operations beside chat."""

from collections.abc import Mapping, Sequence
from typing import Any, Union

from ._typed_dict import TypedDict
from ._types_generated import CallOptions


class _Embed(TypedDict):
    """What a request of embed() must have."""

    model: str
    """The model; `provider/model` where no provider is named otherwise."""

    input: Union[str, Sequence[Any]]
    """What to embed: a text, or a list whose entries are texts, lists of token ids, or lists of
    content parts (`text`, `image_url`)."""


class EmbedRequest(_Embed, CallOptions, total=False):
    """A request of embed(): a vector for each input."""

    input_type: str
    """What the vectors are for: `query`, `document`, `classification`, `clustering`, `similarity`,
    `code_query`, or the provider's own word."""

    dimensions: int
    """Length of the vectors, where the model can do several."""

    truncate: str
    """What happens to an input that is too long: `none` (an error), `start` or `end` (which of its
    ends is cut off)."""

    normalize: bool
    """Whether the vectors are scaled to length 1 here; by default they stay as they came."""

    inputs_per_request: int
    """How many inputs one HTTP request has at most, below the provider's own limit."""

    user: str
    """The end user on whose behalf the request is sent."""


class _Rerank(TypedDict):
    """What a request of rerank() must have."""

    model: str
    """The model; `provider/model` where no provider is named otherwise."""

    query: str
    """What the documents should answer."""

    documents: Sequence[Union[str, Mapping[str, Any]]]
    """The documents: texts, or objects."""


class RerankRequest(_Rerank, CallOptions, total=False):
    """A request of rerank(): documents in the order of how well they answer a query."""

    top_n: int
    """How many results to return; by default all."""

    max_tokens_per_doc: int
    """Tokens of each document that are read."""

    truncate: str
    """What happens to a document that is too long: `none` (an error), `start` or `end` (which of
    its ends is cut off)."""


class ModelsRequest(CallOptions, total=False):
    """A request of models(): the models that a provider has."""


class _Batch(TypedDict):
    """What a request of batch() must have."""

    action: str
    """What is to be done: `submit`, `status`, `results`, `cancel` or `list`."""


class BatchRequest(_Batch, CallOptions, total=False):
    """A request of batch(): requests that the provider answers within a day at a lower price;
    `action` says what is to be done."""

    requests: Sequence[Mapping[str, Any]]
    """The rows of `submit`: objects with an `id` of your own and a `request`, which is one for a
    chat, or with `operation` `embed` one for embeddings."""

    batch: str
    """The handle that `submit` returned, as text; it may name a base URL, to which the key is sent,
    so take it from nobody whom you would not let name one."""

    metadata: Mapping[str, str]
    """Labels for the provider's own records, beside the mark `liter_batch`."""

    expires_after_s: int
    """How many seconds the provider keeps the files of the batch, where it can be told."""

    limit: int
    """How many batches `list` returns at most; by default all."""
