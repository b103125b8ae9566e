"""The front door: the sandbox as a process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import uvicorn

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings


def serve(
    port: int,
    host: str = "127.0.0.1",
    seed: int = 20260101,
    size: int = 20_000,
    speed: float = 1.0,
    replay: Path | None = None,
    *,
    replay_files: Mapping[str, str] | None = None,
    rate_limits: bool = False,
) -> None:
    """Serve until stopped by a signal. Raises ValueError where the replay folder does not fit."""
    settings = SandboxSettings(seed, size, speed, replay, replay_files or {}, rate_limits)
    uvicorn.run(
        create_app(settings), host=host, port=port, log_level="warning", server_header=False, ws="none"
    )
