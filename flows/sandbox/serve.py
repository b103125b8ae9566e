"""The front door: the sandbox as a process."""

from __future__ import annotations

import uvicorn

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings


def serve(port: int, host: str = "127.0.0.1", settings: SandboxSettings | None = None) -> None:
    """Serve until stopped by a signal. Raises ValueError where the settings name files that cannot be used."""
    app = create_app(settings)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False, ws="none")
