"""Looking for batches that an earlier run was about to submit when it ended: by the mark in their
labels. What is not there is submitted anew, which is said."""

from __future__ import annotations

from .._client import LiterLlm
from .._errors import LlmError
from .._replies import Batch
from .batch_state import BatchState, OpenBatch
from .display import say
from .faults import BulkError

WITHOUT_LABELS = ("anthropic", "gemini", "xai")
"""A submission has no metadata there: batches are known by their time and their number of rows. A
wrong one is noticed, since the ids of rows are digests of their requests."""
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
        found = _find(lost, batches, state)
        if found is None:
            say(
                f"no batch {lost.mark} is at the provider: an earlier run ended before it was"
                " submitted; its rows are submitted now"
            )
            state.lost(lost)
            continue
        has_mark = found.metadata.get("liter_batch") == lost.mark
        how = "its mark" if has_mark else "its time and its number of rows"
        say(f"batch {found.id}: submitted by an earlier run, found by {how}")
        state.submitted(lost, found.batch, found.id)


def _find(lost: OpenBatch, batches: tuple[Batch, ...], state: BatchState) -> Batch | None:
    for batch in batches:
        if batch.metadata.get("liter_batch") == lost.mark:
            return batch
    known = {batch.id for batch in state.batches.values()}
    since = lost.began - _CLOCKS_DIFFER_SECONDS
    recent = [
        batch
        for batch in batches
        if batch.provider in WITHOUT_LABELS
        and batch.id not in known
        and (batch.created_at is None or batch.created_at >= since)
    ]
    alike = [batch for batch in recent if _rows(batch) == len(lost.rows)]
    if not alike:
        alike = [batch for batch in recent if batch.provider in _IN_STEPS]
        doubtful = bool(alike)
    else:
        doubtful = len(alike) > 1
    if doubtful:
        names = ", ".join(batch.id for batch in alike)
        raise BulkError(
            f"an earlier run may have submitted, wholly or in part, {names}, and the provider keeps"
            f" no labels; cancel what is yours, and remove {state.path} to submit its rows anew"
        )
    return alike[0] if alike else None


def _rows(batch: Batch) -> int | None:
    return batch.counts.get("total")
