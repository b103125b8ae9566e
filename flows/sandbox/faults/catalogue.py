"""Every fault there is, by name. `GET /_sandbox/faults` tells their sentences."""

from __future__ import annotations

from flows.sandbox.faults import lists, refusals, times, transport, values
from flows.sandbox.faults.reply import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *transport.FAULTS,
        *refusals.FAULTS,
        *lists.FAULTS,
        *values.FAULTS,
        *times.FAULTS,
    )
}
