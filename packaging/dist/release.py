"""Version and names of a release, as packaging/release.json has them."""

from __future__ import annotations

import json
from typing import Any

from platforms import ROOT

RELEASE: dict[str, Any] = json.loads((ROOT / "packaging/release.json").read_text(encoding="utf-8"))
VERSION: str = RELEASE["version"]
