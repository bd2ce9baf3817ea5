"""Work in a fork of this process: what it took of memory is its own, and two of them use two cores."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


def forked(work: Callable[..., T], *given: Any) -> T:
    """What the work returns. Raises: RuntimeError when it fails; what went wrong stands on standard error."""
    return side_by_side([partial(work, *given)])[0]


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each returns, all at the same time; as `forked`."""
    context = multiprocessing.get_context("fork")
    running = []
    for work in works:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(work, there))
        process.start()
        there.close()
        running.append((process, here))
    return [_answer(process, here) for process, here in running]


def _work(work: Callable[[], Any], there: Any) -> None:
    there.send(work())
    there.close()
    os._exit(0)  # what the parent began is not ended here


def _answer(process: Any, here: Any) -> Any:
    try:
        answer = here.recv()
    except EOFError:
        raise RuntimeError("a measurement ended without an answer") from None
    process.join()
    return answer
