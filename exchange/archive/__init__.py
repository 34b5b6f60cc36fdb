"""What the venue said, kept for those who ask later: a store derived from the journal, beside it.

It may be lost at any time and is made again; see ``exchange.archiving``.
"""

from exchange.archive.format import CorruptArchive, Page, Place, Said
from exchange.archive.holders import ClosedOrder, ClosedOrders, UserTrades
from exchange.archive.markets import AllTrades, Drawn, PublicTrades
from exchange.archive.questions import Events, Fixings, Question
from exchange.archive.reading import Span, TooFar
from exchange.archive.store import Archive, ArchiveBusy, ArchiveFailed

__all__ = [
    "AllTrades",
    "Archive",
    "ArchiveBusy",
    "ArchiveFailed",
    "ClosedOrder",
    "ClosedOrders",
    "CorruptArchive",
    "Drawn",
    "Events",
    "Fixings",
    "Page",
    "Place",
    "PublicTrades",
    "Question",
    "Said",
    "Span",
    "TooFar",
    "UserTrades",
]
