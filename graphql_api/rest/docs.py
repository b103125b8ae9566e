"""`/openapi.json` and `/docs`: what the REST paths are, for programs and for people. Without a script, from no other host."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.responses import HTMLResponse, Response

from graphql_api.context import Context
from graphql_api.errors import NotFound
from graphql_api.headers import ANY_STYLE, page_policy
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.openapi import Document, document
from graphql_api.rest.routes import OPERATIONS
from graphql_api.settings import ApiSettings

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; padding: .4rem 0 }
code, pre { font-family: ui-monospace, monospace }
b { display: inline-block; min-width: 3.5rem }
table { border-collapse: collapse } td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
details { border-bottom: 1px solid #8884 } details > :not(summary) { margin-left: 3.5rem }
"""


@endpoint
async def openapi(context: Context) -> Response:
    """Answer the OpenAPI document."""
    return answer(_shown(context.settings))


@endpoint
async def docs(context: Context) -> Response:
    """Answer the page."""
    described = _shown(context.settings)
    page = HTMLResponse(_page(described, str(context.request.base_url).rstrip("/")))
    page.headers["content-security-policy"] = page_policy("", styles=ANY_STYLE)
    return page


def _shown(settings: ApiSettings) -> Document:
    if not settings.shows_docs:
        raise NotFound("The documentation is off here: DOCS_ENABLED=true turns it on.")
    return document(OPERATIONS, settings)


def _page(described: Document, url: str) -> str:
    info = described["info"]
    operations = "".join(
        _operation(url, path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]} REST</title>'
        f"<style>{STYLE}</style><h1>{info['title']} {info['version']}</h1><p>{escape(info['description'])}</p>"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a>. '
        'Everything there is, and more, is asked at <a href="/graphql">/graphql</a>.</p>'
        f"{operations}</html>"
    )


def _operation(url: str, path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{each['name']}</code><td>{escape(each['description'])}<td><code>{_bounds(each['schema'])}</code>"
        for each in operation["parameters"]
    )
    key = " -H 'x-api-key: …'" if "security" in operation else ""
    verb = "" if method == "get" else f" -X {method.upper()}"
    is_plain = method == "get" and "{" not in path
    shown = f'<a href="{path}">{path}</a>' if is_plain else path
    statuses = ", ".join(f"{status} {each['description']}" for status, each in operation["responses"].items())
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{path}</code> {escape(operation['summary'])}</summary>"
        f"<p>{shown}</p><table>{parameters}</table><pre>curl{verb}{key} '{escape(url + path)}'</pre>"
        f"<p>{statuses}</p></details>"
    )


def _bounds(schema: dict[str, Any]) -> str:
    if "minimum" in schema:
        unless = f", {schema['default']} unless told" if "default" in schema else ""
        return f"{schema['minimum']} to {schema['maximum']}{unless}"
    return "a day" if "anyOf" in schema else f"text, {schema['maxLength']} characters at most"
