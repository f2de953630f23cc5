"""Shared limits: requests and tokens per minute that processes and machines keep together, counted
in Redis by the package `limits`. Owns reserve and settle; refuses a queue or counters of its own.

Requests are counted by `limits`' moving window, which is exact and takes one list entry for each;
tokens by its sliding window counter, which takes two numbers whatever the limit. Of the requests
nothing can be given back, as that window only grows. Tokens can be: `limits` subtracts a cost below
zero, which its documentation does not promise, so a test holds it to that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

URL_VARIABLE = "LITER_LLM_REDIS_URL"
TOKEN_WINDOW_SECONDS = 60
WAIT_SECONDS_MAX = 0.25
"""Between two looks whether there is room: others may have given some back."""
WAIT_SECONDS_MIN = 0.002
LOST_WAIT_SECONDS = 1.0
"""Between two tries to reach a lost Redis."""
SOCKET_SECONDS_MAX = 2.0
_REQUESTS_PER_WINDOW_MIN = 10
_WINDOWS_SECONDS = (1, 2, 3, 5, 10, 15, 20, 30, 60)
_logger = logging.getLogger("liter_llm")


class LimitsLostError(Exception):
    """Redis could not be reached in time, and the limits are kept even so."""


class LimitsTooSmallError(ValueError):
    """One request needs more than the limit ever allows."""


class _Counters(NamedTuple):
    """What belongs to one event loop, as a connection to Redis does."""

    loop: asyncio.AbstractEventLoop
    storage: Any
    turn: asyncio.Lock
    """One waits for room at a time, the others behind it in order."""
    moving: Any
    sliding: Any
    failures: tuple[type[BaseException], ...]


class SharedLimits:
    """Reserve before a request, settle after it:

    ```
    limits = SharedLimits("openai/gpt-4o-mini", requests_per_minute=6000)
    reservation = await limits.reserve(tokens=800)
    ...
    await reservation.settle(tokens=response.usage.total_tokens)
    ```

    Everyone who names the same limits shares them. Nothing is connected before the first use, and a
    pickled one connects anew where it is unpickled."""

    def __init__(
        self,
        name: str,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        redis_url: str | None = None,
        when_lost: Literal["closed", "open"] = "closed",
        lost_seconds_max: float = 60.0,
        window_seconds: int | None = None,
    ) -> None:
        """name: of what is limited, such as an account and a model.
        redis_url: else the variable LITER_LLM_REDIS_URL of the process that connects.
        when_lost: "open" goes on without limits while Redis is lost; "closed" waits for it, for
        lost_seconds_max, and then raises LimitsLostError.
        window_seconds: no span of that length has more requests than its share of a minute. The
        default is the shortest that ten requests fit into, as providers refuse a minute's worth
        that comes at once."""
        for option, value in (("requests", requests_per_minute), ("tokens", tokens_per_minute)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{option}_per_minute: expected a number from 1, got {value!r}")
        if when_lost not in ("closed", "open"):
            raise ValueError(f'when_lost: expected "closed" or "open", got {when_lost!r}')
        self.name = name
        self.requests_per_minute = requests_per_minute
        self.tokens_per_minute = tokens_per_minute
        self.when_lost = when_lost
        self.lost_seconds_max = lost_seconds_max
        self.window_seconds = window_seconds or _window(requests_per_minute or 60)
        self.is_lost = False
        """Whether Redis did not respond when it was asked last."""
        self._redis_url = redis_url
        self._counters: _Counters | None = None
        self._ask_again_at = 0.0
        self._owed_requests = 0
        """What was used beyond a reservation, and found no room: the next ones pay for it."""
        self._owed_tokens = 0

    def __getstate__(self) -> dict[str, Any]:
        if self._redis_url is not None and urlsplit(self._redis_url).password:
            raise TypeError(
                f"redis_url has a password, which is not pickled; set {URL_VARIABLE} where the"
                " limits are used, and leave redis_url out"
            )
        fresh = {"is_lost": False, "_counters": None, "_owed_requests": 0, "_owed_tokens": 0}
        return {**vars(self), **fresh, "_ask_again_at": 0.0}

    async def reserve(self, tokens: int = 0) -> Reservation:
        """Returns when there is room for one request of so many tokens, in the order of the calls
        of this process. A caller that is cancelled has taken no tokens."""
        if self.tokens_per_minute is not None and tokens > self.tokens_per_minute:
            raise LimitsTooSmallError(
                f"the request needs about {tokens} tokens, and tokens_per_minute is"
                f" {self.tokens_per_minute}; raise it or make the request smaller"
            )
        counters = self._connect()
        async with counters.turn:
            # Tokens first: the request counts from the moment when it may be sent.
            owed = await self._take_tokens(counters, tokens)
            reservation = Reservation(self, tokens, time.monotonic())
            try:
                await self._take_request(counters)
            except BaseException:
                self._owed_tokens += owed
                await asyncio.shield(self._add_tokens(counters, -tokens - owed))
                raise
            return reservation

    def connect(self) -> None:
        """Raises ValueError when no Redis is named, ImportError without the packages. reserve()
        does it by itself."""
        self._connect()

    async def aclose(self) -> None:
        """Closes the connections of this event loop. The next use opens them again."""
        counters, self._counters = self._counters, None
        if counters is not None:
            await counters.storage.bridge.get_connection().aclose()

    async def settle(self, reservation: Reservation, tokens: int | None, requests: int) -> None:
        """For Reservation.settle()."""
        counters = self._connect()
        if requests > 1 and self.requests_per_minute is not None:
            self._owed_requests += requests - 1
        if tokens is None or self.tokens_per_minute is None:
            return
        difference = tokens - reservation.tokens
        if difference < 0 and time.monotonic() - reservation.at > TOKEN_WINDOW_SECONDS:
            return  # its window is over, and so is what it took
        if difference:
            await self._add_tokens(counters, difference)

    # ---- what is counted

    async def _take_tokens(self, counters: _Counters, tokens: int) -> int:
        """Gives how much of what is owed was paid with it."""
        limit = self.tokens_per_minute
        if limit is None:
            return 0
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(limit, TOKEN_WINDOW_SECONDS)
        owed = min(self._owed_tokens, limit - tokens)
        if tokens + owed > 0:
            await self._wait_for(counters, counters.sliding, item, "tokens", tokens + owed)
            self._owed_tokens -= owed
        return owed

    async def _add_tokens(self, counters: _Counters, tokens: int) -> None:
        """Adds what was used beyond a reservation, or gives back what was not."""
        if self.tokens_per_minute is None or tokens == 0:
            return
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(self.tokens_per_minute, TOKEN_WINDOW_SECONDS)
        try:
            fits = await counters.sliding.hit(item, self.name, "tokens", cost=tokens)
        except counters.failures as error:
            self._note_loss(error)
            return  # the counters are lost with it
        if not fits:
            self._owed_tokens += tokens

    async def _take_request(self, counters: _Counters) -> None:
        if self.requests_per_minute is None:
            return
        from limits import RateLimitItemPerSecond

        amount = max(1, self.requests_per_minute * self.window_seconds // 60)
        item = RateLimitItemPerSecond(amount, self.window_seconds)
        owed = min(self._owed_requests, amount - 1)
        await self._wait_for(counters, counters.moving, item, "requests", 1 + owed)
        self._owed_requests -= owed

    async def _wait_for(
        self, counters: _Counters, limiter: Any, item: Any, what: str, cost: int
    ) -> None:
        while not await self._ask(
            counters, lambda: limiter.hit(item, self.name, what, cost=cost), True
        ):
            look = await self._ask(
                counters, lambda: limiter.get_window_stats(item, self.name, what), None
            )
            wait = WAIT_SECONDS_MIN if look is None else look.reset_time - time.time()
            wait = min(max(wait, WAIT_SECONDS_MIN), WAIT_SECONDS_MAX)
            # Others wait for the same moment.
            await asyncio.sleep(wait + random.uniform(0, WAIT_SECONDS_MIN))

    async def _ask(
        self, counters: _Counters, question: Callable[[], Awaitable[Any]], if_open: Any
    ) -> Any:
        """What Redis says; `if_open` while it is lost and the limits are open."""
        began = time.monotonic()
        is_open = self.when_lost == "open"
        while True:
            if is_open and time.monotonic() < self._ask_again_at:
                return if_open
            try:
                said = await question()
            except counters.failures as error:
                self._note_loss(error)
                if is_open:
                    return if_open
                if time.monotonic() - began >= self.lost_seconds_max:
                    raise LimitsLostError(
                        f"limits {self.name!r}: redis is lost since {self.lost_seconds_max:g} s"
                        f" ({_short(error)}); nothing is sent without them"
                    ) from None
                await asyncio.sleep(min(LOST_WAIT_SECONDS, self.lost_seconds_max))
            else:
                self._note_found()
                return said

    def _note_loss(self, error: BaseException) -> None:
        self._ask_again_at = time.monotonic() + LOST_WAIT_SECONDS
        if not self.is_lost:
            self.is_lost = True
            then = (
                "open: requests go on without these limits"
                if self.when_lost == "open"
                else f"closed: requests wait for up to {self.lost_seconds_max:g} s"
            )
            _logger.warning("limits %r: redis is lost (%s); %s", self.name, _short(error), then)

    def _note_found(self) -> None:
        if self.is_lost:
            self.is_lost = False
            _logger.warning("limits %r: redis is back; the limits are kept again", self.name)

    def _connect(self) -> _Counters:
        loop = asyncio.get_running_loop()
        if self._counters is None or self._counters.loop is not loop:
            url = self._redis_url or os.environ.get(URL_VARIABLE)
            if not url:
                raise ValueError(f"no redis; set {URL_VARIABLE}, or give redis_url")
            self._counters = _make_counters(loop, url)
        return self._counters


class Reservation:
    """Room for one request. One that is never settled has used what it reserved."""

    __slots__ = ("_limits", "_settled", "at", "tokens")

    def __init__(self, limits: SharedLimits, tokens: int, at: float) -> None:
        self._limits = limits
        self._settled = False
        self.tokens = tokens
        self.at = at

    async def settle(self, tokens: int | None = None, requests: int = 1) -> None:
        """tokens: those that were used in all; None if that is unknown. What was not used is given
        back. requests: those that were sent in all; more than one are owed, and an unused one
        cannot be given back."""
        if not self._settled:
            self._settled = True
            await self._limits.settle(self, tokens, requests)


def _make_counters(loop: asyncio.AbstractEventLoop, url: str) -> _Counters:
    try:
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError as error:
        raise ImportError(
            f"shared limits need limits and redis ({error}); pip install 'liter-llm-native[redis]'"
        ) from None
    options: dict[str, Any] = {
        "socket_connect_timeout": SOCKET_SECONDS_MAX,
        "socket_timeout": SOCKET_SECONDS_MAX,
        # A connection that was closed while it idled is replaced; longer outages are ours to tell.
        "retry": Retry(NoBackoff(), 1),
    }
    storage = RedisStorage(f"async+{url}", implementation="redispy", **options)
    failures = storage.base_exceptions
    return _Counters(
        loop,
        storage,
        asyncio.Lock(),
        MovingWindowRateLimiter(storage),
        SlidingWindowCounterRateLimiter(storage),
        (*(failures if isinstance(failures, tuple) else (failures,)), OSError, TimeoutError),
    )


def _window(per_minute: int) -> int:
    """The shortest that ten requests fit into, and that rounding takes less than 1 % from."""
    for seconds in _WINDOWS_SECONDS:
        share = per_minute * seconds / 60
        if share >= _REQUESTS_PER_WINDOW_MIN and int(share) >= 0.99 * share:
            return seconds
    return _WINDOWS_SECONDS[-1]


def _short(error: BaseException) -> str:
    text = type(error).__name__
    with contextlib.suppress(Exception):
        text = (str(error).splitlines() or [text])[0]
    return text
