"""joblib: a client and its response pass between processes; keys of the environment do not."""

from __future__ import annotations

import os
import pickle

from joblib import Parallel, delayed

import liter_llm
from shared import HELLO, connect, running_mock
from support import REQUEST

KEY = "kq7Zx9Wv3Lm5Tn8Rb2Yc"


def work(llm: liter_llm.LiterLlm) -> tuple[liter_llm.Response, int]:
    return llm.invoke(REQUEST).complete(), os.getpid()


def fail(llm: liter_llm.LiterLlm) -> None:
    llm.invoke(REQUEST, base_url="http://127.0.0.1:9/v1", retries_max=0).complete()


def main() -> None:
    with running_mock() as mock:
        base_url = mock.base_url(mock.plan(HELLO))
        os.environ["OPENAI_API_KEY"] = KEY
        from_environment = liter_llm.LiterLlm("openai", base_url=base_url)
        assert KEY.encode() not in pickle.dumps(from_environment)
        for llm in (from_environment, connect(base_url)):
            for backend in ("loky", "multiprocessing", "threading"):
                llm.invoke(REQUEST).complete()
                results = Parallel(n_jobs=2, backend=backend)(delayed(work)(llm) for _ in range(4))
                assert [reply.text for reply, _ in results] == ["Hello world"] * 4
                others = {process for _, process in results} - {os.getpid()}
                assert bool(others) == (backend != "threading")
                assert llm.invoke(REQUEST).complete().text == "Hello world"
        try:
            Parallel(n_jobs=2)(delayed(fail)(llm) for _ in range(2))
        except liter_llm.NetworkError as error:
            assert error.kind == "NETWORK"
        else:
            raise AssertionError("an error of a worker is raised here")


if __name__ == "__main__":
    main()
