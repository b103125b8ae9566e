"""The index of what is kept, one file per noun. Foreign keys only: no relationships across files.

Integer keys inside, text uids outside. A constraint is named by rule, so that a migration can name it too.
"""

from __future__ import annotations

from models.tables.metadata import metadata  # isort: skip - names must be ruled before the first table
from models.tables.alerts import Notification, PriceAlert
from models.tables.assets import Asset
from models.tables.budgets import SourceBudget
from models.tables.checkpoints import Checkpoint, SourceDrift
from models.tables.dataset import DatasetVersion
from models.tables.decisions import Decision
from models.tables.history_windows import HistoryWindow
from models.tables.holds import HeldPoint, HeldQuote
from models.tables.jobs import SourceJob
from models.tables.links import AssetLink
from models.tables.listings import Listing, ListingAddress
from models.tables.prices import FxRate, PriceCandle, PricePoint
from models.tables.prunings import Pruning
from models.tables.quotes import LandedQuote, Quote
from models.tables.records import RawPage, RawRecord, RejectedRecord
from models.tables.runs import Run
from models.tables.sources import Source

__all__ = [
    "Asset",
    "AssetLink",
    "Checkpoint",
    "DatasetVersion",
    "Decision",
    "FxRate",
    "HeldPoint",
    "HeldQuote",
    "HistoryWindow",
    "LandedQuote",
    "Listing",
    "ListingAddress",
    "Notification",
    "PriceAlert",
    "PriceCandle",
    "PricePoint",
    "Pruning",
    "Quote",
    "RawPage",
    "RawRecord",
    "RejectedRecord",
    "Run",
    "Source",
    "SourceBudget",
    "SourceDrift",
    "SourceJob",
    "metadata",
]
