"""llm_invoke_stop on every transport: what the callback has got, how the call ends, and that the
provider sees its connection close, or over HTTP/2 its stream reset."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from rows import KEY, TRANSPORTS, Transport
from test_faults_c import Player, observed_of_invoke

from support import Mock

CANCELLED = 17
HEAD = {"status": 200, "headers": [["content-type", "text/event-stream"]], "chunked": True}
SILENT = [{"token": "one"}, {"signal": "said"}, {"hang": True}]
FLOOD = [{"repeat": 100_000_000, "actions": [{"token": "one"}]}]


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    running = Mock("--tls")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def player(mock: Mock) -> Iterator[Player]:
    running = Player(mock.places["ca_file"])
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("actions", [SILENT, FLOOD], ids=["silent", "flood"])
@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.name)
def test_stop(mock: Mock, player: Player, transport: Transport, actions: list[object]) -> None:
    key = mock.plan({"raw": [{"head": HEAD}, *actions]})
    request = {
        "model": "test-model",
        "messages": [{"role": "user", "content": "hello"}],
        "api_key": KEY,
        "base_url": mock.base_url(key, transport.port),
    }
    records = player.all_of(player.start("stop", "openai", {}, request))
    observed = observed_of_invoke(records)
    assert [record.what for record in records] == ["event", "done"]
    assert observed.fields["text"] == "one"
    assert records[-1].error == CANCELLED
    error = json.loads(records[-1].data)
    assert error["message"] == "the callback cancelled the call"
    assert (error["provider"], error["attempts"], error["phase"]) == ("openai", 1, "body")
    mock.wait(key, closed=1)
    (seen,) = mock.seen(key)["requests"]
    assert seen["version"] == transport.version
