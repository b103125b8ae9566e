"""The door `python -m flows server`: Prefect's server, in Kasparro's environment."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from flows.stack.environment import prefect_environment
from flows.stack.settings import StackSettings


def serve_prefect(settings: StackSettings) -> NoReturn:
    """Become Prefect's server on PREFECT_PORT, its state in the state folder."""
    settings.kasparro_home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    os.execve(sys.executable, command, {**os.environ, **prefect_environment(settings)})  # noqa: S606 - no shell wanted
