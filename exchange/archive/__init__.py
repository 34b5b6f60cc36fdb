"""What the venue said, kept for those who ask later: a store derived from the journal, beside it.

It may be lost at any time and is made again; see ``exchange.archiving``.
"""

from exchange.archive.format import CorruptArchive, Page, Place, Said
from exchange.archive.questions import ClosedOrders, Events, Fixings, PublicTrades, Question, UserTrades
from exchange.archive.store import Archive, ArchiveBusy, ArchiveFailed

__all__ = [
    "Archive",
    "ArchiveBusy",
    "ArchiveFailed",
    "ClosedOrders",
    "CorruptArchive",
    "Events",
    "Fixings",
    "Page",
    "Place",
    "PublicTrades",
    "Question",
    "Said",
    "UserTrades",
]
