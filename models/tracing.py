"""Traces, switched on by OpenTelemetry's own environment variables. Off, nothing of it is loaded, and nothing is followed.

What is followed: the API's requests, statements, requests to providers, runs. Neither keys nor values of statements are
in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog
from opentelemetry import trace

if TYPE_CHECKING:
    import httpx
    from opentelemetry.sdk.trace.export import SpanExporter
    from starlette.types import ASGIApp

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "opentelemetry.instrumentation.asgi")

log = structlog.get_logger(__name__)


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces: an exporter is named, or where to export to."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER")
    return exporter != "none" if exporter else any(environment.get(name) for name in ENDPOINTS)


def is_on() -> bool:
    """Whether this process is traced."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


def start_tracing(service: str) -> None:
    """Trace this process if the environment asks for it, as `service` unless OTEL_SERVICE_NAME says otherwise."""
    if not is_wanted(os.environ) or is_on():
        return
    try:
        is_here = all(find_spec(name) for name in NEEDED)
    except ModuleNotFoundError:  # the package around it is missing
        is_here = False
    if not is_here:
        log.warning("the environment asks for traces, which need more: pip install 'kasparro[otel]'")
        return
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: service}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(_exporter()))
    trace.set_tracer_provider(provider)
    SQLAlchemyInstrumentor().instrument()


def span(name: str) -> AbstractContextManager[trace.Span]:
    """Follow a block under a name."""
    return trace.get_tracer("kasparro").start_as_current_span(name)


def name_request(name: str) -> None:
    """Name the request that is followed by what it turned out to be."""
    trace.get_current_span().update_name(name)


def trace_ids() -> dict[str, str]:
    """Name the trace and the span that this happens in, if it is followed."""
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return {}
    return {
        "trace_id": trace.format_trace_id(current.trace_id),
        "span_id": trace.format_span_id(current.span_id),
    }


def follow_requests(client: httpx.AsyncClient) -> None:
    """Follow the requests of a client, where this process is traced."""
    if is_on():
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # noqa: PLC0415

        HTTPXClientInstrumentor.instrument_client(client)


def followed(app: ASGIApp) -> ASGIApp:
    """Follow the requests that an application answers, from the trace on that a client names; for a traced process."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415

    followed: ASGIApp = OpenTelemetryMiddleware(app, exclude_spans=["receive", "send"])
    return followed


def _exporter() -> SpanExporter:
    if os.environ.get("OTEL_TRACES_EXPORTER") == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()
