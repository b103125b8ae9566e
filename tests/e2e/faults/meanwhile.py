"""Doing something again and again for as long as something else goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(do: Callable[[], object], every_seconds: float) -> Iterator[None]:
    """Do it in a thread for the length of the block. What it raises ends it, and is raised when the block is over."""
    failed: list[BaseException] = []
    is_over = threading.Event()

    def go_on() -> None:
        try:
            while not is_over.wait(every_seconds):
                do()
        except BaseException as failure:  # noqa: BLE001 - raised again where somebody waits for it
            failed.append(failure)

    doing = threading.Thread(target=go_on)
    doing.start()
    try:
        yield
    finally:
        is_over.set()
        doing.join()
    if failed:
        raise failed[0]
