"""The terminal's Ctrl-C, for the supervisor alone.

A terminal sends Ctrl-C to its whole foreground process group. Under `make` that is make too, which then fails with
"Interrupt" however well the supervisor ends. So the supervisor takes the foreground with a group of its own, and
gives it back at the end.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def foreground() -> Iterator[None]:
    """Be the terminal's foreground process group while inside; nothing where there is none to be had."""
    group = os.getpgrp()
    terminal = _terminal()
    if terminal is None:
        yield
        return
    try:
        if group == os.getpid() or os.tcgetpgrp(terminal) != group:
            yield  # started by a shell as a job of its own, or in the background
            return
        os.setpgid(0, 0)
        # A stop would reach us and not make, and the shell would wait for ever.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        _hand_to(os.getpgrp(), terminal)
        try:
            yield
        finally:
            _hand_to(group, terminal)
    finally:
        os.close(terminal)


def _terminal() -> int | None:
    with contextlib.suppress(OSError):
        return os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    return None


def _hand_to(group: int, terminal: int) -> None:
    """Set the foreground group; who is not in it is stopped for asking, unless SIGTTOU is ignored meanwhile."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # the terminal is gone
        os.tcsetpgrp(terminal, group)
    signal.signal(signal.SIGTTOU, before)
