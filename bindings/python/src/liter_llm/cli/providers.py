"""`liter-llm providers`: which keys and addresses the environment has, without showing them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import exit_codes, options, tables
from .output import Output
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

DESCRIPTION = (
    "Lists the providers whose key or address the environment has, or all of them. Which variable"
    " is set is shown, never what it holds."
)
EXAMPLES = (
    "liter-llm providers",
    "liter-llm providers --all",
    "liter-llm providers anthropic azure",
)
_HEADING = ("PROVIDER", "KEY", "ADDRESS", "DOES")
# Beside the table's variables: the core reads these too (docs/guide.md).
_MORE_KEYS = {"bedrock": ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"]}
_MORE_URLS = {"ollama": ["OLLAMA_HOST"], "bedrock": ["AWS_ENDPOINT_URL"]}


def add_arguments(parser: ArgumentParser) -> None:
    named = parser.add_argument(
        "named", nargs="*", default=[], metavar="PROVIDER", help="these only"
    )
    options.completes(named, "provider")
    parser.add_argument("--all", action="store_true", help="also those without a key")
    parser.add_argument("--json", action="store_true", help="lines of JSON")


def run(arguments: Namespace) -> int:
    from .provider_table import PROVIDERS

    output = Output()
    unknown = [name for name in arguments.named if name not in PROVIDERS]
    if unknown:
        raise UsageError(f"unknown provider {unknown[0]!r}; liter-llm providers --all lists them")
    seen = [see(PROVIDERS[name]) for name in arguments.named or PROVIDERS]
    everything = bool(arguments.all or arguments.named)
    shown = [each for each in seen if everything or each["key_variable"] or each["url_variable"]]
    if arguments.json:
        for each in shown:
            output.line(each)
    else:
        tables.show(output, _HEADING, [_row(each) for each in shown])
    if not shown:
        output.warn("no key is set; liter-llm providers --all names the variables")
    return exit_codes.OK


def see(provider: dict[str, Any]) -> dict[str, Any]:
    """What the environment has for a provider: the variables that are set, first the one that
    holds."""
    name = provider["name"]
    keys = [*provider["key_variables"], *_MORE_KEYS.get(name, [])]
    urls = [provider["base_url_variable"], *_MORE_URLS.get(name, [])]
    return {
        "provider": name,
        "key_variable": _first_set(keys),
        "key_variables": keys,
        "needs_key": provider["needs_key"],
        "url_variable": _first_set(urls),
        "url_variables": urls,
        "base_url": provider["base_url"],
        "operations": provider["operations"],
    }


def _first_set(variables: list[str]) -> str | None:
    return next((name for name in variables if os.environ.get(name)), None)


def _row(seen: dict[str, Any]) -> tables.Row:
    if seen["key_variable"]:
        key = f"{seen['key_variable']} is set"
    else:
        wanted = seen["key_variables"][0]
        key = f"set {wanted}" if seen["needs_key"] else f"not needed ({wanted})"
    if seen["url_variable"]:
        url = f"that of {seen['url_variable']}"
    else:
        url = seen["base_url"] or f"set {seen['url_variables'][0]}"
    return (seen["provider"], key, url, " ".join(seen["operations"]))
