"""A small OpenTelemetry collector over HTTP: it keeps every span that is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import decompress

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers import served


@dataclass(slots=True)
class Collector:
    """What was received, by service."""

    url: str = ""
    spans: dict[str, list[Span]] = field(default_factory=dict)

    def named(self, service: str, start: str) -> list[Span]:
        """Return the spans of a service whose name begins so."""
        return [span for span in self.spans.get(service, ()) if span.name.startswith(start)]

    async def receive(self, request: Request) -> Response:
        """Take what an exporter sends."""
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = decompress(body)
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {one.key: one.value.string_value for one in each.resource.attributes}
            kept = self.spans.setdefault(told["service.name"], [])
            kept += [span for scope in each.scope_spans for span in scope.spans]
        return Response(b"")


@contextmanager
def collector() -> Iterator[Collector]:
    """Run a collector for the length of the block."""
    kept = Collector()
    with served(Starlette(routes=[Route("/v1/traces", kept.receive, methods=["POST"])])) as url:
        kept.url = url
        yield kept


def attributes(span: Span) -> dict[str, str]:
    """Return what a span says of itself, as text."""
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}
