"""Bringing files from the npm registry: just those that our pages name, and only as they know them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import httpx
import stamina

from graphql_api.pages.npm_files import NpmFile

REGISTRY = "https://registry.npmjs.org"
VARIABLES = ("NPM_CONFIG_REGISTRY", "npm_config_registry")


class AssetError(Exception):
    """A file could not be had, or is not the one that a page means."""


def registry() -> str:
    """Find the registry: npm's own variable, what npm is configured to, else the public one."""
    told = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    if not told and (npm := shutil.which("npm")):
        command = [npm, "config", "get", "registry"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - npm
    return (told if told.startswith("http") else REGISTRY).rstrip("/")


def bring(files: Iterable[NpmFile], source: str, say: Callable[[str], None]) -> None:
    """Fetch what is missing. May be stopped and begun again anywhere. Raises `AssetError` for what cannot be had."""
    missing = sorted((file for file in files if not _is_here(file)), key=_package)
    trusted = httpx.create_ssl_context()
    trusted.load_default_certs()  # the machine's own count too: a company's proxy signs with one of them
    patience = httpx.Timeout(30, connect=5)
    with httpx.Client(timeout=patience, follow_redirects=True, verify=trusted) as client:
        for package, wanted in groupby(missing, key=_package):
            say(f"bringing {package} from {source}")
            archive = _archive(client, source, package)
            for file in wanted:
                _keep(file, _member(archive, file))


def _is_here(file: NpmFile) -> bool:
    try:
        return _hash(gzip.decompress(file.place.read_bytes())) == file.sha384
    except (OSError, EOFError, gzip.BadGzipFile):
        return False


def _package(file: NpmFile) -> str:
    """Name package and version: `@graphiql/plugin-explorer@1.0.2` of `@graphiql/plugin-explorer@1.0.2/dist/…`."""
    name, _, rest = file.path[1:].partition("@")
    return f"{file.path[0]}{name}@{rest.partition('/')[0]}"


def _archive(client: httpx.Client, source: str, package: str) -> bytes:
    name, _, version = package.rpartition("@")
    url = f"{source}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    try:
        for attempt in stamina.retry_context(on=httpx.TransportError, attempts=3):
            with attempt:
                return client.get(url).raise_for_status().content
    except httpx.HTTPError as error:
        raise AssetError(f"{url} could not be had: {error}") from error
    raise AssertionError  # the loop returns or raises


def _member(archive: bytes, file: NpmFile) -> bytes:
    wanted = file.path.removeprefix(f"{_package(file)}/")
    for name, content in _members(archive):
        if name.partition("/")[2] == wanted:
            if _hash(content) != file.sha384:
                raise AssetError(f"{file.path} is not the file that a page names: its sha384 is another")
            return content
    raise AssetError(f"{_package(file)} has no file {wanted}")


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
            for member in files:
                if member.isfile() and (content := files.extractfile(member)):
                    yield member.name, content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise AssetError(f"the registry sent no package: {error}") from error


def _keep(file: NpmFile, content: bytes) -> None:
    file.place.parent.mkdir(parents=True, exist_ok=True)
    partly = file.place.with_suffix(f".{os.getpid()}")
    partly.write_bytes(gzip.compress(content, mtime=0))
    partly.replace(file.place)


def _hash(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()
