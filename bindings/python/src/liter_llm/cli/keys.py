"""Keys come from the environment, which the core reads, or from a file; never from an argument.

Arguments are seen by every user of the machine (ps) and stay in the shell's history.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Any

from .._platform import others_may_read
from .output import Output
from .usage_error import UsageError, cannot

KEY_BYTES_MAX = 65_536
REFUSED = (
    "is not taken as an argument, which other users can see and the shell remembers;"
    " set the provider's variable (liter-llm providers NAME says which), or use --key-file"
)
_SECRET = re.compile(
    r"(^|_)(api_?key|key|key_id|authorization|auth|cookie|password|secret|pat|token)$"
)
_NO_SECRET = re.compile(r"^auth$|cache_key$|idempotency_key$|(bos|eos|pad|stop)_token$")


def read_key(path: str, output: Output) -> str:
    """The key in a file: all of it, without white space around it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - /dev/fd/63 of <(pass show key) too
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(KEY_BYTES_MAX + 1)
    except OSError as error:
        raise cannot("read the key file", path, error) from None
    if len(data) > KEY_BYTES_MAX:
        raise UsageError(f"the key file {path} has more than {KEY_BYTES_MAX} bytes; it is no key")
    try:
        key = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise UsageError(f"the key file {path} is not text") from None
    if not key:
        raise UsageError(f"the key file {path} is empty")
    if len(key.split()) > 1:
        raise UsageError(f"the key file {path} has more than one word; it must be the key alone")
    if stat.S_ISREG(mode) and others_may_read(mode):
        output.warn(f"warning: others may read the key file {path}; chmod 600 {path}")
    return key


def refuse_secrets(name: str, value: Any) -> None:
    """Raises where an option is a key, or has one in it; a file may have one (-o NAME=@FILE)."""
    if is_secret(name):
        raise UsageError(f"-o {name}: a key {REFUSED}")
    inner = find_secret(value)
    if inner is not None:
        raise UsageError(f"-o {name}: its {inner} {REFUSED}, or -o {name}=@FILE")


def find_secret(value: Any) -> str | None:
    """The name of a text in a JSON value that holds a secret."""
    if isinstance(value, list):
        return next((name for name in map(find_secret, value) if name), None)
    if not isinstance(value, dict):
        return None
    for name, inner in value.items():
        found = name if is_secret(name) and isinstance(inner, str) else find_secret(inner)
        if found:
            return str(found)
    return None


def is_secret(name: str) -> bool:
    """Whether a field or a header of this name holds a secret."""
    plain = name.lower().replace("-", "_")
    return bool(_SECRET.search(plain)) and not _NO_SECRET.search(plain)
