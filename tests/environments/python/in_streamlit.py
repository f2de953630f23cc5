"""Streamlit: st.write_stream() calls iter() to see whether it can, and reads then."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from shared import HELLO, running_mock


def app(base_url: str) -> None:
    import streamlit as st

    import liter_llm

    @st.cache_resource  # type: ignore[untyped-decorator, unused-ignore]
    def client() -> liter_llm.LiterLlm:
        return liter_llm.LiterLlm("openai", api_key="k", base_url=base_url)

    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    st.session_state["text"] = st.write_stream(client().invoke(request))
    st.session_state["reply"] = client().invoke(request).complete()


with running_mock() as mock:
    key = mock.plan(HELLO)
    page = AppTest.from_function(app, args=(mock.base_url(key),), default_timeout=60)
    for _ in range(3):
        page.run()
        assert not page.exception, page.exception
        assert page.session_state["text"] == "Hello world"
        assert page.session_state["reply"].text == "Hello world"
        assert page.markdown[-1].value == "Hello world"
    requests = mock.seen(key)["requests"]
    assert len(requests) == 6
    assert len({sent["connection"] for sent in requests}) == 1
