"""The ASGI application: its routes, and what lives as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from starlette_compress import CompressMiddleware

from graphql_api.context import Services
from graphql_api.disconnects import CancelOnDisconnect
from graphql_api.gate import Gate
from graphql_api.headers import SecurityHeaders
from graphql_api.prefect_server import PrefectServer
from graphql_api.requests import RequestId
from graphql_api.rest.answers import refuse
from graphql_api.rest.routes import ROUTES
from graphql_api.settings import ApiSettings, Environment
from graphql_api.view import View
from models.db import Sessions, database
from models.settings import DatabaseSettings


def create_app(settings: ApiSettings, sessions: Sessions | DatabaseSettings) -> Starlette:
    """Build the application over the caller's sessions, or over a pool of its own to DATABASE_URL."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = sessions
            if isinstance(opened, DatabaseSettings):
                opened = await stack.enter_async_context(
                    database(
                        opened.database_url or "",
                        pool_size=opened.database_pool_size,
                        statement_timeout_seconds=opened.database_statement_timeout_seconds,
                    )
                )
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
            app.state.services = Services(
                settings=settings,
                sessions=opened,
                writer=opened,
                prefect=PrefectServer(client, settings.prefect_api, settings.prefect_auth),
            )
            yield

    return Starlette(
        routes=[Route("/graphql", View(settings)), *ROUTES],
        middleware=_middleware(settings),
        exception_handlers={HTTPException: refuse},
        lifespan=lifespan,
    )


def _middleware(settings: ApiSettings) -> list[Middleware]:
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
        Middleware(RequestId),
        Middleware(SecurityHeaders, tls_only=settings.env is Environment.PROD),
        *(origins if settings.origins else []),
        Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False),
        Middleware(CompressMiddleware, brotli=False),
        Middleware(CancelOnDisconnect),
        Middleware(Gate, settings=settings),
        Middleware(RequestBodyLimitMiddleware, max_body_size=settings.body_limit_bytes),
    ]
