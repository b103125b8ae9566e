"""The ASGI application: its routes, and what lives as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route, WebSocketRoute
from starlette_compress import CompressMiddleware
from strawberry.http import GraphQLRequestData

from graphql_api.cache import ResponseCache
from graphql_api.context import Context, Services
from graphql_api.counters import Counters
from graphql_api.dashboard import page as dashboard
from graphql_api.graphiql import page as graphiql
from graphql_api.headers import StandingHeaders
from graphql_api.listening import listening
from graphql_api.metrics.page import measuring, metrics
from graphql_api.pace import Pace
from graphql_api.pages import npm_files
from graphql_api.planner.plans import Planned, Planner
from graphql_api.prefect_server import PrefectServer
from graphql_api.rest.docs import docs, openapi
from graphql_api.rest.routes import ROUTES
from graphql_api.schema import schema
from graphql_api.settings import ApiSettings, Environment
from graphql_api.transport.disconnects import CancelOnDisconnect
from graphql_api.transport.gate import Gate
from graphql_api.transport.lane import FastLane, Plan
from graphql_api.transport.measuring import Measured
from graphql_api.transport.persisted import PersistedQueries
from graphql_api.transport.refusals import refuse
from graphql_api.transport.requests import RequestId
from graphql_api.transport.view import View
from models.db import Sessions, database
from models.readers import Readers, readers
from models.settings import DatabaseSettings
from models.tracing import follow_requests, followed, is_on

WRITERS = 2
"""Connections for mutations: people decide one thing at a time."""


def create_app(
    settings: ApiSettings,
    sessions: Sessions | DatabaseSettings,
    plan: Plan | None = None,
    shared: Path | None = None,
) -> Starlette:
    """Build the application over the caller's sessions, or over a pool of its own to DATABASE_URL.

    `plan` stands in for the planner; `shared` is a folder of all processes behind the same port, where there are several.
    """
    pace = Pace(settings)
    persisted = PersistedQueries(settings.persisted_queries)
    view = View(settings, persisted)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            reader, writer = await _sessions(sessions, settings, stack)
            counters = Counters()
            cache = ResponseCache(settings, counters)
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
            follow_requests(client)
            app.state.services = services = Services(
                settings=settings,
                sessions=reader,
                writer=writer,
                prefect=PrefectServer(client, settings.prefect_api, settings.prefect_auth),
                pace=pace,
                listener=await stack.enter_async_context(
                    listening(writer, cache.lease if cache.is_on else None)
                ),
                readers=await stack.enter_async_context(_readers(sessions, reader, settings)),
                cache=cache,
                counters=counters,
            )
            app.state.metrics = await stack.enter_async_context(measuring(services, shared))
            yield

    return Starlette(
        routes=[
            Route("/graphql", view),
            WebSocketRoute("/graphql", view),
            *_pages(settings),
            Route("/openapi.json", openapi),
            Route("/docs", docs),
            Route("/metrics", metrics),
            *ROUTES,
        ],
        middleware=_middleware(
            settings,
            pace,
            Middleware(FastLane, settings=settings, persisted=persisted, plan=plan or _planning(settings)),
        ),
        exception_handlers={HTTPException: refuse},
        lifespan=lifespan,
    )


def _pages(settings: ApiSettings) -> list[Route]:
    """Route the dashboard, which shows no more than the API answers, and the files that pages name."""
    named = dashboard.files() | (graphiql.files() if settings.shows_docs else {})
    return [*dashboard.routes(links_graphiql=settings.shows_docs), npm_files.serving(named)]


def _planning(settings: ApiSettings) -> Plan:
    planner = Planner(schema)

    def plan(asked: GraphQLRequestData, context: Context) -> Planned:
        return planner.plan(
            asked.query or "", asked.operation_name, asked.variables, context, settings.query_cost_limit
        )

    return plan


async def _sessions(
    given: Sessions | DatabaseSettings, settings: ApiSettings, stack: AsyncExitStack
) -> tuple[Sessions, Sessions]:
    """Open what queries read through, which cannot write, and what mutations write through."""
    if not isinstance(given, DatabaseSettings):
        return given, given
    url, seconds = given.database_url or "", given.database_statement_timeout_seconds
    reader = database(
        settings.database_read_url or url,
        pool_size=given.database_pool_size,
        statement_timeout_seconds=seconds,
        read_only=True,
    )
    writer = database(url, pool_size=WRITERS, statement_timeout_seconds=seconds)
    return await stack.enter_async_context(reader), await stack.enter_async_context(writer)


def _readers(
    given: Sessions | DatabaseSettings, reader: Sessions, settings: ApiSettings
) -> AbstractAsyncContextManager[Readers]:
    """Open what planned queries read through, beside the sessions and to the same place."""
    seconds = given.database_statement_timeout_seconds if isinstance(given, DatabaseSettings) else 30
    url = reader.kw["bind"].url.render_as_string(hide_password=False)
    return readers(url, size=settings.database_read_connections, statement_timeout_seconds=seconds)


def _middleware(settings: ApiSettings, pace: Pace, lane: Middleware) -> list[Middleware]:
    """List what a request passes on its way in, and its answer on its way out; the first is outermost."""
    origins = [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "if-none-match", "x-api-key", "x-request-id"],
            expose_headers=["etag", "retry-after", "x-request-id"],
        )
    ]
    return [
        *([Middleware(followed)] if is_on() else []),
        Middleware(RequestId),
        Middleware(Measured, log_all=settings.access_log),
        Middleware(StandingHeaders, tls_only=settings.env is Environment.PROD),
        *(origins if settings.origins else []),
        Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False),
        Middleware(Gate, settings=settings, pace=pace),
        lane,
        Middleware(CancelOnDisconnect),
        Middleware(CompressMiddleware, brotli=False),
        Middleware(RequestBodyLimitMiddleware, max_body_size=settings.body_limit_bytes),
    ]
