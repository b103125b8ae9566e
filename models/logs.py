"""How every process of ours speaks: structlog's events through the standard library, a readable line each, or JSON.

An event goes to the loggers as its line of text, for whoever listens there, Prefect too; what it consists of travels
with it, for lines of JSON. Into these everybody's records are put alike: ours, uvicorn's, Prefect's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from models.settings import LogSettings
from models.tracing import trace_ids

ROOMS = ("models", "flows", "graphql_api")
CHATTY = ("alembic", "httpx", "httpcore")
"""Who would tell every request to a provider, and every migration."""
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
FIELDS = "event_fields"
"""The attribute of a record that has what an event consists of."""
BESIDE = ("flow_run_id", "task_run_id")
"""What Prefect says about a record beside its message."""

Event = MutableMapping[str, Any]

_render = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)


def speak_through_logging(settings: LogSettings) -> None:
    """Hand structlog's events to the standard library's loggers, and have who writes to the terminal write as is set."""
    for room in ROOMS:
        logging.getLogger(room).setLevel(settings.log_level)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_trace,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _as_line_with_fields,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if settings.writes_json:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())


def log_to_stderr(settings: LogSettings) -> None:
    """Write what is logged to the terminal."""
    logging.basicConfig(level=settings.log_level, format=TEXT)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    speak_through_logging(settings)


@contextmanager
def log_lines_of_its_own() -> Iterator[None]:
    """Let what is bound to log lines within the block, like `run_id`, be bound no longer than the block."""
    before = structlog.contextvars.get_contextvars()
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**before)


class JsonLines(logging.Formatter):
    """One object a line: `timestamp`, `level`, `logger`, `event`, and what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell a record."""
        fields: Mapping[str, Any] = getattr(record, FIELDS, None) or self._of_others(record)
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            **fields,
        }
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def _of_others(self, record: logging.LogRecord) -> Event:
        fields: Event = {
            "event": record.getMessage(),
            **structlog.contextvars.get_contextvars(),
            **trace_ids(),
        }
        fields.update({name: getattr(record, name) for name in BESIDE if getattr(record, name, None)})
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return fields


def _add_trace(_: object, __: str, event: Event) -> Event:
    event.update(trace_ids())
    return event


def _as_line_with_fields(logger: Any, name: str, event: Event) -> tuple[tuple[str], dict[str, Any]]:  # noqa: ANN401 - structlog's own
    fields = dict(event)
    return (_render(logger, name, event),), {"extra": {FIELDS: fields}}
