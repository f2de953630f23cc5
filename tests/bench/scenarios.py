"""What is measured: data only. A scenario is one plan of the mock and the drivers that play it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

# The least that any client could do, the first row where it plays, and the least that one could
# do which reads its sockets in asyncio; neither knows TLS.
LIMIT = ("limit", "asyncio-raw")
OURS = ("core", "c", "c-system", "python", "python-uvloop")
BESIDE = ("bare", "aiohttp")
# The same in Go: this library, and net/http by hand.
IN_GO = ("go", "nethttp")
# And in Node, beside undici by hand and the openai package.
NODE_BY_HAND = ("node", "undici")
IN_NODE = (*NODE_BY_HAND, "node-openai")
PEERS = ("published", "openai")
# Others that are widely used, in each language.
MORE_PEERS = ("httpx", "genai", "async-openai", "openai-go", "node-ai")
# Many rows, each program as its documentation shows it.
ROWS = ("map", "map-file", "openai-rows", "litellm", "litellm-router")
TIMED_EVERY = 50
TOKEN_CHARACTERS, TIMED_CHARACTERS = 4, 16


@dataclass(frozen=True)
class Scenario:
    """So many streams, so many at once, of so many tokens at such an interval."""

    name: str
    about: str
    streams: int
    concurrency: int
    tokens: int
    interval_ms: int = 0
    place: str = "http"
    whole: bool = False
    # Embeddings instead of a chat: so many inputs per request, each a vector of so many numbers, as
    # JSON or, where the provider has it, as base64. A vector counts as a token, a number as a
    # character.
    inputs: int = 0
    dimensions: int = 0
    floats: bool = False
    # Many rows at once, whose answers count as one token each.
    rows: bool = False
    hold_ms: int = 0
    drivers: tuple[str, ...] = OURS + BESIDE
    # Peers that collapse at the full size get this many streams, and the table shows it.
    reduced: dict[str, int] = field(default_factory=dict)
    timeout_s: int = 120

    @property
    def timed(self) -> bool:
        """Every fiftieth stream holds the time when its tokens were due."""
        return self.interval_ms > 0 and self.hold_ms == 0

    def sized(self, driver: str) -> Scenario:
        """The scenario as this driver plays it."""
        streams = self.reduced.get(driver, self.streams)
        return replace(self, streams=streams, concurrency=min(self.concurrency, streams))

    def open_at_once(self) -> int:
        """Streams that are open together for a while; without delay the first end too early."""
        return self.concurrency if self.interval_ms else 0

    def tokens_expected(self) -> int:
        """A whole response is one piece of text; each input has a vector."""
        if self.inputs:
            return self.streams * self.inputs
        return self.streams if self.whole or self.rows else self.streams * self.tokens

    def characters_expected(self) -> int:
        """What must have come, to the last character, or number."""
        if self.inputs:
            return self.streams * self.inputs * self.dimensions
        timed = -(-self.streams // TIMED_EVERY) if self.timed else 0
        return self.tokens * ((self.streams - timed) * TOKEN_CHARACTERS + timed * TIMED_CHARACTERS)


SCENARIOS = (
    Scenario(
        "a",
        "100 at once, no delay",
        2000,
        100,
        64,
        drivers=LIMIT + OURS + IN_GO + IN_NODE + BESIDE + PEERS + MORE_PEERS,
        reduced={"published": 400, "openai": 200, "node-openai": 500, "httpx": 500, "node-ai": 200},
    ),
    Scenario(
        "b-5",
        "10,000 at once, 5 tokens/s each",
        10_000,
        10_000,
        64,
        interval_ms=200,
        drivers=(
            *LIMIT,
            "core",
            "c",
            "python",
            "python-uvloop",
            *IN_GO,
            *NODE_BY_HAND,
            *BESIDE,
            *PEERS,
        ),
        reduced={"published": 500, "openai": 500},
    ),
    Scenario(
        "b-20",
        "1,000 at once, 20 tokens/s each",
        1000,
        1000,
        64,
        interval_ms=50,
        drivers=LIMIT + OURS + BESIDE,
    ),
    Scenario(
        "b-50",
        "1,000 at once, 50 tokens/s each: the rate of 10,000 at 5",
        1000,
        1000,
        400,
        interval_ms=20,
        drivers=("limit", "c", "python"),
    ),
    Scenario(
        "b-0",
        "10,000 at once, no delay",
        10_000,
        10_000,
        64,
        drivers=LIMIT + OURS + IN_GO + NODE_BY_HAND + BESIDE + PEERS + MORE_PEERS,
        reduced={"published": 500, "openai": 200, "httpx": 500, "node-ai": 200},
    ),
    Scenario(
        "c",
        "one stream of 20,000 tokens",
        1,
        1,
        20_000,
        drivers=LIMIT + OURS + IN_GO + IN_NODE + BESIDE + PEERS + MORE_PEERS,
    ),
    Scenario(
        "d",
        "2,000 whole answers, one after another",
        2000,
        1,
        64,
        whole=True,
        drivers=LIMIT + OURS + BESIDE + PEERS,
        reduced={"published": 500, "openai": 300},
    ),
    Scenario(
        "e",
        "10,000 open and nearly silent, one token in ten seconds",
        10_000,
        10_000,
        3,
        interval_ms=10_000,
        hold_ms=10_000,
        drivers=("limit", "c", "python", *BESIDE),
    ),
    Scenario(
        "e-tls",
        "the same over TLS",
        10_000,
        10_000,
        3,
        interval_ms=10_000,
        place="https_http1",
        hold_ms=10_000,
        drivers=("c", "python"),
    ),
    Scenario(
        "f-1",
        "(a) over TLS, HTTP/1.1",
        2000,
        100,
        64,
        place="https_http1",
        drivers=("core", "c", "python", *BESIDE),
    ),
    Scenario(
        "f-2",
        "(a) over TLS, HTTP/2 with 100 streams per connection",
        2000,
        100,
        64,
        place="https",
        drivers=("bare", "core", "c", "python"),
    ),
    Scenario(
        "f-burst",
        "10,000 at once over HTTP/2 with 100 streams per connection, twice, six seconds each",
        20_000,
        10_000,
        3,
        interval_ms=3000,
        place="https",
        drivers=("core", "c", "python"),
    ),
    *(
        Scenario(
            name,
            f"embeddings, 1,000 requests of 64 inputs, 1,536 dimensions, {form}",
            1000,
            16,
            64,
            inputs=64,
            dimensions=1536,
            floats=name == "h-json",
            drivers=("python", "aiohttp", "openai"),
            reduced={"openai": 200},
        )
        for name, form in (("h-base64", "base64"), ("h-json", "JSON numbers"))
    ),
    Scenario(
        "i",
        "5,000 rows, 64 at once",
        5000,
        64,
        64,
        rows=True,
        drivers=ROWS,
        timeout_s=300,
    ),
)

# What `make bench QUICK=1` plays: the same plans, smaller.
QUICK = {
    "a": {"streams": 500},
    "b-5": {
        "streams": 2000,
        "concurrency": 2000,
        "tokens": 10,
        "reduced": {"published": 100, "openai": 100},
    },
    "b-20": {"tokens": 20},
    "b-50": {"tokens": 50},
    "b-0": {"streams": 2000, "concurrency": 2000},
    "c": {},
    "d": {"streams": 300, "reduced": {"published": 100, "openai": 50}},
    "e": {"streams": 2000, "concurrency": 2000, "interval_ms": 2500, "hold_ms": 2500},
    "f-1": {"streams": 500},
    "f-2": {"streams": 500},
    "f-burst": {"streams": 2000, "concurrency": 1000, "interval_ms": 500},
    "h-base64": {"streams": 100, "reduced": {"openai": 20}},
    "h-json": {"streams": 100, "reduced": {"openai": 20}},
    "i": {"streams": 1000},
}


def chosen(names: list[str], quick: bool) -> list[Scenario]:
    """The scenarios of these names (all without any), in order."""
    wanted = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    if not quick:
        return wanted
    return [
        replace(scenario, **QUICK[scenario.name])  # type: ignore[arg-type]
        for scenario in wanted
        if scenario.name in QUICK
    ]
