"""How every process of ours speaks: structlog's events through the standard library, one readable line each."""

from __future__ import annotations

import logging

import structlog

ROOMS = ("models", "flows", "graphql_api")


def speak_through_logging(level: int = logging.INFO) -> None:
    """Hand structlog's events to the standard library's loggers, whoever listens there: a terminal, or Prefect."""
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def log_to_stderr(level: int = logging.INFO) -> None:
    """Write what is logged to the terminal. Requests to providers and migrations are not told one by one."""
    speak_through_logging(level)
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("alembic", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
