# syntax=docker/dockerfile:1
# One image for every door: `python -m models …`, `python -m flows …`, `python -m graphql_api`.
FROM ghcr.io/astral-sh/uv:0.13 AS uv

# What is built runs on the Python that it was built with.
FROM python:3.13-slim-trixie AS python

FROM python AS build
COPY --from=uv /uv /usr/local/bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true UV_CACHE_DIR=/cache
WORKDIR /app
# What others wrote is a layer of its own: it changes with uv.lock only.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/cache uv sync --frozen --extra otel --no-default-groups --no-install-project
COPY . .
RUN --mount=type=cache,target=/cache uv sync --frozen --extra otel --no-default-groups \
    && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash models flows graphql_api
# The pages' own files; a build without an npm registry goes on, and a page then says what is missing.
RUN .venv/bin/python -m graphql_api assets || true

FROM python
# The root file system may be read-only: what is written goes to /state, /tmp and the CSV files in /app/data.
RUN useradd --no-log-init --uid 10001 --home-dir /state --create-home kasparro
WORKDIR /app
COPY .docker/with-secrets /usr/local/bin/
COPY --from=build /app .
RUN chown --recursive kasparro:kasparro data
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KASPARRO_HOME=/state \
    API_HOST=0.0.0.0 \
    HEALTH_URL=http://127.0.0.1:8000/health/live
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kasparro" \
      org.opencontainers.image.description="Crypto market data, unified and served over GraphQL" \
      org.opencontainers.image.source="https://github.com/kasparro/kasparro" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
ENTRYPOINT ["with-secrets"]
CMD ["python", "-m", "graphql_api"]
