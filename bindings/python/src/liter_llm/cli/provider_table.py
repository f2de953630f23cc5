"""The core's table of providers: names, variables and addresses. providers.json is generated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def _load() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("providers.json").read_text(encoding="utf-8")
    return {provider["name"]: provider for provider in json.loads(text)["providers"]}


PROVIDERS = _load()
