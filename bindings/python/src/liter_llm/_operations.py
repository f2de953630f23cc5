"""The operations beside chat: what each has in a request, and how its reply is built.

A call is one Invocation, which starts, retries, is cancelled and ends as a stream does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base_builder import BaseBuilder, parse, read_common
from ._call import Call
from ._constants_generated import OPERATION_FIELDS
from ._invocation import Invocation
from ._replies import (
    Batch,
    BatchResult,
    EmbedResponse,
    Model,
    ModelsResponse,
    ProviderStats,
    RerankResponse,
    RerankResult,
    Stats,
    TokenCount,
)
from ._vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._invocation import Opener
    from ._replies import Ranges
    from ._request import UnmergedRequest


class OperationBuilder(BaseBuilder):
    """What the builders of all operations have. No text comes."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(collect=False)

    def read_common(self) -> dict[str, Any]:
        """The fields of Reply."""
        start, receipt = self.read_start(), self.read_receipt()
        return {
            **read_common(start, receipt),
            "outcome": receipt["outcome"],
            "requests": receipt.get("requests", 0),
        }


class EmbedBuilder(OperationBuilder):
    """Joins the vectors of a call, which are copied once."""

    __slots__ = ("_bytes", "_count", "_response")

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._count = 0
        self._response: EmbedResponse | None = None

    def add_vectors(self, data: Any, count: int) -> None:
        self._bytes += data
        self._count += count

    def partial(self) -> EmbedResponse:
        return self.response()

    def response(self) -> EmbedResponse:
        """Built once: its vectors are the buffer."""
        if self._response is None:
            receipt, count = self.read_receipt(), self._count
            # Of the bytes: a call that fails on this side has no receipt.
            dimensions = len(self._bytes) // 4 // count if count else receipt.get("dimensions", 0)
            self._response = EmbedResponse(
                **self.read_common(),
                vectors=Vectors(self._bytes, count, dimensions),
                dimensions=dimensions,
                count=count,
                truncated=tuple(receipt.get("truncated", ())),
                finished_ranges=_ranges(receipt, "finished_ranges"),
                failed_ranges=_ranges(receipt, "failed_ranges"),
            )
        return self._response


class ResultBuilder(OperationBuilder):
    """Keeps the RESULT as JSON until it is asked for."""

    __slots__ = ("_response", "_result_json")

    def __init__(self) -> None:
        super().__init__()
        self._result_json = b"{}"
        self._response: Any = None

    def keep_result(self, data: bytes) -> Sequence[Any]:
        self._result_json = data
        return ()

    def response(self) -> Any:
        """The reply of a call that ended well."""
        if self._response is None:
            self._response = self.read_result(parse(self._result_json))
        return self._response

    def read_result(self, result: Mapping[str, Any]) -> Any:
        """The reply that a RESULT becomes."""
        raise NotImplementedError


class RerankBuilder(ResultBuilder):
    """Documents in their order."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> RerankResponse:
        results = [
            RerankResult(entry["index"], entry.get("score"), entry.get("document"))
            for entry in result["results"]
        ]
        return RerankResponse(**self.read_common(), results=tuple(results))


class ModelsBuilder(ResultBuilder):
    """A list of models."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> ModelsResponse:
        models = tuple([_read_model(entry) for entry in result["models"]])
        return ModelsResponse(**self.read_common(), models=models)


class CountBuilder(ResultBuilder):
    """A number of tokens."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> TokenCount:
        return TokenCount(
            **self.read_common(),
            input_tokens=result["input_tokens"],
            cached_input_tokens=result.get("cached_input_tokens"),
            token_ids=_tuple_or_none(result.get("token_ids")),
            details=result.get("details"),
            billable_characters=result.get("billable_characters"),
        )


class StatsBuilder(ResultBuilder):
    """What the client has counted. Nobody was asked, so there is no more to say."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> Stats:
        providers = {
            name: _read_provider_stats(entry) for name, entry in result["providers"].items()
        }
        return Stats(live=result["live"], queued=result["queued"], providers=providers)


class BatchBuilder(ResultBuilder):
    """The state of a batch."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> Batch:
        return _read_batch(result)


class BatchListBuilder(ResultBuilder):
    """Batches of an account."""

    __slots__ = ()

    def read_result(self, result: Mapping[str, Any]) -> tuple[Batch, ...]:
        return tuple([_read_batch(entry) for entry in result["batches"]])


class BatchResultsBuilder(OperationBuilder):
    """Rows, which go to their reader and are not kept."""

    __slots__ = ()

    def keep_result(self, data: bytes) -> Sequence[Any]:
        row = parse(data)
        return (BatchResult(row["id"], row["outcome"], row.get("response"), row.get("error")),)


BATCH_BUILDERS: dict[str, type[OperationBuilder]] = {
    "submit": BatchBuilder,
    "status": BatchBuilder,
    "results": BatchResultsBuilder,
    "cancel": BatchBuilder,
    "list": BatchListBuilder,
}

BUILDERS: dict[str, type[OperationBuilder]] = {
    "embed": EmbedBuilder,
    "rerank": RerankBuilder,
    "models": ModelsBuilder,
    "count_tokens": CountBuilder,
    "stats": StatsBuilder,
}


def make_call(opener: Opener, operation: str, unmerged: UnmergedRequest) -> Call[Any]:
    """A call of an operation. Nothing is sent yet."""
    unmerged.refuse_unknown(OPERATION_FIELDS[operation])
    fields = unmerged.merge()
    fields.refuse_other_operation(operation)
    fields.refuse_collecting(operation)
    return Call(Invocation(opener, fields, BUILDERS[operation], {"operation": operation}))


def _read_model(entry: Mapping[str, Any]) -> Model:
    return Model(
        id=entry["id"],
        name=entry.get("name"),
        created=entry.get("created"),
        owner=entry.get("owner"),
        input_tokens_max=entry.get("input_tokens_max"),
        output_tokens_max=entry.get("output_tokens_max"),
        capabilities=_tuple_or_none(entry.get("capabilities")),
        deprecated=entry.get("deprecated"),
        retires_at=entry.get("retires_at"),
        raw=entry.get("raw", {}),
    )


def _tuple_or_none(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


def _read_provider_stats(entry: Mapping[str, Any]) -> ProviderStats:
    return ProviderStats(
        requests=entry["requests"],
        retries=entry["retries"],
        rate_limited=entry["rate_limited"],
        input_tokens=entry["input_tokens"],
        output_tokens=entry["output_tokens"],
        first_token_p50_ms=entry.get("first_token_p50_ms"),
        first_token_p99_ms=entry.get("first_token_p99_ms"),
    )


def _read_batch(entry: Mapping[str, Any]) -> Batch:
    return Batch(
        batch=entry["batch"],
        id=entry["id"],
        provider=entry["provider"],
        state=entry["state"],
        state_raw=entry.get("state_raw"),
        counts=entry.get("counts", {}),
        created_at=entry.get("created_at"),
        ended_at=entry.get("ended_at"),
        expires_at=entry.get("expires_at"),
        model=entry.get("model"),
        endpoint=entry.get("endpoint"),
        metadata=entry.get("metadata", {}),
        error=entry.get("error"),
        raw=entry.get("raw", {}),
    )


def _ranges(receipt: Mapping[str, Any], name: str) -> Ranges:
    return tuple([(first, behind) for first, behind in receipt.get(name, ())])
