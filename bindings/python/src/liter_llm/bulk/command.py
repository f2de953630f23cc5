"""The command: its options, what is checked before the first request, the run, and the exit code.

0: every row is answered. 1: rows failed or are left. 2: the run could not begin or go on, as one
line says. 75: batches of the provider go on (`--no-wait`). 130: interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .._client import LiterLlm
from .._errors import LlmError
from ..cli.exit_codes import UNFINISHED
from .batch_split import ROWS_MAX, Splitter
from .batch_state import BatchState, state_path
from .display import make_display, say
from .faults import BulkError
from .journal import Journal
from .options import client_options, pairs
from .prices import Prices
from .provider_batch import BatchRunner, Plan, check_rows
from .records import format_of
from .rows import Recipe, Row, id_digest
from .runner import Runner
from .status import Status
from .summary import summary
from .template import Template

DESCRIPTION = (
    "Answers every row of a file, and writes one line of JSON for each that is finished. The same\n"
    "command again goes on where it was stopped; what is answered is not asked again."
)
EPILOG = """exit codes:
  0    every row is answered
  1    rows failed or are left
  2    the run could not begin or go on, as one line says
  75   batches go on at the provider (--no-wait); the same command goes on
  130  interrupted; the same command goes on

examples:
  liter-llm map batch.jsonl answers.jsonl -p openai
  liter-llm map reviews.csv out.jsonl -m openai/gpt-4o-mini --template "Summarise: {text}"
  liter-llm map texts.parquet vectors.jsonl -m openai/text-embedding-3-small \\
    --operation embed --template "{title}: {text}"
  liter-llm map batch.jsonl answers.jsonl -p openai --retry-failed
  liter-llm map batch.jsonl answers.jsonl -p openai --batch --no-wait
"""
_NAME = "liter-llm map"
_TURN_ROWS = 1000
_POLL_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All of them."""
    add, positive = parser.add_argument, _positive
    add("input", type=Path, help="JSONL (OpenAI's batch rows, requests or prompts), CSV or Parquet")
    add("output", type=Path, help="JSONL, one line per finished row; resumed when it exists")
    add("-m", "--model", help="for rows that name none; provider/model, or a model with -p")
    add("-p", "--provider", help="whom to ask, such as openai")
    add("-s", "--system", help="a system message for rows without one")
    add(
        "-t",
        "--template",
        help="the prompt; {column} stands for a field of the row",
    )
    add("--id", metavar="COLUMN", help="the column that tells rows apart (custom_id, else row-N)")
    add(
        "--format",
        choices=("jsonl", "csv", "tsv", "parquet"),
        help="of the input, where its suffix does not say it",
    )
    add(
        "--operation",
        choices=("chat", "embed"),
        default="chat",
        help="what a row asks for (chat)",
    )
    add("--set", action="append", metavar="NAME=VALUE", help="a field of every request without it")
    add("--option", action="append", metavar="NAME=VALUE", help="an option of the client")
    add("--base-url", metavar="URL", help="where the provider's API is")
    add(
        "-c",
        "--concurrency",
        type=positive,
        metavar="N",
        default=32,
        help="rows in flight at most (32)",
    )
    add("--rpm", type=positive, metavar="N", help="requests per minute at most")
    add("--tpm", type=positive, metavar="N", help="tokens per minute at most")
    add(
        "--tries",
        type=positive,
        metavar="N",
        default=5,
        help="of a row that fails transiently, each with the client's own retries (5)",
    )
    add("--limit", type=positive, metavar="N", help="only the first N rows")
    add(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on with an output that exists (the default); --no-resume refuses one",
    )
    add("--retry-failed", action="store_true", help="ask the rows again that failed before")
    add(
        "--price",
        metavar="IN,OUT",
        help="dollars per million tokens, for models that the package genai-prices does not know",
    )
    add("--plain", action="store_true", help="lines instead of a live display")
    _add_batch_arguments(parser)


def _add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--batch",
        action="store_true",
        help="by batches of the provider, within a day at about half the price",
    )
    add(
        "--no-wait",
        action="store_true",
        help="with --batch: submit, take what has ended, and leave; 75 while batches go on",
    )
    add(
        "--poll-seconds",
        type=_seconds,
        metavar="N",
        help="with --batch: the first wait (30); each is half as long again, up to 10 minutes",
    )
    add(
        "--batch-rows",
        type=_positive,
        metavar="N",
        help=f"with --batch: rows of one batch at most ({ROWS_MAX})",
    )


def run(arguments: argparse.Namespace) -> int:
    """The whole command; gives the exit code."""
    try:
        return _run(arguments)
    except BulkError as error:
        say(f"{_NAME}: {error}")
        return 2
    except KeyboardInterrupt:
        say(f"{_NAME}: interrupted before the first request")
        return 130


def _run(arguments: argparse.Namespace) -> int:
    recipe = _recipe(arguments)
    options = client_options(arguments)
    status = Status(Prices(arguments.price))
    output: Path = arguments.output
    if output.resolve() == arguments.input.resolve():
        raise BulkError(f"{output}: the output is the input")
    for path in (output, state_path(output)):
        if path.exists() and not arguments.resume:
            raise BulkError(f"{path}: exists; name another output, or leave out --no-resume")
    retry: bool = arguments.retry_failed
    plan = _batch_plan(arguments)
    journal = Journal(output)
    state: BatchState | None = None
    try:
        journal.read(lambda line: None if retry and line.get("error") else status.count(line))
        rows = _check(recipe, journal, retry)
        batches = BatchState(output)
        if plan is None and batches.batches:
            raise BulkError(
                f"{batches.path}: rows of this output are in batches of the provider; add --batch"
                " to take their results, or remove the file to ask all rows again"
            )
        check_rows(recipe, batches)
        state = None if plan is None else batches
        journal.prepare(retry)
        status.before = status.done()
        status.total = max(min(rows, arguments.limit or rows), status.done())
        if plan is None or state is None:
            return _ask(arguments, recipe, options, journal, status)
        splitter = Splitter(options, arguments.batch_rows or ROWS_MAX)
        return _ask_batches(options, journal, state, status, (recipe, splitter, plan))
    finally:
        if state is not None:
            state.close()
        journal.close()


def _recipe(arguments: argparse.Namespace) -> Recipe:
    fields = pairs("--set", arguments.set)
    if "api_key" in fields:
        raise BulkError("--set api_key: keys come from the environment, such as OPENAI_API_KEY")
    return Recipe(
        path=arguments.input,
        format=format_of(arguments.input, arguments.format),
        provider=arguments.provider,
        model=arguments.model,
        system=arguments.system,
        template=None if arguments.template is None else Template(arguments.template),
        id_column=arguments.id,
        operation=arguments.operation,
        fields=fields,
    )


def _check(recipe: Recipe, journal: Journal, retry_failed: bool) -> int:
    """Reads the whole input before anything is asked or written; gives the number of its rows.
    About 200 bytes are kept of each row."""
    seen: dict[bytes, int] = {}
    of_input = 0
    for row in recipe.read():
        key = id_digest(row.custom_id)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            raise BulkError(
                f"{recipe.path}: custom_id {row.custom_id!r} is in line {first} and in line"
                f" {row.line}; each row needs its own"
            )
        done = journal.done.get(key)
        if done is None or (retry_failed and done.failed):
            continue
        of_input += 1
        if done.digest != row.digest:
            raise BulkError(
                f"{journal.path}: line {done.line} is of another job: row {row.custom_id!r} (line"
                f" {row.line} of the input) now has another request; name another output"
            )
    if not seen:
        raise BulkError(f"{recipe.path}: no rows")
    others = sum(not (retry_failed and done.failed) for done in journal.done.values()) - of_input
    if others:
        line = min(done.line for key, done in journal.done.items() if key not in seen)
        raise BulkError(
            f"{journal.path}: of another job: {others} of its rows are not in {recipe.path}, the"
            f" first in line {line}; name another output"
        )
    return len(seen)


def _pending(recipe: Recipe, journal: Journal, limit: int | None) -> Iterator[Row | None]:
    """The rows without a line."""
    for place, row in enumerate(recipe.read()):
        if limit is not None and place >= limit:
            return
        if id_digest(row.custom_id) not in journal.done:
            yield row
        elif place % _TURN_ROWS == 0:
            yield None


def _ask(
    arguments: argparse.Namespace,
    recipe: Recipe,
    options: dict[str, Any],
    journal: Journal,
    status: Status,
) -> int:
    runner: Runner | None = None

    async def ask() -> None:
        nonlocal runner
        async with LiterLlm(**options) as llm:
            pending = _pending(recipe, journal, arguments.limit)
            runner = Runner(
                llm,
                pending,
                journal,
                status,
                concurrency=arguments.concurrency,
                tries=arguments.tries,
            )
            display = make_display(arguments.plain)
            try:
                await runner.run(display)
            finally:
                display.close(status)

    with _summarised(journal, status, lambda: runner.stopped if runner is not None else None):
        if status.done() < status.total:
            asyncio.run(ask())
    if runner is not None and runner.interrupted:
        return 130
    return 1 if status.failed or status.done() < status.total else 0


def _ask_batches(
    options: dict[str, Any],
    journal: Journal,
    state: BatchState,
    status: Status,
    what: tuple[Recipe, Splitter, Plan],
) -> int:
    runner: BatchRunner | None = None

    async def ask() -> None:
        nonlocal runner
        async with LiterLlm(**options) as llm:
            runner = BatchRunner(llm, journal, state, status, *what)
            await runner.run()

    def stopped() -> str | None:
        goes_on = _going_on(len(state.batches))
        if runner is not None and runner.interrupted:
            return f"interrupted; {goes_on}" if goes_on else "interrupted"
        return goes_on

    with _summarised(journal, status, stopped):
        if status.done() < status.total or state.batches:
            asyncio.run(ask())
    if runner is not None and runner.interrupted:
        return 130
    if state.batches:
        return UNFINISHED
    return 1 if status.failed or status.done() < status.total else 0


def _going_on(batches: int) -> str | None:
    if batches == 0:
        return None
    return f"{batches} batch{' goes' if batches == 1 else 'es go'} on at the provider"


@contextlib.contextmanager
def _summarised(
    journal: Journal, status: Status, stopped: Callable[[], str | None]
) -> Iterator[None]:
    """Ends what is done in it with the table."""
    began = time.monotonic()
    why: str | None = None
    try:
        yield
        journal.sync()
    except (BulkError, LlmError) as error:
        why = str(error)
        raise BulkError(why) from None
    finally:
        if status.done() or why is None:
            say(summary(status, journal.path, time.monotonic() - began, why or stopped()))


def _batch_plan(arguments: argparse.Namespace) -> Plan | None:
    """None without --batch."""
    seconds = arguments.poll_seconds
    if arguments.batch:
        return Plan(
            poll_seconds=_POLL_SECONDS if seconds is None else seconds,
            wait=not arguments.no_wait,
            limit=arguments.limit,
            tries=arguments.tries,
        )
    needless = {"--no-wait": arguments.no_wait, "--poll-seconds": seconds is not None}
    needless["--batch-rows"] = arguments.batch_rows is not None
    for name, given in needless.items():
        if given:
            raise BulkError(f"{name}: is for batches of the provider; add --batch")
    return None


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: expected seconds above 0")
    return seconds


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 1")
    return number
