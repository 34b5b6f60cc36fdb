"""Every closed set of words that commands, events and records use."""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    BUY = 0
    SELL = 1


class CommandKind(IntEnum):
    """What can be asked of the engine. The numbers are in every journal: never reuse one."""

    NEW = 1
    CANCEL = 2
    REPLACE = 3
    CANCEL_ALL = 4
    TICK = 5
    LIST = 6
    OPEN_ACCOUNT = 7
    CASH = 8
    CAPACITY = 9


class EventKind(IntEnum):
    """What can happen. See ``records.EVENT`` for the columns each kind fills."""

    ACCEPTED = 1
    RESTED = 2
    FILLED = 3
    AMENDED = 4
    CANCELLED = 5
    EXPIRED = 6
    REJECTED = 7
    LISTED = 8
    PHASE = 9
    ACCOUNT_OPENED = 10
    CASH = 11
    CAPACITY = 12


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    GTC = 1
    GTD = 2
    IOC = 3
    FOK = 4


class SelfTrade(IntEnum):
    """Who gives way when an account would trade with itself; the taker's choice counts."""

    CANCEL_NEWEST = 0
    CANCEL_OLDEST = 1
    CANCEL_BOTH = 2


class Flag(IntFlag):
    """Bits of the ``flags`` column of a command."""

    POST_ONLY = 1
    # REPLACE only: ``lots`` is the new open quantity, not the new total (which counts fills).
    LOTS_ARE_OPEN = 2


class Phase(IntEnum):
    """Where a contract stands in its life."""

    CONTINUOUS = 1
    GATED = 2


class Reason(IntEnum):
    """Why open lots went away without a fill (CANCELLED and EXPIRED rows)."""

    USER = 1
    MASS = 2
    SELF_TRADE = 3
    IOC = 4
    FOK = 5
    GTD = 6
    GATE = 7


class Reject(IntEnum):
    """Why a command was refused, in order of precedence: the first that applies is reported."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_ACCOUNT = 2
    DUPLICATE_CLIENT_ID = 3
    UNKNOWN_CONTRACT = 4
    UNKNOWN_ORDER = 5
    NOT_YOUR_ORDER = 6
    BAD_TEXT = 7
    BAD_SIDE = 8
    BAD_ORDER_TYPE = 9
    BAD_TIME_IN_FORCE = 10
    BAD_SELF_TRADE = 11
    BAD_FLAGS = 12
    BAD_PRICE = 13
    BAD_LOTS = 14
    BAD_EXPIRY = 15
    BAD_AMOUNT = 16
    BAD_FEE = 17
    ACCOUNT_EXISTS = 18
    CONTRACT_EXISTS = 19
    CONTRACT_CLOSED = 20
    BELOW_FILLED = 21
    NOTIONAL_TOO_LARGE = 22
    POST_ONLY_WOULD_CROSS = 23
    INSUFFICIENT_FUNDS = 24
    INSUFFICIENT_CAPACITY = 25
