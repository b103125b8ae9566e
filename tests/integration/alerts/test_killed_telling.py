"""kill -9 while a notification is being sent: the next run sends it, and nothing is written twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from models.outcomes import AlertCondition
from tests.integration.alerts.conftest import STANDING, TOLD, Receiver, alert, price
from tests.integration.decisions.world import World

ROOT = Path(__file__).parents[3]


def _run(world: World, receiver: Receiver) -> subprocess.Popen[bytes]:
    told = {
        "DATABASE_URL": str(world.shop.settings.database_url),
        "DATA_DIR": str(world.shop.settings.data_dir),
        "NOTIFY_URLS": receiver.address(),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flows", "run", "unify"],
        cwd=world.shop.settings.data_dir,
        env=os.environ | told,
    )


async def test_killed_between_the_commit_and_the_receivers_yes(world: World, receiver: Receiver) -> None:
    await price(world, "100")
    await alert(world, AlertCondition.BELOW, Decimal(110))
    receiver.answers.clear()
    killed = _run(world, receiver)
    assert await asyncio.to_thread(receiver.asked.wait, 60)
    killed.kill()
    assert killed.wait() < 0
    assert await world.rows(STANDING) == [("fired", 1)]
    assert [row[2:4] for row in await world.rows(TOLD)] == [("pending", 0)]
    receiver.answers.set()
    assert await asyncio.to_thread(_run(world, receiver).wait, 60) == 0
    assert receiver.titles() == ["Bitcoin (BTC) is below 110 USD"]
    assert [row[2:4] for row in await world.rows(TOLD)] == [("delivered", 1)]
