"""What `api_key` may be: text, or a function that is asked for the key before each attempt.

Hints are resolved at run time: they are written as Python 3.9 knows them.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Optional, Union

Key = Union[str, Mapping[str, Optional[str]]]
"""A key or token; or AWS credentials: `aws_access_key_id`, `aws_secret_access_key` and, if there is
one, `aws_session_token`."""

KeyFunction = Callable[[], Union[Key, Awaitable[Key]]]
"""Asked before each attempt of a call, from many calls at the same time."""

ApiKey = Union[str, KeyFunction]
"""A key, or a function that gives it."""
