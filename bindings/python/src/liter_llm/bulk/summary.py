"""Summary: the table that a run ends with."""

from __future__ import annotations

from pathlib import Path

from .status import Status, duration


def summary(status: Status, output: Path, seconds: float, why: str | None) -> str:
    """why: the run stopped before its end."""
    failed = sum(status.failed.values())
    left = max(status.total - status.done(), 0)
    this_run = status.done() - status.before
    # Tokens and cost are of the whole output, and these are not.
    mine = " in this run" if status.before else ""
    table = [("rows", f"{status.total:,}"), ("answered", f"{status.answered:,}")]
    table += [(f"failed, {name}", f"{count:,}") for name, count in status.failed.most_common()]
    if left:
        table.append(("left", f"{left:,}"))
    if status.before:
        table.append(("done before", f"{status.before:,}"))
    table += [
        ("input tokens", f"{status.input_tokens:,}"),
        ("output tokens", f"{status.output_tokens:,}"),
        ("retries", f"{status.retries:,}{mine}"),
        *([("429s", f"{status.limited:,}{mine}")] if status.limited else []),
        ("time", f"{duration(seconds)}{mine}, {this_run / max(seconds, 1e-3):,.1f} rows/s"),
    ]
    if status.prices.is_known():
        table.append(("cost", status.money() + _at_full_price(status)))
    table.append(("output", str(output)))
    width = max(len(name) for name, _ in table)
    lines = [f"{name.ljust(width)}  {value}" for name, value in table]
    if why is not None:
        lines.append(f"stopped: {why}")
    if left:
        lines.append("type the same command again to go on")
    elif failed:
        lines.append("--retry-failed asks the failed rows again")
    return "\n".join(lines)


def _at_full_price(status: Status) -> str:
    """Where it is not known how much less a batch costs."""
    counts = status.full_price.items()
    named = [f"{count:,} row{'' if count == 1 else 's'} of {name}" for name, count in counts]
    return f", with {' and '.join(named)} at the price outside of batches" if named else ""
