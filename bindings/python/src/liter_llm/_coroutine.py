"""ReplyCoroutine: lets a stream or a call be given to whatever wants a coroutine: create_task() of
asyncio and of its TaskGroup, asyncio.run(), start_soon() of trio. A task that runs it waits for
the whole reply.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Coroutine, Generator
from typing import Any, Optional, TypeVar

Answer = TypeVar("Answer", covariant=True)


class ReplyCoroutine(Coroutine[Any, Any, Answer]):
    """What is awaited, as the coroutine that awaits it."""

    __slots__ = ("_steps",)

    _steps: Optional[Generator[Any, None, Answer]]
    """Of the task that runs it; subclasses set it to None, as each request makes one of them."""

    @abstractmethod
    def __await__(self) -> Generator[Any, None, Answer]: ...

    @abstractmethod
    def cancel(self) -> None: ...

    def send(self, value: Any) -> Any:
        """The next step of the task that runs it."""
        if self._steps is None:
            self._steps = self.__await__()
        try:
            return self._steps.send(value)
        except BaseException:
            self._steps = None  # that was the last one
            raise

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        """The same, when the task is cancelled."""
        if self._steps is None:
            self._steps = self.__await__()
        try:
            if value is None and traceback is None:  # the other way is deprecated
                return self._steps.throw(kind)
            return self._steps.throw(kind, value, traceback)
        except BaseException:
            self._steps = None
            raise

    def close(self) -> None:
        """The same as cancel(), for contextlib.closing()."""
        self.cancel()

    def is_step(self) -> bool:
        """Whether a task of asyncio asks for its next step. CPython asks an object that has
        __next__ by that, in the place of send() (PyIter_Send)."""
        if self._steps is not None:
            return True
        asyncio = sys.modules.get("asyncio")
        if asyncio is None or asyncio._get_running_loop() is None:
            return False
        task = asyncio.current_task()
        return task is not None and task.get_coro() is self
