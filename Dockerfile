# syntax=docker/dockerfile:1
# One image for every door: `python -m models …`, `python -m flows …`, `python -m graphql_api`.
ARG PYTHON=3.13

FROM ghcr.io/astral-sh/uv:0.13 AS uv

FROM python:${PYTHON}-slim-trixie AS build
COPY --from=uv /uv /usr/local/bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=/cache
WORKDIR /app
# What others wrote is a layer of its own: it changes with uv.lock only.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/cache uv sync --frozen --no-default-groups --no-install-project
COPY . .
RUN --mount=type=cache,target=/cache uv sync --frozen --no-default-groups \
    && python -m compileall -q --invalidation-mode unchecked-hash models flows graphql_api
# The files of the dashboard and of GraphiQL; a build without an npm registry goes on, and the page then says what is missing.
RUN .venv/bin/python -m graphql_api assets || true

FROM python:${PYTHON}-slim-trixie
# The root file system may be read-only: what is written goes to /state and to the CSV files in /app/data.
RUN useradd --system --uid 10001 --home-dir /state --create-home kasparro
WORKDIR /app
COPY --from=build /app /app
COPY --from=build --chown=kasparro:kasparro /app/data /app/data
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KASPARRO_HOME=/state \
    API_HOST=0.0.0.0 \
    HEALTH_URL=http://127.0.0.1:8000/health/live
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
CMD ["python", "-m", "graphql_api"]
