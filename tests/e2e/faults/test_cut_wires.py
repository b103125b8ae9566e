"""The wire carries, refuses, says nothing, and carries again."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.e2e.faults.wire import Wire


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A wire to a server that says what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=[server], daemon=True).start()
        one = Wire(server.getsockname())
        yield one
        one.close()


def _echo(server: socket.socket) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=[client], daemon=True).start()


def _answer(client: socket.socket) -> None:
    with client, contextlib.suppress(ConnectionError):
        while heard := client.recv(100):
            client.sendall(heard)


def _end(wire: Wire) -> socket.socket:
    return socket.create_connection(("127.0.0.1", wire.port), timeout=5)


def _says(end: socket.socket) -> bytes:
    end.sendall(b"hello")
    return end.recv(100)


def test_a_cut_resets_and_refuses_until_it_is_mended(wire: Wire) -> None:
    with _end(wire) as end:
        assert _says(end) == b"hello"
        wire.cut()
        with pytest.raises(ConnectionError):
            assert _says(end)
    with pytest.raises(ConnectionError), _end(wire) as refused:
        assert _says(refused)
    wire.mend()
    with _end(wire) as again:
        assert _says(again) == b"hello"


def test_a_stalled_wire_says_nothing_and_then_resets(wire: Wire) -> None:
    with _end(wire) as end:
        assert _says(end) == b"hello"
        end.settimeout(0.3)
        with wire.stalled(), pytest.raises(TimeoutError):
            _says(end)
        end.settimeout(5)
        with pytest.raises(ConnectionError):
            assert end.recv(100)
