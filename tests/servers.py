"""Applications behind real sockets, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette


@contextmanager
def served(app: Starlette, ws: str = "none", http: str = "auto") -> Iterator[str]:
    """Serve an application on a port of its own, in a thread; yields its URL. `ws` and `http`: its protocols."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="critical", ws=ws, http=http, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
