"""The protocol between a strategy and whatever drives it: views in, wants out, one reconciler between.

Nothing here knows a clock, an event loop or a source of randomness: the simulator and the live
runner hand them in, so the same object runs in both.
"""

from strategies.base.context import Context
from strategies.base.desk import Desk
from strategies.base.intents import Cancel, Intent, Intents, Ladder, New, Quote, Replace, Rung
from strategies.base.ledger import ContractResult, Ledger
from strategies.base.messages import Amend, Message, Place, Pull
from strategies.base.participant import Participant
from strategies.base.reconcile import Reconciler
from strategies.base.recording import UNKNOWN_LOTS, Recorder, Sample
from strategies.base.statistics import ContractStatistics, DeskStatistics
from strategies.base.strategy import Strategy, Wake
from strategies.base.views import Ack, BookView, Curve, CurveSource, FairValue, Fill, Level, TradeView
from strategies.base.working import Flight, WorkingOrder

__all__ = [
    "UNKNOWN_LOTS",
    "Ack",
    "Amend",
    "BookView",
    "Cancel",
    "Context",
    "ContractResult",
    "ContractStatistics",
    "Curve",
    "CurveSource",
    "Desk",
    "DeskStatistics",
    "FairValue",
    "Fill",
    "Flight",
    "Intent",
    "Intents",
    "Ladder",
    "Ledger",
    "Level",
    "Message",
    "New",
    "Participant",
    "Place",
    "Pull",
    "Quote",
    "Reconciler",
    "Recorder",
    "Replace",
    "Rung",
    "Sample",
    "Strategy",
    "TradeView",
    "Wake",
    "WorkingOrder",
]
