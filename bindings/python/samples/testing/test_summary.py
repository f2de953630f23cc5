"""pytest test_summary.py"""

import pytest

from liter_llm import LiterLlm, RateLimitedError, TruncatedError
from liter_llm.testing import Script, Tape, make_response


def summarize(text: str) -> str:
    """The program under test. It makes its own client, and knows nothing of tests."""
    message = {"role": "user", "content": f"Summarize in one sentence: {text}"}
    with LiterLlm("openai") as llm:
        return llm.invoke({"model": "gpt-4o-mini", "messages": [message]}).complete().text


def test_the_text_is_sent(llm_script: Script) -> None:
    llm_script.add("It rains.")
    assert summarize("The rain in Hamburg") == "It rains."
    llm_script.assert_asked(model="gpt-4o-mini", contains="The rain in Hamburg", times=1)


def test_a_busy_provider_is_asked_again(llm_script: Script) -> None:
    llm_script([RateLimitedError("slow down", retry_after_ms=1), "It rains."])
    assert summarize("The rain in Hamburg") == "It rains."


def test_half_a_summary_is_none(llm_script: Script) -> None:
    llm_script.add("It", cut=True)
    with pytest.raises(TruncatedError):
        summarize("The rain in Hamburg")


def test_each_text_has_its_summary(llm_script: Script) -> None:
    llm_script.add("Rain.", contains="Hamburg")
    llm_script.add(make_response("Sun.", usage={"output_tokens": 2}), contains="Rome")
    assert [summarize(city) for city in ("Rome", "Hamburg")] == ["Sun.", "Rain."]


def test_a_recorded_summary(llm_tape: Tape) -> None:
    # Recorded once, with a key; from then on it needs neither key nor network.
    assert "Hamburg" in summarize("The rain in Hamburg stays mainly in the harbour")
