# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Threads for files, and threads for the pieces of large ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

FILES = 8
PIECES = 8

T = TypeVar("T")
R = TypeVar("R")


def with_each(function: Callable[[Executor, T], R], items: Iterable[T]) -> list[R]:
    """Do the same with many files at once. The first failure, or Ctrl-C, stops the others at their next piece.

    Args:
        function: gets the threads for pieces, and the item.
        items: what it is done with.

    Returns:
        The results in the order of the items.
    """
    with ThreadPoolExecutor(FILES) as files, ThreadPoolExecutor(PIECES) as pieces:
        futures = [files.submit(function, pieces, item) for item in items]
        try:
            for done in as_completed(futures):
                done.result()
        except BaseException:
            for pool in (files, pieces):
                pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def ahead(pieces: Executor, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results in the order of the items, while the next few are being worked on: no more of them wait in memory.

    Args:
        pieces: the threads.
        function: what is done with each item.
        items: the pieces.
    """
    begun: deque[Future[R]] = deque()
    for item in items:
        begun.append(pieces.submit(function, item))
        if len(begun) == PIECES:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def shown(progress: Progress | None, what: str, total: int) -> Callable[[int], None]:
    """What to call with each number of bytes that are done.

    Args:
        progress: a display, or None.
        what: is being done.
        total: bytes.
    """
    if progress is None:
        return lambda _size: None
    return partial(progress.advance, progress.add_task(what, total=total))
