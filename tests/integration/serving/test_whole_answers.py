"""What uvicorn writes in one turn leaves as one, in order and whole."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.servers import served

LARGE = bytes(range(256)) * 20_000


async def _echo(request: Request) -> Response:
    return Response(request.url.path)


async def _large(_: Request) -> Response:
    return Response(LARGE)


async def _parts(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"b" * 100_000, b"c"):
            yield part

    return StreamingResponse(parts())


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A server that writes so."""
    app = Starlette(routes=[Route("/large", _large), Route("/parts", _parts), Route("/{_}", _echo)])
    with served(app, http="graphql_api.transport.whole_answers:WholeAnswers") as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def _asked(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(1_000_000), b""))


def _get(path: str, *, closes: bool = False) -> bytes:
    last = "connection: close\r\n" if closes else ""
    return f"GET {path} HTTP/1.1\r\nhost: here\r\n{last}\r\n".encode()


def test_head_and_body_are_one_packet(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        for number in range(20):
            connection.sendall(_get(f"/{number}"))
            answer = connection.recv(1_000_000)
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(f"/{number}".encode()), "the body came apart from its head"


def test_requests_sent_at_once_are_answered_in_order(address: tuple[str, int]) -> None:
    asked = [f"/{number}" for number in range(50)]
    told = _asked(address, b"".join(map(_get, asked)) + _get("/last", closes=True))
    assert [part.rpartition(b"\r\n\r\n")[2] for part in told.split(b"HTTP/1.1 200 OK")[1:]] == [
        path.encode() for path in [*asked, "/last"]
    ]


def test_what_is_large_comes_whole_before_the_end(address: tuple[str, int]) -> None:
    assert _asked(address, _get("/large", closes=True)).partition(b"\r\n\r\n")[2] == LARGE


def test_a_stream_comes_in_its_parts(address: tuple[str, int]) -> None:
    told = _asked(address, _get("/parts", closes=True)).partition(b"\r\n\r\n")[2]
    assert told == b"1\r\na\r\n" + b"186a0\r\n" + b"b" * 100_000 + b"\r\n1\r\nc\r\n0\r\n\r\n"


def test_what_is_no_http_is_refused_and_the_connection_closed(address: tuple[str, int]) -> None:
    assert _asked(address, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
