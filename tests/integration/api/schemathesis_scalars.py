"""What Schemathesis must be told to write arguments of our own scalars."""

from __future__ import annotations

import schemathesis
from graphql import StringValueNode
from hypothesis import strategies as st

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)
KNOWN = {"DateTime": st.datetimes().map(lambda moment: moment.isoformat()), "Decimal": NUMBERS.map(str)}

for name, texts in KNOWN.items():
    schemathesis.graphql.scalar(name, texts.map(lambda text: StringValueNode(value=text)))
