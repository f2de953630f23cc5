"""Looking for batches that an earlier run was about to submit when it ended: by the mark in their
labels, or their names. What is not there is submitted anew, which is said."""

from __future__ import annotations

from .._client import LiterLlm
from .._errors import LlmError
from .._replies import Batch
from .batch_state import BatchState, OpenBatch
from .display import say
from .faults import BulkError

WITHOUT_LABELS = ("anthropic",)
"""A batch has no name there. It is known by the ids of its rows, which are digests of their
requests; they are shown when it has ended. Before, by its time and its number of rows."""
_IN_STEPS = ("xai",)
"""Rows go into a batch after it was made: it may lack some."""
_CLOCKS_DIFFER_SECONDS = 300


async def find_lost(llm: LiterLlm, state: BatchState) -> None:
    """Gives each intent its handle, or forgets it."""
    for lost in [batch for batch in state.batches.values() if batch.handle is None]:
        provider = {} if lost.provider is None else {"provider": lost.provider}
        try:
            batches = await llm.batch.list(**provider)  # type: ignore[arg-type]
        except LlmError as error:
            raise BulkError(
                f"a batch may have been submitted by an earlier run, and cannot be looked for:"
                f" {error}"
            ) from None
        found = _marked(lost, batches, state) or await _alike(llm, lost, batches, state)
        if found is None:
            say(
                f"no batch {lost.mark} is at the provider: an earlier run ended before it was"
                " submitted; its rows are submitted now"
            )
            state.lost(lost)
            continue
        has_mark = found.metadata.get("liter_batch") == lost.mark
        how = "its mark" if has_mark else "its rows"
        say(f"batch {found.id}: submitted by an earlier run, found by {how}")
        state.submitted(lost, found.batch, found.id)


def _marked(lost: OpenBatch, batches: tuple[Batch, ...], state: BatchState) -> Batch | None:
    for batch in batches:
        if batch.metadata.get("liter_batch") != lost.mark:
            continue
        if batch.provider in _IN_STEPS and _rows(batch) != len(lost.rows):
            raise BulkError(
                f"batch {batch.id}: an earlier run ended before all of its rows were in it; cancel"
                f" it, and remove {state.path} to submit its rows anew"
            )
        return batch
    return None


async def _alike(
    llm: LiterLlm, lost: OpenBatch, batches: tuple[Batch, ...], state: BatchState
) -> Batch | None:
    known = {batch.id for batch in state.batches.values()}
    since = lost.began - _CLOCKS_DIFFER_SECONDS
    alike = [
        batch
        for batch in batches
        if batch.provider in WITHOUT_LABELS
        and batch.id not in known
        and (batch.created_at is None or batch.created_at >= since)
        and _rows(batch) == len(lost.rows)
    ]
    doubtful = []
    for batch in alike:
        is_ours = await _has_our_rows(llm, lost, batch)
        if is_ours:
            return batch
        if is_ours is None:
            doubtful.append(batch)
    if len(doubtful) > 1:
        names = ", ".join(batch.id for batch in doubtful)
        raise BulkError(
            f"an earlier run may have submitted {names}, and the provider keeps no labels; type the"
            " same command again when they have ended, or cancel what is yours and remove"
            f" {state.path} to submit its rows anew"
        )
    return doubtful[0] if doubtful else None


async def _has_our_rows(llm: LiterLlm, lost: OpenBatch, batch: Batch) -> bool | None:
    """By the first of its results; None while it has none."""
    if batch.state != "ended":
        return None
    names = {row.hex() for row in lost.rows}
    results = llm.batch.results(batch.batch)
    try:
        async for result in results:
            return result.id in names
    except LlmError:
        return None
    finally:
        results.cancel()
    return None


def _rows(batch: Batch) -> int | None:
    return batch.counts.get("total")
